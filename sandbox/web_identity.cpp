#include "sandbox/web_identity.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <optional>

#include "base/encoding.hpp"
#include "sandbox/api.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view k_scheme = "https://";

[[noreturn]] void refuse(const char* why) { throw ApiError(400, "InvalidIdentityToken", why); }

/// RFC 7515: base64url without padding.
std::optional<std::string> base64url_decode(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '-', '+');
  std::ranges::replace(plain, '_', '/');
  plain.append((4 - plain.size() % 4) % 4, '=');
  return base::base64_decode(plain);
}

std::string claim(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains(name);
  if (value == nullptr || !value->is_string()) refuse("Missing a required claim");
  return std::string(value->get_string());
}

}  // namespace

WebIdentity read_web_identity(std::string_view token, base::Instant now) {
  constexpr const char* k_no_token = "The ID Token provided is not a valid JWT";
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) refuse(k_no_token);
  const auto payload = base64url_decode(token.substr(first + 1, last - first - 1));
  boost::system::error_code failed;
  const json::value parsed = payload ? json::parse(*payload, failed) : json::value();
  if (failed || !parsed.is_object()) refuse(k_no_token);
  const json::object& claims = parsed.get_object();
  const std::string issuer = claim(claims, "iss");
  if (!issuer.starts_with(k_scheme)) refuse("The issuer must be an https URL");
  const json::value* expires = claims.if_contains("exp");
  if (expires == nullptr || !expires->is_int64()) refuse("Missing a required claim");
  if (base::Instant(std::chrono::seconds(expires->get_int64())) <= now) {
    throw ApiError(400, "ExpiredTokenException", "Token expired");
  }
  return {issuer.substr(k_scheme.size()), claim(claims, "sub"), claim(claims, "aud")};
}

}  // namespace keyward::sandbox
