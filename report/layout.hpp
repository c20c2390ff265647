#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/output.hpp"
#include "report/text.hpp"

namespace keyward::report {

// How lines for people are laid out: colours, columns, wrapped words.

inline constexpr std::size_t k_least_width = 100;

enum class Tone { plain, dim, bold, good, warning, alarm };

/// Text in its colour, when colour was asked for. Widths are set before: escape sequences take no columns.
std::string paint(const Output& output, Tone tone, std::string text);

struct Column {
  std::string_view title;
  std::size_t width;
  Align align = Align::left;
};

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

/// One line of cells two spaces apart, without blanks at its end.
std::string line_of(const std::vector<Column>& columns, const std::vector<Cell>& cells, const Output& output);
std::string header_of(const std::vector<Column>& columns, const Output& output);

/// Columns to lay out for.
std::size_t width_of(const Output& output);

/// Words over as many lines as `width` asks for, every line after the first indented.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace keyward::report
