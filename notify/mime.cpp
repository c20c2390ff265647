#include "notify/mime.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace keyward::notify {
namespace {

constexpr std::size_t k_line = 76;  // RFC 2045, 6.7 (5) and RFC 2047, section 2
constexpr std::string_view k_word_start = "=?UTF-8?B?";
constexpr std::string_view k_word_end = "?=";

/// How many bytes the character at the front has; 1 for a stray byte. Never more than UTF-8 has for one, or stray bytes
/// would make a line as long as they are many.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && size < 4 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view k_hex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '=';
  out += k_hex[byte >> 4];
  out += k_hex[byte & 0xF];
}

std::string quoted_line(std::string_view line) {
  std::string out;
  std::size_t column = 0;
  while (!line.empty()) {
    const std::size_t size = character_size(line);
    std::string piece;
    for (const char c : line.substr(0, size)) {
      // A blank at the end of a line is lost on the way (rule 3).
      const bool last_blank = (c == ' ' || c == '\t') && line.size() == 1;
      const bool literal = ((c > ' ' && c <= '~' && c != '=') || c == ' ' || c == '\t') && !last_blank;
      if (literal)
        piece += c;
      else
        append_escaped(piece, c);
    }
    line.remove_prefix(size);
    // The last character of a line may use the column that the soft break's "=" needs otherwise.
    if (column + piece.size() > (line.empty() ? k_line : k_line - 1)) {
      out += "=\r\n";
      column = 0;
    }
    column += piece.size();
    out += piece;
  }
  return out;
}

}  // namespace

std::string quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += quoted_line(line);
    out += "\r\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::string header_text(std::string_view text, std::size_t used) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }) &&
                     text.find("=?") == std::string_view::npos && !text.starts_with(' ') && !text.ends_with(' ');
  if (plain && used + text.size() <= k_line) return std::string(text);
  std::string out;
  std::size_t column = used;
  while (!text.empty()) {
    // base64 turns three bytes into four characters.
    const std::size_t room = k_line - column - k_word_start.size() - k_word_end.size();
    const std::size_t max_bytes = room / 4 * 3;
    std::size_t size = 0;
    while (size < text.size()) {
      const std::size_t next = character_size(text.substr(size));
      if (size + next > max_bytes && size > 0) break;
      size += next;
    }
    if (!out.empty()) out += "\r\n ";
    out += k_word_start;
    out += base::base64_encode(text.substr(0, size));
    out += k_word_end;
    text.remove_prefix(size);
    column = 1;
  }
  return out;
}

}  // namespace keyward::notify
