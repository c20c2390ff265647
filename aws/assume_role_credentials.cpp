#include "aws/assume_role_credentials.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

bool consists_of(std::string_view text, std::size_t shortest, std::size_t longest, std::string_view punctuation) {
  return text.size() >= shortest && text.size() <= longest && std::ranges::all_of(text, [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  punctuation.find(c) != std::string_view::npos;
         });
}

/// The limits of the STS API, checked here because STS names neither the field nor the role it refuses.
std::optional<Error> problem_with(const AssumeRoleInputs& inputs) {
  const auto invalid = [&](std::string message) {
    return Error{ErrorKind::invalid, "sts:AssumeRole " + inputs.role.str(), "BadParameter", "", std::move(message)};
  };
  if (!is_role_session_name(inputs.session_name)) {
    return invalid("the role session name must be 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -, not \"" +
                   inputs.session_name + "\"");
  }
  if (!inputs.external_id.empty() && !consists_of(inputs.external_id, 2, 1224, "_+=,.@:/-")) {
    return invalid("the external id must be 2 to 1224 characters of A-Z a-z 0-9 _ + = , . @ : / -");
  }
  if (inputs.session_policy.size() > 2048) return invalid("the session policy is longer than 2048 characters");
  if (inputs.duration_seconds < 900 || inputs.duration_seconds > 3600) {
    return invalid("the session's duration must be 900 to 3600 seconds");
  }
  return std::nullopt;
}

}  // namespace

bool is_role_session_name(std::string_view text) { return consists_of(text, 2, 64, "_+=,.@-"); }

AssumeRoleCredentials::AssumeRoleCredentials(StsAccess sts, std::shared_ptr<CredentialProvider> base,
                                             AssumeRoleInputs inputs)
    : sts_(std::move(sts)), base_(std::move(base)), inputs_(std::move(inputs)) {}

Task<Result<CredentialsPtr>> AssumeRoleCredentials::credentials() {
  if (auto problem = problem_with(inputs_)) co_return *std::move(problem);
  Result<CredentialsPtr> assumed = co_await assume();
  if (!assumed && assumed.error().kind == ErrorKind::expired_credentials) {
    base_->forget();
    assumed = co_await assume();
  }
  co_return assumed;
}

Task<Result<CredentialsPtr>> AssumeRoleCredentials::assume() {
  const Result<CredentialsPtr> base = co_await base_->credentials();
  if (!base) {
    Error error = base.error();
    if (error.kind == ErrorKind::not_found) error.kind = ErrorKind::invalid;
    error.message = "no credentials to assume " + inputs_.role.str() + " with: " + error.message;
    co_return error;
  }
  StsRequest request;
  request.action = "AssumeRole";
  request.subject = inputs_.role.str();
  request.signer = *base;
  append_field(request.form, "RoleArn", inputs_.role.str());
  append_field(request.form, "RoleSessionName", inputs_.session_name);
  append_field(request.form, "DurationSeconds", std::to_string(inputs_.duration_seconds));
  append_field(request.form, "ExternalId", inputs_.external_id);
  append_field(request.form, "Policy", inputs_.session_policy);
  Result<CredentialsPtr> assumed = co_await request_credentials(sts_, std::move(request));
  co_return assumed;
}

}  // namespace keyward::aws
