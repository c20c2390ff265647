#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/configuration_fields.hpp"
#include "orchestrator/yaml_reader.hpp"

namespace keyward::orchestrator {

/// What the command line says about the configuration.
struct CommandLineOverrides {
  bool dry_run = false;                ///< --dry-run; there is no way to turn dry run off from the command line
  std::optional<std::string> region;   ///< --region
  std::optional<std::string> profile;  ///< --profile
};

/// Everything a configuration is made of.
struct ConfigurationSources {
  std::optional<std::filesystem::path> file;       ///< absent: built-in defaults, environment and flags only
  std::optional<std::string> text;                 ///< what will stand in `file`, which is not read then
  std::map<std::string, std::string> environment;  ///< the whole environment
  CommandLineOverrides command_line;
  std::string partition = "aws";  ///< of the role ARN made from OrgListAccount and OrgListRole
  base::Instant now;              ///< to tell which exemptions have expired
};

/// A field, what was said about it, and where.
struct Setting {
  const Field* field = nullptr;
  Change change;
  Origin origin;
  std::string shown_path;                  ///< the field's path, below "accounts.overrides[0]." for an override
  std::shared_ptr<const YamlValue> value;  ///< as it was written, with the places of its parts
};

/// One entry of accounts.overrides with what it names.
struct LoadedOverride {
  accounts::AccountMatch match;
  Origin origin;
  std::vector<Setting> settings;
};

/// A checked configuration that remembers where every value came from.
struct LoadedConfiguration {
  Configuration configuration;
  std::map<std::string, Origin> origins;  ///< by field path; a field that nobody set is not there
  std::vector<LoadedOverride> overrides;
  std::vector<Setting> final_settings;  ///< of scope `account`: what environment and flags lay over every override
};

struct LoadedOrRefused {
  std::optional<LoadedConfiguration> loaded;  ///< absent when there is an error
  std::vector<Problem> problems;              ///< all errors and warnings, the file's in its order first
};

/// Reads and checks the configuration: flag > environment > per-account override > file > default (design.md, section
/// 4). For dry run the safer value wins: the flag, or DryRunFlag=true, makes everything dry; DryRunFlag=false replaces
/// only the file's global value, never an account's own `dry_run: true`. Makes no call and throws nothing for what the
/// sources say.
LoadedOrRefused load_configuration(const ConfigurationSources& sources);

}  // namespace keyward::orchestrator
