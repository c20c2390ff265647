#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keyward::base {

// Names and messages come from outside: an account can be called anything. What is written for people passes through here.

/// One character of a text, or one byte that is none.
struct Utf8Character {
  char32_t character;  ///< U+FFFD for a byte that is none
  std::size_t size;    ///< bytes taken from the front, at least 1
  bool valid;
};

/// The first character of a text that is not empty (Unicode 15, table 3-7: well-formed UTF-8).
Utf8Character first_character(std::string_view text) noexcept;

/// Control characters (C0, DEL, C1), which terminals obey, line separators, and characters that nobody sees or that turn
/// the writing direction.
bool is_unprintable(char32_t character) noexcept;

/// Whether each byte is a character of one column, and there is nothing to replace: so are nearly all texts.
bool is_plain_ascii(std::string_view text) noexcept;

/// The text with every byte sequence that is not UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

/// Safe for one line of a terminal: valid UTF-8, unprintable characters replaced by U+FFFD.
std::string printable(std::string_view text);

}  // namespace keyward::base
