#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/yaml_reader.hpp"

namespace keyward::orchestrator {

/// What a variable says, in the words of the configuration file.
struct EnvironmentValue {
  std::string path;  ///< of the field: "policy.warn_days"
  YamlValue value;
};

/// A variable and the field that it sets.
struct EnvironmentName {
  std::string_view name;
  std::string_view path;
};

/// Every variable that read_environment() knows.
const std::vector<EnvironmentName>& environment_names();

/// Translates the variables of the AWS guidance and AWS_REGION, AWS_DEFAULT_REGION, AWS_PROFILE. An empty variable
/// counts as unset, except a flag, which must be true or false. Every field is yielded at most once.
std::vector<EnvironmentValue> read_environment(const std::map<std::string, std::string>& environment,
                                               std::string_view partition, Problems& problems);

/// A scalar that came from the environment or the command line.
YamlValue outside_value(Origin origin, std::string text);

}  // namespace keyward::orchestrator
