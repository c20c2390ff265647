#pragma once

#include <string>

#include "orchestrator/command_tree.hpp"

namespace keyward::orchestrator {

/// keyward(1), from what the parser takes.
std::string render_manual(const CommandNode& tree);

/// keyward.yaml(5), from the table that reads the configuration.
std::string render_configuration_manual();

}  // namespace keyward::orchestrator
