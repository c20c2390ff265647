#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keyward::notify {

/// Foreign text (names, tags, details) as one harmless line of UTF-8: control characters, line separators and the marks
/// that reverse or hide text become spaces, runs of spaces become one, broken UTF-8 becomes U+FFFD. What passed here
/// cannot end a header line, start a new one in the text part or make a line read backwards.
std::string one_line(std::string_view text);

/// The same in printable ASCII: "?" for every other byte.
std::string ascii_line(std::string_view text);

/// At most `max_bytes` of valid UTF-8, cut between characters, with "…" where something was cut.
std::string shortened(std::string_view text, std::size_t max_bytes);

bool is_utf8(std::string_view text);
/// The front of `text` up to the first byte that is not UTF-8.
std::string_view utf8_front(std::string_view text);

/// For the text of HTML and for attribute values in quotes.
std::string escape_html(std::string_view text);

}  // namespace keyward::notify
