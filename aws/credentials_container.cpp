#include "aws/credentials_container.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "aws/credential_document.hpp"
#include "aws/small_file.hpp"
#include "aws/url.hpp"
#include "base/hidden.hpp"
#include "base/secret.hpp"

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::HttpResponse;
using base::Result;
using base::Task;

constexpr std::string_view k_operation = "container credentials";
constexpr std::string_view k_authorization = "Authorization";
constexpr int k_attempts = 3;
constexpr std::chrono::seconds k_pause{1};
constexpr std::chrono::seconds k_timeout{2};
constexpr std::size_t k_max_token_file = 64 << 10;
constexpr std::size_t k_max_answer = 64 << 10;

Error invalid(std::string code, std::string message) {
  return {ErrorKind::invalid, std::string(k_operation), std::move(code), {}, std::move(message)};
}

bool may_be_asked(const Url& url) {
  constexpr std::array<std::string_view, 3> k_hosts = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
  return url.scheme == "https" || is_loopback(url.host) || std::ranges::find(k_hosts, url.host) != k_hosts.end();
}

Result<std::string> endpoint_url(const Environment& environment) {
  if (const auto relative = variable(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    std::string text = "http://169.254.170.2" + *relative;
    if (!relative->starts_with('/') || !parse_url(text)) {
      return invalid("BadUri", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must be a path: \"" + *relative + "\"");
    }
    return text;
  }
  const auto full = variable(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!full) {
    return Error{ErrorKind::not_found, std::string(k_operation), "NoCredentials", "",
                 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set"};
  }
  const auto url = parse_url(*full);
  if (!url) return invalid("BadUri", "AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL");
  if (!may_be_asked(*url)) {
    return invalid("HostRefused",
                   "AWS_CONTAINER_CREDENTIALS_FULL_URI names " + url->host +
                       ": without https only loopback, 169.254.170.2, 169.254.170.23 and fd00:ec2::23 are asked");
  }
  return *full;
}

}  // namespace

Result<base::HttpRequest> ContainerCredentials::request() const {
  Result<std::string> url = endpoint_url(environment_);
  if (!url) return url.error();
  base::HttpRequest request;
  request.operation = k_operation;
  request.method = "GET";
  request.url = *std::move(url);
  request.headers.push_back({"Accept", "application/json"});
  request.timeout = k_timeout;
  request.connect_timeout = k_timeout;
  request.max_response_bytes = k_max_answer;

  std::optional<std::string> token;
  if (const auto path = variable(environment_, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    const Result<base::Body> file = read_small_file(*path, k_max_token_file);
    if (!file) return file.error();
    token = std::string(file->view());
  } else {
    token = variable(environment_, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
  }
  if (token) {
    // A line break would end the header and begin another.
    if (token->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return invalid("BadToken", "the container authorization token holds a line break");
    }
    request.headers.push_back({std::string(k_authorization), *std::move(token)});
  }
  return request;
}

Task<Result<CredentialsPtr>> ContainerCredentials::credentials() {
  for (int attempt = 1;; ++attempt) {
    Result<CredentialsPtr> fetched = co_await fetch();
    if (fetched || fetched.error().kind != ErrorKind::transient || attempt == k_attempts) co_return fetched;
    co_await sleeper_.sleep_for(k_pause);
  }
}

Task<Result<CredentialsPtr>> ContainerCredentials::fetch() {
  Result<base::HttpRequest> prepared = request();
  if (!prepared) co_return prepared.error();
  base::Secret token;
  for (const base::HttpHeader& header : prepared->headers) {
    if (header.name == k_authorization) token = base::Secret(header.value);
  }
  const Result<HttpResponse> response = co_await transport_.send(std::move(*prepared));
  if (!response) co_return response.error();
  if (response->status != 200) {
    const ErrorKind kind = response->status >= 500 ? ErrorKind::transient : ErrorKind::denied;
    co_return Error{kind, std::string(k_operation), "HTTP" + std::to_string(response->status), "",
                    "the container credential endpoint refused"};
  }
  Result<CredentialsPtr> credentials =
      parse_credential_document(CredentialDocument::endpoint, response->body.view(), std::string(k_operation), "container");
  if (credentials) co_return credentials;
  Error error = credentials.error();
  error.message = base::without_pieces(error.message, token.expose());
  co_return error;
}

}  // namespace keyward::aws
