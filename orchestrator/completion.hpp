#pragma once

#include <string>

#include "orchestrator/command_line.hpp"
#include "orchestrator/command_tree.hpp"

namespace keyward::orchestrator {

/// A script for the shell to read: completes commands, options, words of choices, files and folders.
std::string completion_script(const CommandNode& tree, Shell shell);

}  // namespace keyward::orchestrator
