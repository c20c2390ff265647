#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "orchestrator/command_line.hpp"

namespace keyward::orchestrator {

using Environment = std::map<std::string, std::string>;

/// Whether results are painted: --color, then NO_COLOR (no-color.org), then CLICOLOR_FORCE (bixense.com/clicolors), then
/// whether they go to a terminal that knows colours.
bool use_color(ColorChoice choice, const Environment& environment, bool terminal);

/// Columns of the terminal behind a descriptor, COLUMNS first; nothing when it is no terminal, for then nothing is to be
/// cut.
std::optional<std::size_t> terminal_width(int descriptor, const Environment& environment);

/// Columns for help on this descriptor: the terminal's, 100 at most, because longer lines are hard to read.
std::size_t help_width(int descriptor);

}  // namespace keyward::orchestrator
