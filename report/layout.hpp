#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/output.hpp"
#include "report/text.hpp"

namespace keyward::report {

// How lines for people are laid out: colours, columns, wrapped words.

enum class Tone { plain, dim, bold, good, warning, alarm };

/// Text in its colour, when colour was asked for. Widths are set before: escape sequences take no columns.
std::string paint(const Output& output, Tone tone, std::string text);

/// What becomes of a column when a terminal is too narrow for all of them.
enum class Room {
  whole,       ///< never cut: ids and dates
  cut,         ///< cut with "…"
  expendable,  ///< cut, and left out when that is not enough
  spare,       ///< left out before anything is cut
};

struct Column {
  std::string_view title;
  Room room = Room::whole;
  Align align = Align::left;
};

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

/// A table whose columns are as wide as what stands in them. Rows are packed into strings as they come and laid out
/// when all of them are known.
class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// One row, as a line for LaidOut::rows(); it counts for the widths.
  std::string pack(const std::vector<Cell>& cells);

  class LaidOut {
   public:
    std::string header() const;
    /// Lines of cells two spaces apart, without blanks at their ends.
    std::string rows(std::string_view packed) const;

   private:
    friend class Table;
    LaidOut(const Table& table, const Output& output);
    std::string line(const std::vector<std::string_view>& cells) const;
    /// Where a row goes on in a line of its own, because no line is wide enough for all of it.
    void break_rows(std::size_t width);

    const std::vector<Column>& columns_;
    std::vector<std::size_t> widths_;  ///< 0: left out
    std::vector<bool> begins_line_;    ///< of each column but the first
    const Output& output_;
  };
  /// As wide as the content asks, on a terminal no wider than that: where cutting cells is not enough, a row goes on in
  /// indented lines below. Table and output outlive it.
  LaidOut lay_out(const Output& output) const { return LaidOut(*this, output); }

 private:
  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
};

/// Columns for sentences: the terminal's, or 100 where there is none.
std::size_t prose_width(const Output& output);

/// The words of a sentence over as many lines as its width asks for, every line after the first indented. No word is
/// cut, because identifiers are there to be copied.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace keyward::report
