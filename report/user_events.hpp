#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "accounts/account.hpp"
#include "base/time.hpp"
#include "report/event.hpp"
#include "rotation/outcome.hpp"
#include "rotation/policy.hpp"

namespace keyward::report {

/// What is said of one key.
enum class Verdict {
  ok,
  out_of_policy,
  inactive,
  exempt,
  unknown,  ///< a fact that decides it could not be read
};

/// "ok", "out_of_policy", "inactive", "exempt", "unknown".
std::string_view to_string(Verdict verdict) noexcept;

/// Pure. The same rule for active keys as rotation::out_of_policy().
Verdict verdict_of(const rotation::KeyFacts& key, const rotation::UserFacts& facts, const rotation::Policy& policy,
                   base::Instant now);

/// What events.jsonl says of one user: a "decision" for every decision, "none" included; a "key" for every key that no
/// decision speaks of; an "action" for every outcome that changed something, would have, or failed to (the "decision"
/// of a warning that came to nothing says so too). A key's facts
/// (`verdict` among them) stand in exactly one of these lines, so that counting verdicts counts keys.
std::vector<Event> user_events(const accounts::Account& account, const rotation::UserReport& report,
                               const rotation::Policy& policy, base::Instant now);

}  // namespace keyward::report
