#include "report/layout.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace keyward::report {
namespace {

/// A cut cell keeps at least so much, and its title.
constexpr std::size_t k_least_cell = 10;
/// Between the cells of a packed row; printable() text holds none.
constexpr char k_separator = '\x1f';

constexpr std::size_t k_gap = 2;

/// Room for most rows, so that they need not grow.
constexpr std::size_t k_usual_row = 256;

std::size_t line_width(const std::vector<std::size_t>& widths) {
  const std::size_t sum = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  const auto shown =
      static_cast<std::size_t>(std::ranges::count_if(widths, [](std::size_t width) { return width > 0; }));
  return shown == 0 ? 0 : sum + k_gap * (shown - 1);
}

bool may_be_cut(Room room) { return room == Room::cut || room == Room::expendable; }

/// The widest of the columns that may be cut loses first, so that short names stay whole.
void cut_down(std::vector<std::size_t>& widths, const std::vector<Column>& columns, std::size_t width) {
  while (line_width(widths) > width) {
    std::size_t widest = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool reducible = may_be_cut(columns[i].room) && widths[i] > std::max(k_least_cell, columns[i].title.size());
      if (reducible && (widest == columns.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns.size()) return;
    --widths[widest];
  }
}

void leave_out(std::vector<std::size_t>& widths, const std::vector<Column>& columns, Room room) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].room == room) widths[i] = 0;
  }
}

std::vector<std::size_t> fitted(std::vector<std::size_t> widths, const std::vector<Column>& columns,
                                std::size_t width) {
  if (line_width(widths) <= width) return widths;
  leave_out(widths, columns, Room::spare);
  std::vector<std::size_t> cut = widths;
  cut_down(cut, columns, width);
  if (line_width(cut) <= width) return cut;
  leave_out(widths, columns, Room::expendable);
  cut_down(widths, columns, width);
  return widths;
}

}  // namespace

std::string paint(const Output& output, Tone tone, std::string text) {
  if (output.color == Color::never || tone == Tone::plain || text.empty()) return text;
  constexpr std::array<std::string_view, 6> k_codes{"", "2", "1", "32", "33", "1;31"};
  return "\x1b[" + std::string(k_codes[static_cast<std::size_t>(tone)]) + 'm' + text + "\x1b[0m";
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) widths_.push_back(column.title.size());
}

std::string Table::pack(const std::vector<Cell>& cells) {
  std::string row;
  row.reserve(k_usual_row);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string text = printable(cells[i].text);
    widths_[i] = std::max(widths_[i], display_width(text));
    if (i > 0) row += k_separator;
    row += static_cast<char>('0' + static_cast<int>(cells[i].tone));
    row += text;
  }
  return row += '\n';
}

Table::LaidOut::LaidOut(const Table& table, const Output& output)
    : columns_(table.columns_),
      widths_(output.width ? fitted(table.widths_, table.columns_, *output.width) : table.widths_),
      begins_line_(table.columns_.size(), false),
      output_(output) {
  if (output.width && line_width(widths_) > *output.width) break_rows(*output.width);
}

void Table::LaidOut::break_rows(std::size_t width) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < widths_.size(); ++i) {
    if (widths_[i] == 0) continue;
    begins_line_[i] = at > 0 && at + k_gap + widths_[i] > width;
    at = at == 0 ? widths_[i] : begins_line_[i] ? k_gap + widths_[i] : at + k_gap + widths_[i];
  }
}

std::string Table::LaidOut::line(const std::vector<std::string_view>& cells) const {
  std::string line;
  line.reserve(k_usual_row);
  std::size_t blanks = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (widths_[i] == 0) continue;
    if (begins_line_[i]) {
      line += '\n';
      blanks = k_gap;
    }
    const auto tone = static_cast<Tone>(cells[i].front() - '0');
    std::string text(cells[i].substr(1));  // printable: pack() saw to it
    std::size_t shown = display_width(text);
    if (shown > widths_[i]) {
      text = shorten(text, widths_[i]);
      shown = display_width(text);
    }
    const std::size_t padding = widths_[i] - shown;
    if (columns_[i].align == Align::right) blanks += padding;
    // Blanks are written once something follows them.
    if (!text.empty()) line.append(std::exchange(blanks, 0), ' ').append(paint(output_, tone, std::move(text)));
    blanks += (columns_[i].align == Align::left ? padding : 0) + k_gap;
  }
  return line += '\n';
}

std::string Table::LaidOut::header() const {
  std::vector<std::string> titles;
  titles.reserve(columns_.size());
  for (const Column& column : columns_)
    titles.push_back(std::to_string(static_cast<int>(Tone::dim)) + std::string(column.title));
  return line({titles.begin(), titles.end()});
}

std::string Table::LaidOut::rows(std::string_view packed) const {
  std::string lines;
  std::vector<std::string_view> cells;
  while (!packed.empty()) {
    const std::size_t end = packed.find_first_of("\x1f\n");
    cells.push_back(packed.substr(0, end));
    if (packed[end] == '\n') {
      lines += line(cells);
      cells.clear();
    }
    packed.remove_prefix(end + 1);
  }
  return lines;
}

std::size_t prose_width(const Output& output) { return std::max<std::size_t>(output.width.value_or(100), 40); }

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string lines;
  std::string line;
  const std::string safe = printable(text);
  for (std::size_t at = 0; at < safe.size();) {
    const std::size_t begin = std::min(safe.find_first_not_of(' ', at), safe.size());
    const std::size_t end = std::min(safe.find(' ', begin), safe.size());
    const std::string word = safe.substr(begin, end - begin);
    const std::size_t blanks = begin - at;
    if (!line.empty() && display_width(line) + blanks + display_width(word) > width) {
      lines += line + '\n' + std::string(indent, ' ');
      line.clear();
    }
    if (!line.empty()) line += std::string(blanks, ' ');
    line += word;
    at = end;
  }
  return lines + line + '\n';
}

}  // namespace keyward::report
