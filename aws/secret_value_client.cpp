#include "aws/secret_value_client.hpp"

#include <boost/json/value.hpp>

#include "aws/json_fields.hpp"
#include "aws/operations.hpp"

namespace keyward::aws {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;
using operations::k_get_secret_value;

Task<Result<std::optional<SecretValue>>> SecretValueClient::get(boost::json::object input) {
  Result<JsonAnswer> answer = co_await caller_.json(k_get_secret_value, "secretsmanager", std::move(input));
  if (!answer) {
    if (answer.error().kind == ErrorKind::not_found) co_return std::optional<SecretValue>();
    co_return answer.error();
  }
  const auto version = json_fields::text(answer->result, "VersionId");
  const boost::json::value* text = answer->result.if_contains("SecretString");
  const boost::json::value* binary = answer->result.if_contains("SecretBinary");
  const boost::json::value* value = text != nullptr ? text : binary;
  if (!version || value == nullptr || !value->is_string()) {
    co_return Error{ErrorKind::invalid, k_get_secret_value.full_name(), "MalformedAnswer", answer->request_id,
                    "the answer holds no secret"};
  }
  co_return std::optional<SecretValue>(SecretValue{*version, base::Secret(value->get_string()), text == nullptr});
}

Task<Result<std::optional<SecretValue>>> SecretValueClient::with_label(std::string secret, std::string stage) {
  boost::json::object input{{"SecretId", secret}, {"VersionStage", stage}};
  Result<std::optional<SecretValue>> value = co_await get(std::move(input));
  co_return value;
}

Task<Result<std::optional<SecretValue>>> SecretValueClient::version(std::string secret, std::string version) {
  boost::json::object input{{"SecretId", secret}, {"VersionId", version}};
  Result<std::optional<SecretValue>> value = co_await get(std::move(input));
  co_return value;
}

}  // namespace keyward::aws
