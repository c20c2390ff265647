#include "aws/sts_query.hpp"

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <utility>

#include "aws/sigv4.hpp"
#include "base/encoding.hpp"
#include "base/wiped_buffer.hpp"

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::HttpResponse;
using base::Result;
using base::Task;

constexpr std::string_view k_version = "2011-06-15";

/// A refused signature with a Date this far from ours is a matter of the clock; AWS tolerates 5 to 15 minutes.
constexpr std::chrono::seconds k_skew{240};

/// Role and token exchanges answer within a second or two; the run's deadline is far longer.
constexpr std::chrono::seconds k_timeout{20};

template <std::size_t N>
bool is_one_of(std::string_view code, const std::array<std::string_view, N>& codes) {
  return std::ranges::find(codes, code) != codes.end();
}

ErrorKind classify(int status, std::string_view code) {
  constexpr std::array<std::string_view, 8> k_throttled = {
      "Throttling", "ThrottlingException",       "ThrottledException",      "RequestThrottled", "RequestLimitExceeded",
      "SlowDown",   "RequestThrottledException", "TooManyRequestsException"};
  constexpr std::array<std::string_view, 2> k_expired = {"ExpiredToken", "ExpiredTokenException"};
  constexpr std::array<std::string_view, 10> k_denied = {
      "AccessDenied",          "AccessDeniedException",  "InvalidClientTokenId", "UnrecognizedClientException",
      "SignatureDoesNotMatch", "IncompleteSignature",    "InvalidIdentityToken", "MissingAuthenticationToken",
      "IDPRejectedClaim",      "RegionDisabledException"};
  constexpr std::array<std::string_view, 3> k_transient = {"IDPCommunicationError", "RequestTimeout",
                                                           "RequestTimeoutException"};
  if (status == 429 || is_one_of(code, k_throttled)) return ErrorKind::throttled;
  if (is_one_of(code, k_expired)) return ErrorKind::expired_credentials;
  if (is_one_of(code, k_denied)) return ErrorKind::denied;
  if (status >= 500 || is_one_of(code, k_transient)) return ErrorKind::transient;
  return status == 403 ? ErrorKind::denied : ErrorKind::invalid;
}

std::string what_to_check(std::string_view action, std::string_view code) {
  if (code == "AccessDenied" && action == "AssumeRole") {
    return "; check that the role exists, that its trust policy names the caller, that the external id is the one it "
           "demands, and that the caller may sts:AssumeRole";
  }
  if (code == "AccessDenied") return "; check that the role exists and that its trust policy admits this token";
  if (code == "RegionDisabledException")
    return "; STS of this region is not active in the role's account, use another region";
  if (code == "InvalidClientTokenId") return "; the access key that signed the call does not exist or is inactive";
  return "";
}

bool may_be_clock_skew(std::string_view code) {
  constexpr std::array<std::string_view, 4> k_codes = {"SignatureDoesNotMatch", "RequestExpired", "RequestInTheFuture",
                                                       "InvalidSignatureException"};
  return is_one_of(code, k_codes);
}

/// The answer's text, parsed in place: what pugixml hands out are parts of the wiped buffer, not copies.
class XmlDocument {
 public:
  explicit XmlDocument(std::string_view text) : text_(text.begin(), text.end()) {
    well_formed_ = static_cast<bool>(document_.load_buffer_inplace(text_.data(), text_.size()));
  }
  /// The root element, empty unless the document is complete and the root has that name.
  pugi::xml_node root(const std::string& name) const {
    const pugi::xml_node node = document_.document_element();
    return well_formed_ && node.name() == name ? node : pugi::xml_node();
  }

 private:
  base::WipedVector text_;
  pugi::xml_document document_;
  bool well_formed_ = false;
};

Error error_of(const HttpResponse& response, const std::string& action, const std::string& operation) {
  const XmlDocument document(response.body.view());
  const pugi::xml_node root = document.root("ErrorResponse");
  Error error;
  error.operation = operation;
  error.code = root.child("Error").child("Code").text().get();
  error.message = root.child("Error").child("Message").text().get();
  error.request_id = root.child("RequestId").text().get();
  error.kind = classify(response.status, error.code);
  if (error.code.empty()) {
    error.code = "HTTP" + std::to_string(response.status);
    error.message = "the answer is not an STS error document";
  }
  error.message += what_to_check(action, error.code);
  return error;
}

Result<CredentialsPtr> credentials_of(const HttpResponse& response, const std::string& action,
                                      const std::string& operation, const std::string& source) {
  const auto malformed = [&](ErrorKind kind, const char* message) {
    return Error{kind, operation, "MalformedAnswer", std::string(response.header("x-amzn-requestid")), message};
  };
  const XmlDocument document(response.body.view());
  const pugi::xml_node root = document.root(action + "Response");
  if (!root) return malformed(ErrorKind::transient, "the answer is cut off or not one of STS");
  const pugi::xml_node element = root.child((action + "Result").c_str()).child("Credentials");
  auto credentials = std::make_shared<Credentials>();
  credentials->access_key_id = element.child("AccessKeyId").text().get();
  credentials->secret_access_key = base::Secret(element.child("SecretAccessKey").text().get());
  credentials->session_token = base::Secret(element.child("SessionToken").text().get());
  credentials->expiration = base::parse_iso8601(element.child("Expiration").text().get());
  credentials->source = source;
  if (credentials->access_key_id.empty() || credentials->secret_access_key.empty() ||
      credentials->session_token.empty() || !credentials->expiration) {
    return malformed(ErrorKind::invalid, "the answer lacks a part of the credentials");
  }
  return CredentialsPtr(std::move(credentials));
}

base::HttpRequest http_request(const StsRequest& request, const std::string& operation, const Endpoint& endpoint,
                               base::Instant now) {
  base::HttpRequest http;
  http.operation = operation;
  http.url = endpoint.url + "/";
  http.headers.push_back({"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"});
  http.timeout = k_timeout;
  http.body = base::Body("Action=" + request.action + "&Version=" + std::string(k_version));
  http.body.append(request.form.view());
  if (request.signer) {
    sigv4::Scope scope;
    scope.region = endpoint.signing_region;
    scope.service = endpoint.signing_name;
    sigv4::sign(http, scope, *request.signer, now);
  }
  return http;
}

}  // namespace

void append_field(base::Body& form, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  std::string encoded = base::percent_encode(value);
  form.append("&");
  form.append(name);
  form.append("=");
  form.append(encoded);
  base::wipe(encoded.data(), encoded.size());
}

Task<Result<CredentialsPtr>> request_credentials(const StsAccess& access, StsRequest request) {
  const std::string operation = "sts:" + request.action + " " + request.subject;
  const Result<Endpoint> endpoint = resolve_endpoint(Service::sts, access.region, access.endpoints);
  if (!endpoint) co_return endpoint.error();

  for (bool clock_was_corrected = false;;) {
    const base::Instant now = access.clock.now();
    base::HttpRequest http = http_request(request, operation, *endpoint, now);
    const Result<HttpResponse> response = co_await access.transport.send(std::move(http));
    if (!response) {
      Error error = response.error();
      error.operation = operation;
      co_return error;
    }
    const auto date = base::parse_http_date(response->header("date"));
    if (response->status / 100 == 2) {
      Result<CredentialsPtr> credentials =
          credentials_of(*response, request.action, operation, request.action + " " + request.subject);
      if (credentials && date) access.clock.learn(*date);
      co_return credentials;
    }
    Error error = error_of(*response, request.action, operation);
    const bool skewed = date && may_be_clock_skew(error.code) && std::chrono::abs(*date - now) >= k_skew;
    if (!skewed || clock_was_corrected) co_return error;
    clock_was_corrected = true;
    access.clock.learn(*date);
  }
}

}  // namespace keyward::aws
