#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace keyward::sandbox {

/// As much of a MIME message as tests ask about.
struct MimeMessage {
  std::map<std::string, std::string> headers;  ///< lower-case name; unfolded, encoded words decoded
  std::string text;                            ///< the first text/plain part, decoded
  std::string html;                            ///< the first text/html part, decoded

  std::string header(const std::string& name) const;
};

/// Reads single-part and (nested) multipart messages in 7bit, quoted-printable or base64 (RFC 2045 to 2047). Never
/// fails: what cannot be read stays empty.
MimeMessage parse_mime(std::string_view message);

/// "A <a@b.c>, d@e.f" -> two addresses; commas inside quotes do not separate.
std::vector<std::string> split_addresses(std::string_view list);

}  // namespace keyward::sandbox
