#pragma once

#include <string>
#include <vector>

#include "orchestrator/command_tree.hpp"

namespace keyward::orchestrator {

struct Example {
  std::string command;  ///< "keyward audit --exit-zero", to be typed in a shell
  std::string text;     ///< what it is for; may be empty
};

/// What help opens with: written for the command, or else put together from what it requires. Each can be typed as it
/// stands (a test parses them all).
std::vector<Example> examples_of(const CommandNode& node);

}  // namespace keyward::orchestrator
