#include "sandbox/authenticator.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "aws/sigv4.hpp"
#include "aws/url.hpp"
#include "base/digest.hpp"
#include "base/ids.hpp"

namespace keyward::sandbox {
namespace {

enum class Refusal { no_header, incomplete, unknown_key, wrong_signature, expired_token };

[[noreturn]] void refuse(Protocol protocol, Refusal why, std::string message) {
  struct Codes {
    const char* query;
    const char* json;
    const char* s3;
  };
  const Codes codes = [&]() -> Codes {
    switch (why) {
      case Refusal::no_header:
        return {"MissingAuthenticationToken", "MissingAuthenticationTokenException", "AccessDenied"};
      case Refusal::incomplete:
        return {"IncompleteSignature", "IncompleteSignatureException", "AuthorizationHeaderMalformed"};
      case Refusal::unknown_key: return {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"};
      case Refusal::wrong_signature:
        return {"SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"};
      case Refusal::expired_token: break;
    }
    return {"ExpiredToken", "ExpiredTokenException", "ExpiredToken"};
  }();
  switch (protocol) {
    case Protocol::query: throw ApiError(why == Refusal::incomplete ? 400 : 403, codes.query, std::move(message));
    case Protocol::json_1_0:
    case Protocol::json_1_1: throw ApiError(400, codes.json, std::move(message));
    case Protocol::rest_json: throw ApiError(403, codes.json, std::move(message));
    case Protocol::rest_xml: break;
  }
  const bool bad_request = why == Refusal::incomplete || why == Refusal::expired_token;
  throw ApiError(bad_request ? 400 : 403, codes.s3, std::move(message));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

void check_time(Protocol protocol, const SignedHeader& header, base::Instant now,
                std::optional<base::Instant> signed_at) {
  if (!signed_at)
    refuse(protocol, Refusal::incomplete,
           "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  const std::string signed_text = base::format_basic(*signed_at);
  const std::string now_text = base::format_basic(now);
  if (protocol == Protocol::rest_xml && std::chrono::abs(now - *signed_at) > k_signature_window) {
    throw ApiError(403, "RequestTimeTooSkewed",
                   "The difference between the request time and the current time is too large.");
  }
  if (*signed_at < now - k_signature_window) {
    refuse(protocol, Refusal::wrong_signature,
           "Signature expired: " + signed_text + " is now earlier than " +
               base::format_basic(now - k_signature_window) + " (" + now_text + " - 15 min.)");
  }
  if (*signed_at > now + k_signature_window) {
    refuse(protocol, Refusal::wrong_signature,
           "Signature not yet current: " + signed_text + " is still later than " +
               base::format_basic(now + k_signature_window) + " (" + now_text + " + 15 min.)");
  }
  if (!signed_text.starts_with(header.date)) {
    refuse(protocol, Refusal::wrong_signature,
           "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + header.date +
               "' != '" + signed_text.substr(0, 8) + "', from '" + signed_text + "'.");
  }
}

/// IAM and Organizations have one region of the partition.
void check_scope(Protocol protocol, const SignedHeader& header) {
  const bool global = header.service == "iam" || header.service == "organizations";
  if (!base::Region::parse(header.region) || (global && header.region != "us-east-1")) {
    refuse(protocol, Refusal::wrong_signature, "Credential should be scoped to a valid region. ");
  }
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void check_signature(Protocol protocol, const SignedHeader& header, const WireRequest& request, base::Instant signed_at,
                     std::string_view secret, std::string_view token) {
  std::vector<base::HttpHeader> headers;
  for (const std::string_view name : split(header.signed_headers, ';')) {
    for (const base::HttpHeader& entry : request.headers) {
      if (lower(entry.name) == name) headers.push_back(entry);
    }
  }
  const auto is_signed = [&](std::string_view name) {
    return std::any_of(headers.begin(), headers.end(), [&](const auto& entry) { return lower(entry.name) == name; });
  };
  if (!is_signed("host"))
    refuse(protocol, Refusal::wrong_signature,
           "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  if (!token.empty() && !is_signed("x-amz-security-token")) {
    refuse(protocol, Refusal::wrong_signature,
           "'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (protocol == Protocol::rest_xml) {
    const std::string_view hash = request.header("x-amz-content-sha256");
    if (hash.empty())
      throw ApiError(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
    if (hash.size() == 64 && hash != base::sha256_hex(request.body)) {
      throw ApiError(400, "XAmzContentSHA256Mismatch",
                     "The provided 'x-amz-content-sha256' header does not match what was computed.");
    }
  }
  aws::Credentials credentials;
  credentials.access_key_id = header.access_key_id;
  credentials.secret_access_key = base::Secret(secret);
  credentials.session_token = base::Secret(token);
  const aws::sigv4::Scope scope{
      header.region, header.service,
      protocol == Protocol::rest_xml ? aws::sigv4::PathStyle::verbatim : aws::sigv4::PathStyle::normalized};
  const std::string url = "http://" + std::string(request.header("host")) + request.target;
  if (!aws::parse_url(url)) refuse(protocol, Refusal::wrong_signature, "The Host header and the path make no URL.");
  const auto expected = aws::sigv4::compute(request.method, url, headers, request.body, scope, credentials, signed_at);
  if (same(expected.signature, header.signature)) return;
  refuse(protocol, Refusal::wrong_signature,
         "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
         "Key and signing method. Consult the service documentation for details.\n\n"
         "The Canonical String for this request should have been\n'" + expected.canonical_request +
             "'\n\nThe String-to-Sign should have been\n'" + expected.string_to_sign + "'\n");
}

}  // namespace

void refuse_signature(Protocol protocol, const SignedHeader& header, const WireRequest& request, base::Instant now) {
  check_signature(protocol, header, request, now, "another secret", request.header("x-amz-security-token"));
}

std::optional<SignedHeader> read_authorization(const WireRequest& request) {
  std::string_view text = request.header("authorization");
  constexpr std::string_view k_algorithm = "AWS4-HMAC-SHA256 ";
  if (!text.starts_with(k_algorithm)) return std::nullopt;
  text.remove_prefix(k_algorithm.size());
  SignedHeader header;
  for (std::string_view part : split(text, ',')) {
    part = trim(part);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(equals + 1);
    if (name == "Credential") {
      const auto scope = split(value, '/');
      if (scope.size() != 5 || scope[4] != "aws4_request") return std::nullopt;
      header.access_key_id = scope[0];
      header.date = scope[1];
      header.region = scope[2];
      header.service = scope[3];
    } else if (name == "SignedHeaders") {
      header.signed_headers = value;
    } else if (name == "Signature") {
      header.signature = value;
    }
  }
  if (header.access_key_id.empty() || header.signed_headers.empty() || header.signature.empty()) return std::nullopt;
  return header;
}

void record_use(AccessKey& key, base::Instant now, std::string_view service, std::string_view region) {
  if (key.last_used && now - key.last_used->date < std::chrono::minutes(15) && now >= key.last_used->date) return;
  key.last_used = LastUsed{now, std::string(service), std::string(region)};
}

Principal authenticate(World& world, Protocol protocol, const std::optional<SignedHeader>& header,
                       const WireRequest& request) {
  if (!header) {
    if (request.header("authorization").empty())
      refuse(protocol, Refusal::no_header, "Request is missing Authentication Token");
    refuse(protocol, Refusal::incomplete,
           "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.");
  }
  const base::Instant now = world.now();
  const auto signed_at = base::parse_iso8601(request.header("x-amz-date"));
  constexpr const char* k_invalid = "The security token included in the request is invalid.";
  const auto check = [&](std::string_view secret, std::string_view token) {
    check_time(protocol, *header, now, signed_at);
    check_scope(protocol, *header);
    check_signature(protocol, *header, request, *signed_at, secret, token);
  };

  const auto session = world.sessions.find(header->access_key_id);
  if (session != world.sessions.end()) {
    const Session& known = session->second;
    if (request.header("x-amz-security-token") != known.token) refuse(protocol, Refusal::unknown_key, k_invalid);
    check(known.secret, known.token);
    if (known.expires <= now) {
      refuse(protocol, Refusal::expired_token, "The security token included in the request is expired");
    }
    const Account& account = world.accounts.at(known.account);
    const auto role = account.roles.find(known.role);
    if (role == account.roles.end()) refuse(protocol, Refusal::unknown_key, k_invalid);
    return {PrincipalKind::role_session,
            known.account,
            session_arn(known),
            role_arn(account, role->second),
            role->second.id + ":" + known.name,
            "",
            known.access_key_id};
  }

  Account* account = nullptr;
  const auto [user, key] = world.find_key(header->access_key_id, &account);
  if (!key || !key->active || !request.header("x-amz-security-token").empty()) {
    refuse(protocol, Refusal::unknown_key, k_invalid);
  }
  const Moment moment = world.clock.moment();
  const bool at_once = world.quirks.premature_sts && header->service == "sts";
  if (!at_once && (moment < key->spreads_from || (moment < key->spread_at && world.random.chance(0.5)))) {
    refuse(protocol, Refusal::unknown_key, k_invalid);
  }
  check(key->secret, "");
  record_use(*key, now, header->service, header->region);
  return {PrincipalKind::user, account->id, user_arn(*account, *user), "", user->id, user->name, key->id};
}

}  // namespace keyward::sandbox
