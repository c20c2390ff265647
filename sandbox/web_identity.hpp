#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace keyward::sandbox {

/// Who an OIDC token speaks of. It is taken at its word: the sandbox knows no provider's keys, so the signature of a
/// token is not checked; trust policies are.
struct WebIdentity {
  std::string provider;  ///< the issuer without its scheme: "oidc.example.org/id/1"
  std::string subject;
  std::string audience;
};

/// Reads a JSON web token. Throws InvalidIdentityToken for what is none of an https issuer, ExpiredTokenException.
WebIdentity read_web_identity(std::string_view token, base::Instant now);

}  // namespace keyward::sandbox
