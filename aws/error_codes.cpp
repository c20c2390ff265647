#include "aws/error_codes.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <pugixml.hpp>

#include "base/utf8.hpp"

namespace keyward::aws {
namespace {

using base::ErrorKind;

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& codes, std::string_view code) {
  return std::ranges::find(codes, code) != codes.end();
}

// The SDKs' list (botocore standard mode) without LimitExceededException, which is a quota in some services.
constexpr auto k_throttling = std::to_array<std::string_view>(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "TooManyRequestsException",
     "ProvisionedThroughputExceededException", "RequestLimitExceeded", "BandwidthLimitExceeded", "RequestThrottled",
     "SlowDown", "EC2ThrottledException", "KMSThrottling"});

constexpr auto k_transient = std::to_array<std::string_view>(
    {"RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "TransactionInProgressException",
     "IDPCommunicationError", "InternalError", "InternalFailure", "InternalServerError", "InternalServiceError",
     "ServiceFailure", "ServiceUnavailable", "ServiceException",
     // Two TagUser calls met; the one that lost changed nothing.
     "ConcurrentModification", "ConcurrentModificationException"});

constexpr auto k_expired = std::to_array<std::string_view>({"ExpiredToken", "ExpiredTokenException"});

constexpr auto k_denied = std::to_array<std::string_view>(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "AuthFailure",
     "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch",
     "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken",
     "MissingAuthenticationTokenException", "OptInRequired", "RegionDisabledException", "RequestExpired",
     "RequestTimeTooSkewed", "RequestInTheFuture", "UnauthorizedOperation", "AWSOrganizationsNotInUseException",
     "InvalidIdentityToken", "IDPRejectedClaim"});

constexpr auto k_not_found = std::to_array<std::string_view>(
    {"NoSuchEntity", "NoSuchKey", "NoSuchBucket", "ParameterNotFound", "ReportNotPresent", "ReportExpired", "NotFound"});

constexpr auto k_limit = std::to_array<std::string_view>(
    {"LimitExceeded", "QuotaExceededException", "ServiceQuotaExceededException"});

constexpr auto k_conflict =
    std::to_array<std::string_view>({"ResourceExistsException", "EntityAlreadyExists", "DeleteConflict", "ConflictException"});

constexpr auto k_skew = std::to_array<std::string_view>(
    {"AuthFailure", "InvalidSignatureException", "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed",
     "SignatureDoesNotMatch"});

/// "com.amazonaws.x#Code" and "Code:http://…" are both "Code" (botocore's rule).
std::string normalised(std::string_view code) {
  code = code.substr(0, code.find(':'));
  if (const auto hash = code.rfind('#'); hash != std::string_view::npos) code.remove_prefix(hash + 1);
  return std::string(code);
}

std::string text_of(pugi::xml_node node, const char* lower, const char* upper) {
  if (const auto child = node.child(upper)) return child.text().get();
  return node.child(lower).text().get();
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// What secret access keys and session tokens are made of, also percent-encoded, in JSON, XML or HTML.
bool may_be_in_a_secret(char c) { return is_letter_or_digit(c) || std::string_view("+/=%\\&#;").find(c) != std::string_view::npos; }

constexpr std::size_t k_longest_code = 64;
constexpr std::size_t k_longest_id = 128;
constexpr std::size_t k_longest_message = 2000;

/// The length of a secret access key. Session tokens are longer.
constexpr std::size_t k_secret_size = 40;

/// A path of an ARN may be as long, but has seldom capital and small letters and no hyphen.
bool may_be_secret(std::string_view word) {
  const auto has = [&](char first, char last) {
    return std::ranges::any_of(word, [=](char c) { return c >= first && c <= last; });
  };
  return word.size() >= k_secret_size && has('a', 'z') && has('A', 'Z');
}

std::string without_secrets(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const auto end = std::ranges::find_if_not(text, may_be_in_a_secret);
    const std::string_view word(text.begin(), end);
    kept += may_be_secret(word) ? "(hidden)" : word;
    text.remove_prefix(word.size());
    if (text.empty()) break;
    kept += text.front();
    text.remove_prefix(1);
  }
  return kept;
}

/// A code or an id, which are no place for other text.
bool is_word(std::string_view text, std::size_t limit) {
  const auto fits = [](char c) { return is_letter_or_digit(c) || std::string_view("+/=.-_").find(c) != std::string_view::npos; };
  return text.size() <= limit && std::ranges::all_of(text, fits) && without_secrets(text) == text;
}

/// The message without the request that AWS quotes where a signature is wrong ("The Canonical String for this request
/// should have been ..."): its headers are in there, the session token among them.
std::string without_quoted_request(std::string message) {
  message.resize(std::min(message.size(), message.find("The Canonical String")));
  while (message.ends_with('\n') || message.ends_with(' ')) message.pop_back();
  return message;
}

bool read_xml(std::string_view body, base::Error& error) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size(), pugi::parse_default)) return false;
  const auto found = document.find_node([](pugi::xml_node node) { return std::string_view(node.name()) == "Error"; });
  if (!found) return false;
  error.code = text_of(found, "code", "Code");
  error.message = presentable(without_quoted_request(text_of(found, "message", "Message")));
  const auto id = document.find_node([](pugi::xml_node node) {
    return std::string_view(node.name()) == "RequestId" || std::string_view(node.name()) == "RequestID";
  });
  if (id) error.request_id = request_id_of(id.text().get());
  return !error.code.empty();
}

std::string member(const boost::json::object& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto* value = object.if_contains(name); value != nullptr && value->is_string()) {
      return std::string(value->get_string());
    }
  }
  return {};
}

bool read_json(std::string_view body, base::Error& error) {
  boost::system::error_code failed;
  const boost::json::value value = boost::json::parse(body, failed);
  if (failed || !value.is_object()) return false;
  error.code = normalised(member(value.get_object(), {"__type", "code", "Code"}));
  error.message = presentable(without_quoted_request(member(value.get_object(), {"message", "Message"})));
  return true;
}

}  // namespace

base::ErrorKind classify(Service service, int status, std::string_view code) {
  if (contains(k_throttling, code) || status == 429) return ErrorKind::throttled;
  if (contains(k_expired, code)) return ErrorKind::expired_credentials;
  if (contains(k_transient, code)) return ErrorKind::transient;
  if (contains(k_denied, code)) return ErrorKind::denied;
  if (contains(k_limit, code)) return ErrorKind::limit_exceeded;
  if (contains(k_conflict, code)) return ErrorKind::conflict;
  if (code == "LimitExceededException") {
    // Secrets Manager, SES and SNS mean a quota by it; elsewhere it is a rate, as in the SDKs' list.
    const bool quota = service == Service::secrets_manager || service == Service::ses || service == Service::sns;
    return quota ? ErrorKind::limit_exceeded : ErrorKind::throttled;
  }
  if (contains(k_not_found, code) || code.ends_with("NotFoundException")) return ErrorKind::not_found;
  if (status == 500 || status == 502 || status == 503 || status == 504) return ErrorKind::transient;
  return status == 403 ? ErrorKind::denied : ErrorKind::invalid;
}

base::Error error_of_answer(const Operation& operation, const base::HttpResponse& response) {
  base::Error error;
  error.operation = operation.full_name();
  const std::string_view body = response.body.view();
  const auto start = body.find_first_not_of(" \t\r\n");
  const bool looks_like_xml = start != std::string_view::npos && body[start] == '<';
  const bool understood = looks_like_xml ? read_xml(body, error) : read_json(body, error);
  if (const auto header = response.header("x-amzn-errortype"); !header.empty()) error.code = normalised(header);
  if (error.request_id.empty()) error.request_id = request_id_of(response.header("x-amzn-requestid"));
  error.code = error_code_of(error.code);
  if (error.code.empty()) {
    error.code = "HTTP" + std::to_string(response.status);
    if (!understood)
      error.message = "the answer is not one that AWS sends; is there a proxy or another server in between?";
  }
  error.kind = classify(operation.service, response.status, error.code);
  // S3 redirects to the bucket's region, and where the name of the host is every region's refuses the signature
  // instead.
  const std::string_view bucket_region = response.header("x-amz-bucket-region");
  const bool elsewhere = response.status / 100 == 3 || error.code == "AuthorizationHeaderMalformed";
  if (operation.service == Service::s3 && elsewhere && !bucket_region.empty()) {
    error.code = k_bucket_elsewhere;
    error.message = presentable(std::string(bucket_region));
  }
  if (error.kind == base::ErrorKind::transient && response.status >= 500 &&
      operation.idempotency == base::Idempotency::non_idempotent) {
    error.kind = base::ErrorKind::ambiguous;
  }
  return error;
}

std::string presentable(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  // Cut afterwards: of a word that is cut nobody can tell what it was.
  text = without_secrets(text);
  if (text.size() > k_longest_message) text.resize(k_longest_message);
  return base::printable(text);
}

std::string error_code_of(std::string_view text) { return is_word(text, k_longest_code) ? std::string(text) : std::string(); }

std::string request_id_of(std::string_view text) {
  return is_word(text, k_longest_id) ? std::string(text) : std::string();
}

bool may_be_clock_skew(std::string_view code) { return contains(k_skew, code); }

}  // namespace keyward::aws
