#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/configuration.hpp"
#include "orchestrator/value_shapes.hpp"

namespace keyward::orchestrator {

enum class Scope {
  run,      ///< one value for the whole run
  account,  ///< an entry of accounts.overrides may name it
};

/// What a setting is laid over. `run` is there unless an override of one account is laid on.
struct Target {
  AccountSettings& account;
  Configuration* run = nullptr;
};

using Change = std::function<void(Target)>;

/// One key of the configuration file. `config validate`, `config show` and `config schema` all come from these.
struct Field {
  std::string path;  ///< "policy.rotate_after_days"
  Scope scope = Scope::run;
  std::string description;
  boost::json::object schema;
  /// What the value changes; empty when it was refused (and reported).
  std::function<Change(const YamlValue&, const std::string& shown_path, Reading&)> read;
  std::function<boost::json::value(const Configuration&, const AccountSettings&)> show;
};

/// Every field in the order of the shipped config.yaml. accounts.overrides is not among them: its entries are made of
/// the fields of scope `account`.
const std::vector<Field>& configuration_fields();

inline constexpr std::string_view k_overrides_path = "accounts.overrides";
inline constexpr std::string_view k_overrides_description =
    "Per account: the first entry whose match fits replaces what it names of dry_run, policy, store and notify";

/// Nothing when there is no such field.
const Field* find_field(std::string_view path);

}  // namespace keyward::orchestrator
