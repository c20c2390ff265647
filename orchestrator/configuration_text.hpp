#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "orchestrator/configuration_file.hpp"

namespace keyward::orchestrator {

enum class TextFormat { table, json };

/// For `config show`: every field with its value and origin, then the overrides. With `account` what applies to that
/// account: overrides that match its id are laid on; overrides by ou or tag are named, because only the organization
/// knows whom they fit. An external id is shown as its reference.
std::string render_effective(const LoadedConfiguration& loaded, TextFormat format,
                             const std::optional<base::AccountId>& account = std::nullopt);

struct ShownSetting {
  std::string path;
  std::string value;   ///< as JSON
  std::string origin;  ///< "config.yaml:12", "environment RotationPeriod", "default"
};

/// What applies to an account whose organizational units and tags are known, field by field.
std::vector<ShownSetting> settings_of(const LoadedConfiguration& loaded, const accounts::Account& account);

/// SHA-256 of everything that applies, in hexadecimal: the same for runs that go by the same configuration, wherever its
/// parts came from. Left out is what differs from machine to machine: state_dir and profile.
std::string configuration_digest(const LoadedConfiguration& loaded);

/// For `config validate`: a line for each problem, then "valid" or "not valid: 2 errors, 1 warning".
std::string render_problems(const std::vector<Problem>& problems, TextFormat format);

/// For `config schema`: JSON Schema, draft-07, of the configuration file.
boost::json::object configuration_schema();

}  // namespace keyward::orchestrator
