#include "aws/credentials_imds.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "aws/credential_document.hpp"
#include "aws/url.hpp"
#include "base/encoding.hpp"

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::HttpResponse;
using base::Result;
using base::Task;

constexpr std::string_view k_operation = "instance metadata";
constexpr std::chrono::seconds k_timeout{1};
constexpr std::size_t k_max_answer = 64 << 10;
constexpr std::string_view k_roles_path = "/latest/meta-data/iam/security-credentials/";

Error invalid(std::string code, std::string message) {
  return {ErrorKind::invalid, std::string(k_operation), std::move(code), {}, std::move(message)};
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

Result<std::string> endpoint_of(const Environment& environment) {
  if (const auto endpoint = variable(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT")) {
    const auto url = parse_url(*endpoint);
    if (!url || !url->query.empty()) return invalid("BadEndpoint", "AWS_EC2_METADATA_SERVICE_ENDPOINT is not a URL");
    return endpoint->ends_with('/') ? endpoint->substr(0, endpoint->size() - 1) : *endpoint;
  }
  const std::string mode = variable(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("IPv4");
  if (equals_ignoring_case(mode, "ipv4")) return std::string("http://169.254.169.254");
  if (equals_ignoring_case(mode, "ipv6")) return std::string("http://[fd00:ec2::254]");
  return invalid("BadEndpoint", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be IPv4 or IPv6, not \"" + mode + "\"");
}

base::HttpRequest request_to(std::string method, std::string url) {
  base::HttpRequest request;
  request.operation = k_operation;
  request.method = std::move(method);
  request.url = std::move(url);
  request.timeout = k_timeout;
  request.connect_timeout = k_timeout;
  request.max_response_bytes = k_max_answer;
  return request;
}

/// One line of visible characters: neither a token nor a role name can be anything else, an HTML page is.
bool is_one_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '<' && c != '>'; });
}

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

}  // namespace

Error ImdsCredentials::absent(std::string code, std::string message) const {
  const ErrorKind kind = has_answered_ ? ErrorKind::transient : ErrorKind::not_found;
  return {kind, std::string(k_operation), std::move(code), {}, std::move(message)};
}

Task<Result<base::Body>> ImdsCredentials::ask(base::HttpRequest request) {
  Result<HttpResponse> response = co_await transport_.send(std::move(request));
  if (!response) co_return absent(response.error().code, "no answer (" + response.error().message + ")");
  if (response->status != 200) {
    const std::string status = std::to_string(response->status);
    co_return absent("HTTP" + status, "the instance metadata service answered " + status);
  }
  co_return std::move(response->body);
}

Task<Result<base::Body>> ImdsCredentials::get(std::string url, base::Body token) {
  base::HttpRequest request = request_to("GET", std::move(url));
  request.headers.push_back({"x-aws-ec2-metadata-token", std::string(token.view())});
  Result<base::Body> answer = co_await ask(std::move(request));
  co_return answer;
}

Task<Result<CredentialsPtr>> ImdsCredentials::credentials() {
  const std::string off = variable(environment_, "AWS_EC2_METADATA_DISABLED").value_or("false");
  if (equals_ignoring_case(off, "true")) co_return absent("Disabled", "AWS_EC2_METADATA_DISABLED is true");
  if (!equals_ignoring_case(off, "false")) {
    co_return invalid("BadFlag", "AWS_EC2_METADATA_DISABLED must be true or false, not \"" + off + "\"");
  }
  const Result<std::string> endpoint = endpoint_of(environment_);
  if (!endpoint) co_return endpoint.error();

  base::HttpRequest token_request = request_to("PUT", *endpoint + "/latest/api/token");
  token_request.headers.push_back({"x-aws-ec2-metadata-token-ttl-seconds", "21600"});
  const Result<base::Body> token = co_await ask(std::move(token_request));
  if (!token) co_return token.error();
  if (!is_one_word(token->view())) co_return invalid("MalformedAnswer", "the instance metadata service sent no token");

  base::Body token_for_roles = token->clone();
  const std::string roles_url = *endpoint + std::string(k_roles_path);
  const Result<base::Body> roles = co_await get(roles_url, std::move(token_for_roles));
  if (!roles) co_return roles.error();
  const std::string role(first_line(roles->view()));
  if (role.empty()) co_return absent("NoRole", "the instance has no role");
  if (!is_one_word(role)) co_return invalid("MalformedAnswer", "the instance metadata service sent no role name");

  base::Body token_for_document = token->clone();
  const std::string document_url = roles_url + base::percent_encode(role);
  const Result<base::Body> document = co_await get(document_url, std::move(token_for_document));
  if (!document) co_return document.error();
  Result<CredentialsPtr> credentials = parse_credential_document(CredentialDocument::endpoint, document->view(),
                                                                 std::string(k_operation), "instance role " + role);
  if (credentials) has_answered_ = true;
  co_return credentials;
}

}  // namespace keyward::aws
