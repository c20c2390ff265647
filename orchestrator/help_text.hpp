#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/command_tree.hpp"

namespace keyward::orchestrator {

/// What a command is for, its examples first, in lines of `width` columns where words allow it.
std::string render_help(const CommandNode& node, std::size_t width);

/// Exit codes and what each means, in the order of the numbers.
const std::vector<std::pair<std::string_view, std::string_view>>& exit_code_meanings();

/// `did you mean "audit"?`, or nothing when nothing is near.
std::string nearest(std::string_view given, const std::vector<std::string>& known);

}  // namespace keyward::orchestrator
