#include "aws/credentials_web_identity.hpp"

#include <string_view>
#include <utility>

#include "aws/small_file.hpp"

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

/// WebIdentityToken may have 20,000 characters; a new line at the end belongs to the file, not to the token.
constexpr std::size_t k_max_token_file = 20'010;

std::string_view trimmed(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

}  // namespace

WebIdentityCredentials::WebIdentityCredentials(StsAccess sts, WebIdentityInputs inputs)
    : sts_(std::move(sts)), inputs_(std::move(inputs)) {}

Task<Result<CredentialsPtr>> WebIdentityCredentials::credentials() {
  const Result<base::Body> token = read_small_file(inputs_.token_file, k_max_token_file);
  if (!token) co_return token.error();
  if (trimmed(token->view()).empty()) {
    co_return Error{ErrorKind::invalid, "credentials", "EmptyTokenFile", "", inputs_.token_file + " holds no token"};
  }
  StsRequest request;
  request.action = "AssumeRoleWithWebIdentity";
  request.subject = inputs_.role.str();
  append_field(request.form, "RoleArn", inputs_.role.str());
  append_field(request.form, "RoleSessionName", inputs_.session_name);
  append_field(request.form, "WebIdentityToken", trimmed(token->view()));
  append_field(request.form, "DurationSeconds", "3600");
  Result<CredentialsPtr> assumed = co_await request_credentials(sts_, std::move(request));
  co_return assumed;
}

}  // namespace keyward::aws
