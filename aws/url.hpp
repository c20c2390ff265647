#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keyward::aws {

/// The parts of an absolute http or https URL (RFC 3986), as written: nothing is decoded.
struct Url {
  std::string scheme;  ///< lower case
  std::string host;    ///< lower case; an IPv6 address without its brackets
  std::string port;    ///< empty when not written
  std::string path;    ///< "/..." or empty
  std::string query;   ///< without "?"

  /// What the Host header says: brackets around an IPv6 address, the port unless it is the scheme's own.
  std::string authority() const;
};

/// Nothing for another scheme, an empty host, user information ("user@host"), a port that is not a number, or a blank
/// or control character anywhere. A fragment is dropped: it never goes over the wire.
std::optional<Url> parse_url(std::string_view text);

/// "localhost", 127.0.0.0/8 and ::1. Other names are not resolved: a name is loopback only by being called so.
bool is_loopback(std::string_view host);

}  // namespace keyward::aws
