#include "aws/kms_client.hpp"

#include <utility>

#include "aws/json_fields.hpp"
#include "aws/operations.hpp"

namespace keyward::aws {

using namespace operations;

namespace {

constexpr std::string_view k_target = "TrentService";

base::Error malformed(const Operation& operation, const JsonAnswer& answer, std::string what) {
  return {base::ErrorKind::invalid, operation.full_name(), "MalformedAnswer", answer.request_id, std::move(what)};
}

}  // namespace

base::Task<base::Result<KmsKey>> KmsClient::describe(std::string key) {
  boost::json::object input;
  input["KeyId"] = key;
  base::Result<JsonAnswer> answer = co_await caller_.json(k_describe_key, k_target, std::move(input));
  if (!answer) co_return answer.error();
  const auto* metadata = json_fields::object(answer->result, "KeyMetadata");
  const auto arn = metadata == nullptr ? std::nullopt : json_fields::text(*metadata, "Arn");
  if (!arn) co_return malformed(k_describe_key, *answer, "the answer has no KeyMetadata with an Arn");
  KmsKey described;
  described.arn = *arn;
  described.state = json_fields::text(*metadata, "KeyState").value_or("");
  described.aws_managed = json_fields::text(*metadata, "KeyManager") == "AWS";
  co_return described;
}

base::Task<base::Result<std::string>> KmsClient::policy(std::string key) {
  boost::json::object input;
  input["KeyId"] = key;
  input["PolicyName"] = "default";
  base::Result<JsonAnswer> answer = co_await caller_.json(k_get_key_policy, k_target, std::move(input));
  if (!answer) co_return answer.error();
  auto policy = json_fields::text(answer->result, "Policy");
  if (!policy) co_return malformed(k_get_key_policy, *answer, "the answer has no Policy");
  co_return *std::move(policy);
}

}  // namespace keyward::aws
