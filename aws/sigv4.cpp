#include "aws/sigv4.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <utility>

#include "aws/url.hpp"
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/wiped_buffer.hpp"

namespace keyward::aws::sigv4 {
namespace {

constexpr std::string_view k_algorithm = "AWS4-HMAC-SHA256";

/// Headers a proxy or the library below may add, change or drop, and the signature itself.
constexpr std::array<std::string_view, 12> k_unsigned_headers = {"authorization",
                                                                 "connection",
                                                                 "expect",
                                                                 "keep-alive",
                                                                 "proxy-authenticate",
                                                                 "proxy-authorization",
                                                                 "te",
                                                                 "trailer",
                                                                 "upgrade",
                                                                 "transfer-encoding",
                                                                 "user-agent",
                                                                 "x-amzn-trace-id"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Trimall() of the specification: no white space at the ends, one space for each run of it, quoted strings included.
std::string trim_all(std::string_view value) {
  std::string result;
  result.reserve(value.size());
  bool gap = false;
  for (const char c : value) {
    if (is_blank(c)) {
      gap = true;
      continue;
    }
    if (gap && !result.empty()) result += ' ';
    gap = false;
    result += c;
  }
  return result;
}

/// Lower-case name to value. Values of headers with one name are joined in the order sent.
std::map<std::string, std::string> headers_to_sign(const std::vector<base::HttpHeader>& headers) {
  std::map<std::string, std::string> signed_headers;
  for (const base::HttpHeader& header : headers) {
    std::string name = lower(header.name);
    if (std::ranges::find(k_unsigned_headers, name) != k_unsigned_headers.end()) continue;
    const auto [at, inserted] = signed_headers.try_emplace(std::move(name));
    if (!inserted) at->second += ',';
    at->second += trim_all(header.value);
  }
  return signed_headers;
}

/// Dot segments and empty segments removed; a slash at the end stays unless nothing else is left.
std::string normalize_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string result;
  for (const std::string_view segment : kept) {
    result += '/';
    result += segment;
  }
  if (result.empty() || path.ends_with('/')) result += '/';
  return result;
}

std::string canonical_uri(std::string_view path, PathStyle style) {
  if (path.empty()) return "/";
  if (style == PathStyle::verbatim) return std::string(path);
  return base::percent_encode(normalize_path(path), base::Slash::keep);
}

/// Sorted by key, then by value: sorting whole "key=value" strings would put "a-b=1" before "a=1".
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    if (parameter.empty()) continue;
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos) {
      parameters.emplace_back(parameter, std::string_view());
    } else {
      parameters.emplace_back(parameter.substr(0, equals), parameter.substr(equals + 1));
    }
  }
  std::ranges::sort(parameters);
  std::string result;
  for (const auto& [key, value] : parameters) {
    if (!result.empty()) result += '&';
    result += key;
    result += '=';
    result += value;
  }
  return result;
}

std::string_view as_text(const base::Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// kSigning of the specification. Every intermediate key is wiped: each can sign for its part of the scope.
base::Sha256 signing_key(const base::Secret& secret, std::string_view date, const Scope& scope) {
  base::WipedVector start;
  constexpr std::string_view k_prefix = "AWS4";
  const std::string_view bytes = secret.expose();
  start.reserve(k_prefix.size() + bytes.size());
  start.insert(start.end(), k_prefix.begin(), k_prefix.end());
  start.insert(start.end(), bytes.begin(), bytes.end());

  base::Sha256 k_date = base::hmac_sha256({start.data(), start.size()}, date);
  base::Sha256 k_region = base::hmac_sha256(as_text(k_date), scope.region);
  base::Sha256 k_service = base::hmac_sha256(as_text(k_region), scope.service);
  const base::Sha256 k_signing = base::hmac_sha256(as_text(k_service), "aws4_request");
  base::wipe(k_date.data(), k_date.size());
  base::wipe(k_region.data(), k_region.size());
  base::wipe(k_service.data(), k_service.size());
  return k_signing;
}

Url parsed(std::string_view url) {
  auto parts = parse_url(url);
  if (!parts)
    throw std::invalid_argument("sigv4: not a URL that can be sent: " + std::string(url.substr(0, url.find('?'))));
  return *std::move(parts);
}

}  // namespace

Signature compute(std::string_view method, std::string_view url, const std::vector<base::HttpHeader>& headers,
                  std::string_view body, const Scope& scope, const Credentials& credentials, base::Instant time) {
  const Url parts = parsed(url);
  const auto signed_headers = headers_to_sign(headers);

  Signature result;
  std::string& request = result.canonical_request;
  std::string names;
  std::string header_lines;
  for (const auto& [name, value] : signed_headers) {
    if (!names.empty()) names += ';';
    names += name;
    header_lines += name + ':' + value + '\n';
  }
  const auto declared_hash = signed_headers.find("x-amz-content-sha256");
  request.append(method).append("\n");
  request.append(canonical_uri(parts.path, scope.path_style)).append("\n");
  request.append(canonical_query(parts.query)).append("\n");
  request.append(header_lines).append("\n");
  request.append(names).append("\n");
  request.append(declared_hash == signed_headers.end() ? base::sha256_hex(body) : declared_hash->second);
  base::wipe(header_lines.data(), header_lines.size());

  const std::string timestamp = base::format_basic(time);
  const std::string date = timestamp.substr(0, 8);
  const std::string credential_scope = date + '/' + scope.region + '/' + scope.service + "/aws4_request";
  result.string_to_sign.append(k_algorithm).append("\n");
  result.string_to_sign.append(timestamp).append("\n");
  result.string_to_sign.append(credential_scope).append("\n");
  result.string_to_sign.append(base::sha256_hex(request));

  base::Sha256 key = signing_key(credentials.secret_access_key, date, scope);
  result.signature = base::to_hex(base::hmac_sha256(as_text(key), result.string_to_sign));
  base::wipe(key.data(), key.size());

  result.authorization.append(k_algorithm).append(" Credential=");
  result.authorization.append(credentials.access_key_id).append("/").append(credential_scope);
  result.authorization.append(", SignedHeaders=").append(names);
  result.authorization.append(", Signature=").append(result.signature);
  return result;
}

void sign(base::HttpRequest& request, const Scope& scope, const Credentials& credentials, base::Instant time) {
  // Date would compete with X-Amz-Date; the others are from an earlier attempt.
  constexpr std::array<std::string_view, 6> k_ours = {
      "host", "date", "x-amz-date", "x-amz-security-token", "authorization", "x-amz-content-sha256"};
  std::erase_if(request.headers, [&](const base::HttpHeader& header) {
    return std::ranges::any_of(k_ours, [&](std::string_view name) { return same_name(name, header.name); });
  });

  request.headers.push_back({"Host", parsed(request.url).authority()});
  request.headers.push_back({"X-Amz-Date", base::format_basic(time)});
  if (!credentials.session_token.empty()) {
    request.headers.push_back({"X-Amz-Security-Token", std::string(credentials.session_token.expose())});
  }
  if (scope.service == "s3") {
    request.headers.push_back({"X-Amz-Content-Sha256", base::sha256_hex(request.body.view())});
  }
  Signature signature =
      compute(request.method, request.url, request.headers, request.body.view(), scope, credentials, time);
  base::wipe(signature.canonical_request.data(), signature.canonical_request.size());  // holds the session token
  request.headers.push_back({"Authorization", std::move(signature.authorization)});
}

}  // namespace keyward::aws::sigv4
