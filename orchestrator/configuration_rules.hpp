#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "orchestrator/configuration_file.hpp"

namespace keyward::orchestrator {

/// What was said about a field; nothing when nobody said anything.
using SettingOf = std::function<const Setting*(std::string_view path)>;

struct Said {
  SettingOf about;
  /// Fields whose value was refused. They hold a default that nobody meant, so no rule looks at them.
  const std::set<std::string, std::less<>>& refused;
};

/// Contradictions between the settings of an account: of the global ones and of each override laid over them.
/// `run_region` is the region that store.region falls back to.
void check_account_settings(const AccountSettings& settings, const std::optional<base::Region>& run_region,
                            const Said& said, Problems& problems);

/// Contradictions between the settings of the whole run, and exemptions that have expired at `now`.
void check_run_settings(const Configuration& run, base::Instant now, const Said& said, Problems& problems);

}  // namespace keyward::orchestrator
