#include "aws/sigv4.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <stdexcept>
#include <utility>

#include "aws/url.hpp"
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/wiped_buffer.hpp"

namespace keyward::aws::sigv4 {
namespace {

constexpr std::string_view k_algorithm = "AWS4-HMAC-SHA256";
constexpr const char* k_date_header = "X-Amz-Date";

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

bool same_name(std::string_view a, std::string_view b) {
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): it is told the size
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void append_lower(std::string& text, std::string_view name) {
  const auto start = static_cast<std::ptrdiff_t>(text.size());
  text += name;
  std::transform(text.begin() + start, text.end(), text.begin() + start, lower);
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Trimall() of the specification: no white space at the ends, one space for each run of it, quoted strings included.
void append_trimmed(std::string& text, std::string_view value) {
  const std::size_t start = text.size();
  for (auto word = std::ranges::find_if_not(value, is_blank); word != value.end();) {
    const auto end = std::find_if(word, value.end(), is_blank);
    if (text.size() > start) text += ' ';
    text.append(word, end);
    word = std::find_if_not(end, value.end(), is_blank);
  }
}

using SignedHeaders = boost::container::small_vector<const base::HttpHeader*, 16>;

/// In the order of their names in lower case, those of one name in the order sent.
SignedHeaders headers_to_sign(const std::vector<base::HttpHeader>& headers) {
  SignedHeaders result;
  result.reserve(headers.size());
  for (const base::HttpHeader& header : headers) {
    const bool is_unsigned = std::ranges::any_of(
        k_unsigned_headers, [&](std::string_view name) { return same_name(name, header.name); });
    if (!is_unsigned) result.push_back(&header);
  }
  std::ranges::sort(result, [](const base::HttpHeader* a, const base::HttpHeader* b) {
    const int order = ::strcasecmp(a->name.c_str(), b->name.c_str());
    return order != 0 ? order < 0 : a < b;  // pointers into one vector
  });
  return result;
}

/// CanonicalHeaders: "name:value\n", values of one name joined by commas.
void append_canonical_headers(std::string& text, const SignedHeaders& headers) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && same_name(headers[i]->name, headers[i - 1]->name)) {
      text.back() = ',';
    } else {
      append_lower(text, headers[i]->name);
      text += ':';
    }
    append_trimmed(text, headers[i]->value);
    text += '\n';
  }
}

/// SignedHeaders: "name;name".
void append_names(std::string& text, const SignedHeaders& headers) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && same_name(headers[i]->name, headers[i - 1]->name)) continue;
    if (i > 0) text += ';';
    append_lower(text, headers[i]->name);
  }
}

/// HashedPayload.
void append_body_hash(std::string& text, const SignedHeaders& headers, std::string_view body) {
  const auto declares = [](const base::HttpHeader* header) { return same_name(header->name, "x-amz-content-sha256"); };
  const auto first = std::ranges::find_if(headers, declares);
  if (first == headers.end()) base::append_hex(text, base::sha256(body));
  for (auto header = first; header != headers.end() && declares(*header); ++header) {
    if (header != first) text += ',';
    append_trimmed(text, (*header)->value);
  }
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
  if (path.empty() || path == "/") return "/";
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

/// YYYYMMDD of a time as format_basic() writes it.
std::string_view date_of(std::string_view timestamp) { return timestamp.substr(0, 8); }

/// What is signed, all but the key: no secret but the session token.
struct Signable {
  std::string_view method;
  const Url& url;
  const std::vector<base::HttpHeader>& headers;
  std::string_view body;
  const Scope& scope;
  std::string_view access_key_id;
  std::string_view timestamp;
};

/// All but the member `signature`, which ends `authorization`.
Signature compute_with(const base::Sha256& key, const Signable& signable) {
  const Scope& scope = signable.scope;
  const SignedHeaders signed_headers = headers_to_sign(signable.headers);
  const auto append_scope = [&](std::string& text) {
    text.append(date_of(signable.timestamp)).append("/").append(scope.region).append("/");
    text.append(scope.service).append("/aws4_request");
  };

  Signature result;
  std::string& request = result.canonical_request;
  // Room for all of it: a string that grows leaves the session token behind in memory.
  std::size_t size = 256 + 3 * signable.url.path.size() + signable.url.query.size();
  for (const base::HttpHeader* header : signed_headers) size += 2 * header->name.size() + header->value.size() + 3;
  request.reserve(size);
  request.append(signable.method).append("\n");
  request.append(canonical_uri(signable.url.path, scope.path_style)).append("\n");
  request.append(canonical_query(signable.url.query)).append("\n");
  append_canonical_headers(request, signed_headers);
  request.append("\n");
  append_names(request, signed_headers);
  request.append("\n");
  append_body_hash(request, signed_headers, signable.body);

  result.string_to_sign.reserve(192);
  result.string_to_sign.append(k_algorithm).append("\n");
  result.string_to_sign.append(signable.timestamp).append("\n");
  append_scope(result.string_to_sign);
  result.string_to_sign.append("\n");
  base::append_hex(result.string_to_sign, base::sha256(request));

  result.authorization.reserve(384);
  result.authorization.append(k_algorithm).append(" Credential=");
  result.authorization.append(signable.access_key_id).append("/");
  append_scope(result.authorization);
  result.authorization.append(", SignedHeaders=");
  append_names(result.authorization, signed_headers);
  result.authorization.append(", Signature=");
  base::append_hex(result.authorization, base::hmac_sha256(as_text(key), result.string_to_sign));
  return result;
}

/// Headers that signing adds. Date would compete with X-Amz-Date; the others may be from an earlier attempt.
void replace_headers(base::HttpRequest& request, const Url& url, const Scope& scope, const base::Secret& session_token,
                     base::Instant time) {
  constexpr std::array<std::string_view, 6> k_ours = {
      "host", "date", "x-amz-date", "x-amz-security-token", "authorization", "x-amz-content-sha256"};
  std::erase_if(request.headers, [&](const base::HttpHeader& header) {
    return std::ranges::any_of(k_ours, [&](std::string_view name) { return same_name(name, header.name); });
  });
  request.headers.push_back({"Host", url.authority()});
  request.headers.push_back({k_date_header, base::format_basic(time)});
  if (!session_token.empty()) request.headers.push_back({"X-Amz-Security-Token", std::string(session_token.expose())});
  if (scope.service == "s3") {
    request.headers.push_back({"X-Amz-Content-Sha256", base::sha256_hex(request.body.view())});
  }
}

/// Of a request that has its other headers.
std::string_view timestamp_of(const base::HttpRequest& request) {
  return std::ranges::find(request.headers, k_date_header, &base::HttpHeader::name)->value;
}

void add_authorization(base::HttpRequest& request, const Url& url, const Scope& scope, const Credentials& credentials,
                       const base::Sha256& key) {
  Signature signature = compute_with(key, {request.method, url, request.headers, request.body.view(), scope,
                                           credentials.access_key_id, timestamp_of(request)});
  base::wipe(signature.canonical_request.data(), signature.canonical_request.size());  // holds the session token
  request.headers.push_back({"Authorization", std::move(signature.authorization)});
}

}  // namespace

LastSigningKey::~LastSigningKey() { base::wipe(key_.data(), key_.size()); }

const base::Sha256& LastSigningKey::of(const CredentialsPtr& credentials, std::string_view date, const Scope& scope) {
  const bool same_credentials = !credentials_.owner_before(credentials) && !credentials.owner_before(credentials_);
  if (same_credentials && date == date_ && scope.region == region_ && scope.service == service_) return key_;
  base::wipe(key_.data(), key_.size());
  key_ = signing_key(credentials->secret_access_key, date, scope);
  credentials_ = credentials;
  date_ = date;
  region_ = scope.region;
  service_ = scope.service;
  return key_;
}

Signature compute(std::string_view method, std::string_view url, const std::vector<base::HttpHeader>& headers,
                  std::string_view body, const Scope& scope, const Credentials& credentials, base::Instant time) {
  const Url parts = parsed(url);
  const std::string timestamp = base::format_basic(time);
  base::Sha256 key = signing_key(credentials.secret_access_key, date_of(timestamp), scope);
  Signature signature =
      compute_with(key, {method, parts, headers, body, scope, credentials.access_key_id, timestamp});
  signature.signature = signature.authorization.substr(signature.authorization.rfind('=') + 1);
  base::wipe(key.data(), key.size());
  return signature;
}

void sign(base::HttpRequest& request, const Scope& scope, const Credentials& credentials, base::Instant time) {
  const Url url = parsed(request.url);
  replace_headers(request, url, scope, credentials.session_token, time);
  base::Sha256 key = signing_key(credentials.secret_access_key, date_of(timestamp_of(request)), scope);
  add_authorization(request, url, scope, credentials, key);
  base::wipe(key.data(), key.size());
}

void sign(base::HttpRequest& request, const Scope& scope, const CredentialsPtr& credentials, base::Instant time,
          LastSigningKey& last_key) {
  const Url url = parsed(request.url);
  replace_headers(request, url, scope, credentials->session_token, time);
  const base::Sha256& key = last_key.of(credentials, date_of(timestamp_of(request)), scope);
  add_authorization(request, url, scope, *credentials, key);
}

}  // namespace keyward::aws::sigv4
