#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.hpp"

namespace keyward::report {

// Names come from outside: an account can be called anything. What is written for people passes through here.

using base::printable;
using base::valid_utf8;

/// Columns that a terminal needs for printable text: 2 for East Asian wide characters and emoji, 0 for combining marks.
std::size_t display_width(std::string_view text);

enum class Align { left, right };

/// printable() text in exactly `width` columns: padded, or cut with "…" at the end.
std::string fit(std::string_view text, std::size_t width, Align align = Align::left);

/// printable() text, cut with "…" when it is wider than `width`.
std::string shorten(std::string_view text, std::size_t width);

/// One CSV field (RFC 4180), quoted when needed. A field that a spreadsheet would take for a formula (it starts with
/// = + - @, tab or carriage return) gets an apostrophe in front.
std::string csv_field(std::string_view text);

/// csv_field()s, with the line's end.
std::string csv_line(const std::vector<std::string>& fields);

/// The text for HTML content and double-quoted attributes.
std::string escape_html(std::string_view text);

/// "1 234 567": thousands apart by a narrow no-break space.
std::string grouped(long long number);

/// "1 account", "3 accounts".
std::string counted(long long number, std::string_view singular);

}  // namespace keyward::report
