#include "aws/sts_client.hpp"

#include "aws/operations.hpp"

namespace keyward::aws {

using namespace operations;

namespace {

using base::Error;
using base::ErrorKind;
using base::Idempotency;
using base::Result;
using base::Task;

constexpr std::string_view k_version = "2011-06-15";

std::string text(pugi::xml_node node, const char* name) { return node.child(name).text().get(); }

}  // namespace

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

Task<Result<CredentialsPtr>> StsClient::assume_role(AssumeRoleRequest request) {
  const std::string duration = std::to_string(request.duration_seconds);
  Parameters parameters{
      {"RoleArn", request.role.str()}, {"RoleSessionName", request.session_name}, {"DurationSeconds", duration}};
  if (!request.external_id.empty()) parameters.add("ExternalId", request.external_id);
  if (!request.session_policy.empty()) parameters.add("Policy", request.session_policy);
  Result<XmlAnswer> answer = co_await caller_.query(k_assume_role, k_version, std::move(parameters));
  if (!answer) {
    Error error = answer.error();
    error.operation += " " + request.role.str();
    if (error.kind == ErrorKind::denied) {
      error.message += "; check that the role exists, that its trust policy names the caller, and the external id";
    }
    co_return error;
  }
  const auto element = answer->result.child("Credentials");
  auto credentials = std::make_shared<Credentials>();
  credentials->access_key_id = text(element, "AccessKeyId");
  credentials->secret_access_key = base::Secret(element.child("SecretAccessKey").text().get());
  credentials->session_token = base::Secret(element.child("SessionToken").text().get());
  credentials->expiration = base::parse_iso8601(text(element, "Expiration"));
  credentials->source = "AssumeRole " + request.role.str();
  if (credentials->access_key_id.empty() || credentials->secret_access_key.empty() ||
      credentials->session_token.empty() || !credentials->expiration) {
    co_return Error{ErrorKind::invalid, k_assume_role.full_name() + " " + request.role.str(), "MalformedAnswer",
                    answer->request_id, "the answer lacks a part of the credentials"};
  }
  co_return CredentialsPtr(std::move(credentials));
}

}  // namespace keyward::aws
