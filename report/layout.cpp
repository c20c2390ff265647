#include "report/layout.hpp"

#include <algorithm>
#include <array>

namespace keyward::report {

std::string paint(const Output& output, Tone tone, std::string text) {
  if (output.color == Color::never || tone == Tone::plain || text.empty()) return text;
  constexpr std::array<std::string_view, 6> k_codes{"", "2", "1", "32", "33", "1;31"};
  return "\x1b[" + std::string(k_codes[static_cast<std::size_t>(tone)]) + 'm' + text + "\x1b[0m";
}

std::string line_of(const std::vector<Column>& columns, const std::vector<Cell>& cells, const Output& output) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool last = i + 1 == columns.size();
    if (i > 0) line += "  ";
    const bool pad = !last || columns[i].align == Align::right;
    std::string text =
        pad ? fit(cells[i].text, columns[i].width, columns[i].align) : shorten(cells[i].text, columns[i].width);
    line += paint(output, cells[i].tone, std::move(text));
  }
  while (line.ends_with(' ')) line.pop_back();
  return line += '\n';
}

std::string header_of(const std::vector<Column>& columns, const Output& output) {
  std::vector<Cell> titles;
  for (const Column& column : columns) titles.push_back({std::string(column.title), Tone::dim});
  return line_of(columns, titles, output);
}

std::size_t width_of(const Output& output) { return std::max(output.width, k_least_width); }

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string lines;
  std::string line;
  const std::string safe = printable(text);
  for (std::size_t at = 0; at < safe.size();) {
    const std::size_t end = std::min(safe.find(' ', at), safe.size());
    const std::string word = shorten(safe.substr(at, end - at), width);
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      lines += line + '\n' + std::string(indent, ' ');
      line.clear();
    }
    if (!line.empty() && !word.empty()) line += ' ';
    line += word;
    at = end + 1;
  }
  return lines + line + '\n';
}

}  // namespace keyward::report
