#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace keyward::report {
namespace {

constexpr std::string_view k_ellipsis = "\xE2\x80\xA6";

struct Range {
  char32_t first, last;
};

std::size_t width_of(char32_t c) {
  constexpr std::array<Range, 5> k_combining{
      {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};
  constexpr std::array<Range, 9> k_wide{{{0x1100, 0x115F},
                                         {0x2E80, 0x303E},
                                         {0x3041, 0xA4CF},
                                         {0xAC00, 0xD7A3},
                                         {0xF900, 0xFAFF},
                                         {0xFE30, 0xFE6F},
                                         {0xFF00, 0xFF60},
                                         {0x1F300, 0x1FAFF},
                                         {0x20000, 0x3FFFD}}};
  const auto holds = [c](const Range& range) { return c >= range.first && c <= range.last; };
  if (std::ranges::any_of(k_combining, holds)) return 0;
  return std::ranges::any_of(k_wide, holds) ? 2 : 1;
}

/// At most `width` columns of a printable text.
std::string front(std::string_view text, std::size_t width) {
  std::string kept;
  std::size_t used = 0;
  while (!text.empty()) {
    const base::Utf8Character next = base::first_character(text);
    used += width_of(next.character);
    if (used > width) break;
    kept += text.substr(0, next.size);
    text.remove_prefix(next.size);
  }
  return kept;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  if (base::is_plain_ascii(text)) return text.size();
  std::size_t width = 0;
  while (!text.empty()) {
    const base::Utf8Character next = base::first_character(text);
    width += width_of(next.character);
    text.remove_prefix(next.size);
  }
  return width;
}

std::string shorten(std::string_view text, std::size_t width) {
  std::string safe = printable(text);
  if (display_width(safe) <= width) return safe;
  if (width == 0) return {};
  std::string cut = front(safe, width - 1);
  while (cut.ends_with(' ')) cut.pop_back();
  return cut += k_ellipsis;
}

std::string fit(std::string_view text, std::size_t width, Align align) {
  std::string shown = shorten(text, width);
  const std::string padding(width - std::min(width, display_width(shown)), ' ');
  return align == Align::left ? shown + padding : padding + shown;
}

std::string csv_field(std::string_view text) {
  std::string field = valid_utf8(text);
  if (!field.empty() && std::string_view("=+-@\t\r").find(field.front()) != std::string_view::npos)
    field.insert(0, 1, '\'');
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted += '"';
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty() || &field != &fields.front()) line += ',';
    line += csv_field(field);
  }
  return line += "\r\n";
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : printable(text)) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string grouped(long long number) {
  std::string digits = std::to_string(std::llabs(number));
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, "\xE2\x80\xAF");
  }
  return (number < 0 ? "-" : "") + digits;
}

std::string counted(long long number, std::string_view singular) {
  std::string text = grouped(number) + ' ' + std::string(singular);
  if (number != 1) text += 's';
  return text;
}

}  // namespace keyward::report
