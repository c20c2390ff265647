#include "notify/text.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace keyward::notify {
namespace {

constexpr std::string_view k_replacement = "\xEF\xBF\xBD";
constexpr std::string_view k_ellipsis = "\xE2\x80\xA6";

// Controls, line separators, zero-width and direction marks.
bool is_blank(char32_t code) {
  return code <= 0x20 || (code >= 0x7F && code <= 0xA0) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x2069) || code == 0xFEFF || code == 0xAD;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const base::Utf8Character character = base::first_character(text);
    if (!character.valid) {
      line += k_replacement;
    } else if (!is_blank(character.character)) {
      line += text.substr(0, character.size);
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
    text.remove_prefix(character.size);
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string ascii_line(std::string_view text) {
  std::string line = one_line(text);
  std::ranges::replace_if(line, [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

std::string shortened(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t cut = max_bytes > k_ellipsis.size() ? max_bytes - k_ellipsis.size() : 0;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + std::string(k_ellipsis);
}

bool is_utf8(std::string_view text) { return utf8_front(text).size() == text.size(); }

std::string_view utf8_front(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const base::Utf8Character character = base::first_character(rest);
    if (!character.valid) break;
    rest.remove_prefix(character.size);
  }
  return text.substr(0, text.size() - rest.size());
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;  // HTML 4, and so Outlook, does not know &apos;
      default: escaped += c;
    }
  }
  return escaped;
}

}  // namespace keyward::notify
