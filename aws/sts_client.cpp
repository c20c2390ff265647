#include "aws/sts_client.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "aws/operations.hpp"
#include "base/hidden.hpp"

namespace keyward::aws {

using namespace operations;

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

constexpr std::string_view k_version = "2011-06-15";

std::string text(pugi::xml_node node, const char* name) { return node.child(name).text().get(); }

bool consists_of(std::string_view text, std::size_t shortest, std::size_t longest, std::string_view punctuation) {
  return text.size() >= shortest && text.size() <= longest && std::ranges::all_of(text, [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  punctuation.find(c) != std::string_view::npos;
         });
}

std::string named(const Operation& operation, const base::Arn& role) {
  return operation.full_name() + " " + role.str();
}

/// The limits of the STS API, checked here because STS names neither the field nor the role it refuses.
std::optional<Error> problem_with(const AssumeRoleInputs& inputs) {
  const auto invalid = [&](std::string message) {
    return Error{ErrorKind::invalid, named(k_assume_role, inputs.role), "BadParameter", "", std::move(message)};
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

std::string_view what_to_check(const Operation& operation, std::string_view code) {
  if (code == "AccessDenied" && operation.signing == Signing::none) {
    return "; check that the role exists and that its trust policy admits this token";
  }
  if (code == "AccessDenied") {
    return "; check that the role exists, that its trust policy names the caller, that the external id is the one it "
           "demands, and that the caller may sts:AssumeRole";
  }
  if (code == "RegionDisabledException") {
    return "; STS of this region is not active in the role's account, use another region";
  }
  if (code == "InvalidClientTokenId") return "; the access key that signed the call does not exist or is inactive";
  return "";
}

Error explained(Error error, const Operation& operation, const base::Arn& role) {
  if (error.operation != operation.full_name()) {  // not ours: the credentials that were to sign could not be had
    error.message = "no credentials to assume " + role.str() + " with: " + error.message;
    return error;
  }
  error.operation = named(operation, role);
  error.message += what_to_check(operation, error.code);
  return error;
}

Result<CredentialsPtr> credentials_of(const XmlAnswer& answer, const Operation& operation, const base::Arn& role) {
  const auto element = answer.result.child("Credentials");
  auto credentials = std::make_shared<Credentials>();
  credentials->access_key_id = text(element, "AccessKeyId");
  credentials->secret_access_key = base::Secret(element.child("SecretAccessKey").text().get());
  credentials->session_token = base::Secret(element.child("SessionToken").text().get());
  credentials->expiration = base::parse_iso8601(text(element, "Expiration"));
  credentials->source = std::string(operation.name) + " " + role.str();
  if (credentials->access_key_id.empty() || credentials->secret_access_key.empty() ||
      credentials->session_token.empty() || !credentials->expiration) {
    return Error{ErrorKind::invalid, named(operation, role), "MalformedAnswer", answer.request_id,
                 "the answer lacks a part of the credentials"};
  }
  return CredentialsPtr(std::move(credentials));
}

}  // namespace

bool is_role_session_name(std::string_view text) { return consists_of(text, 2, 64, "_+=,.@-"); }

std::string default_role_session_name(const base::Clock& clock) {
  return "keyward-" + std::to_string(clock.now().time_since_epoch().count());
}

Task<Result<CallerIdentity>> StsClient::get_caller_identity() {
  Parameters none;
  Result<XmlAnswer> answer = co_await caller_.query(k_get_caller_identity, k_version, std::move(none));
  if (!answer) co_return answer.error();
  CallerIdentity identity{text(answer->result, "Account"), text(answer->result, "Arn")};
  if (identity.account.empty() || identity.arn.empty()) {
    co_return Error{ErrorKind::invalid, k_get_caller_identity.full_name(), "MalformedAnswer", answer->request_id,
                    "the answer lacks Account or Arn"};
  }
  co_return identity;
}

Task<Result<CredentialsPtr>> StsClient::assume_role(AssumeRoleInputs inputs) {
  if (auto problem = problem_with(inputs)) co_return *std::move(problem);
  const std::string duration = std::to_string(inputs.duration_seconds);
  Parameters parameters{
      {"RoleArn", inputs.role.str()}, {"RoleSessionName", inputs.session_name}, {"DurationSeconds", duration}};
  if (!inputs.external_id.empty()) parameters.add("ExternalId", inputs.external_id);
  if (!inputs.session_policy.empty()) parameters.add("Policy", inputs.session_policy);
  Result<CredentialsPtr> assumed = co_await session(k_assume_role, std::move(inputs.role), std::move(parameters));
  co_return assumed;
}

Task<Result<CredentialsPtr>> StsClient::assume_role_with_web_identity(base::Arn role, std::string session_name,
                                                                      base::Secret token) {
  Parameters parameters{{"RoleArn", role.str()},
                        {"RoleSessionName", session_name},
                        {"WebIdentityToken", token.expose()},
                        {"DurationSeconds", "3600"}};
  Result<CredentialsPtr> assumed =
      co_await session(k_assume_role_with_web_identity, std::move(role), std::move(parameters));
  if (assumed) co_return assumed;
  Error error = assumed.error();
  error.message = base::without_pieces(error.message, token.expose());
  co_return error;
}

Task<Result<CredentialsPtr>> StsClient::session(Operation operation, base::Arn role, Parameters parameters) {
  Result<XmlAnswer> answer = co_await caller_.query(operation, k_version, std::move(parameters));
  if (!answer) co_return explained(answer.error(), operation, role);
  co_return credentials_of(*answer, operation, role);
}

}  // namespace keyward::aws
