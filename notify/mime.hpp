#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keyward::notify {

/// Quoted-printable (RFC 2045, section 6.7) of text whose lines end in LF or CRLF: lines of at most 76 characters that
/// end in CRLF. UTF-8 characters are not torn apart by soft line breaks.
std::string quoted_printable(std::string_view text);

/// The value of an unstructured header such as Subject: as it is when it is short printable ASCII, else as encoded
/// words (RFC 2047, UTF-8 and base64) folded to lines of at most 76 characters. `used` is what stands before it in its
/// line. Whatever the text holds, the result holds no line break but folds.
std::string header_text(std::string_view text, std::size_t used);

}  // namespace keyward::notify
