#pragma once

#include <optional>
#include <string>
#include <vector>

namespace keyward::orchestrator {

/// What `keyward init` was told. What is absent is asked for on a terminal, else left at its default.
struct InitOptions {
  std::string out = "config.yaml";
  bool force = false;     ///< replace a file that is there
  bool no_input = false;  ///< ask nothing
  std::optional<std::string> stack_parameters;  ///< file
  std::optional<std::string> organization_id;
  std::optional<std::string> list_role;
  std::optional<std::string> member_role;
  std::optional<std::string> external_id;  ///< a reference
  std::vector<std::string> accounts;       ///< ids, ou-... or NAME=VALUE
  std::optional<std::string> store;        ///< member, central
  std::optional<std::string> kms_key;
  std::optional<std::string> store_role;
  std::optional<std::string> sender;
  std::optional<std::string> state_dir;
};

}  // namespace keyward::orchestrator
