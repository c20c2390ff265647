#include "aws/secrets_manager_client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "aws/json_fields.hpp"
#include "aws/operations.hpp"

namespace keyward::aws {

using namespace operations;

namespace {

using base::Error;
using base::ErrorKind;
using base::Idempotency;
using base::Result;
using base::Task;

constexpr std::string_view k_target = "secretsmanager";

Error malformed(const Operation& operation, const std::string& request_id, std::string what) {
  return Error{ErrorKind::invalid, operation.full_name(), "MalformedAnswer", request_id, std::move(what)};
}

void read_stages(const boost::json::object& answer, SecretDescription& description) {
  const auto* versions = json_fields::object(answer, "VersionIdsToStages");
  if (versions == nullptr) return;
  for (const auto& version : *versions) {
    auto& stages = description.version_stages[std::string(version.key())];
    const auto* labels = version.value().if_array();
    if (labels == nullptr) continue;
    for (const auto& label : *labels) {
      if (label.is_string()) stages.emplace(label.get_string());
    }
  }
}

void read_replicas(const boost::json::object& answer, SecretDescription& description) {
  const auto* replicas = json_fields::array(answer, "ReplicationStatus");
  if (replicas == nullptr) return;
  for (const auto& replica : *replicas) {
    if (!replica.is_object()) continue;
    if (auto region = json_fields::text(replica.get_object(), "Region")) description.replica_regions.insert(*region);
  }
}

void read_tags(const boost::json::object& answer, SecretDescription& description) {
  const auto* tags = json_fields::array(answer, "Tags");
  if (tags == nullptr) return;
  for (const auto& tag : *tags) {
    if (!tag.is_object()) continue;
    const auto key = json_fields::text(tag.get_object(), "Key");
    if (key) description.tags.insert_or_assign(*key, json_fields::text(tag.get_object(), "Value").value_or(""));
  }
}

}  // namespace

std::string SecretDescription::version_with(std::string_view stage) const {
  for (const auto& [version, stages] : version_stages) {
    if (stages.contains(std::string(stage))) return version;
  }
  return {};
}

Task<Result<void>> SecretsManagerClient::change(Operation operation, boost::json::object input) {
  Result<JsonAnswer> answer = co_await caller_.json(operation, k_target, std::move(input));
  if (!answer) co_return answer.error();
  co_return Result<void>();
}

Task<Result<std::optional<SecretDescription>>> SecretsManagerClient::describe(std::string secret) {
  boost::json::object input{{"SecretId", secret}};
  Result<JsonAnswer> answer = co_await caller_.json(k_describe_secret, k_target, input);
  if (!answer) {
    if (answer.error().kind == ErrorKind::not_found) co_return std::optional<SecretDescription>();
    co_return answer.error();
  }
  const auto arn = json_fields::text(answer->result, "ARN");
  if (!arn) co_return malformed(k_describe_secret, answer->request_id, "the answer has no ARN");
  SecretDescription description;
  description.arn = *arn;
  description.name = json_fields::text(answer->result, "Name").value_or("");
  description.kms_key_id = json_fields::text(answer->result, "KmsKeyId").value_or("");
  description.owning_service = json_fields::text(answer->result, "OwningService").value_or("");
  description.deleted = json_fields::instant(answer->result, "DeletedDate");
  read_stages(answer->result, description);
  read_replicas(answer->result, description);
  read_tags(answer->result, description);
  const auto* rotation = answer->result.if_contains("RotationEnabled");
  description.rotation_enabled = rotation != nullptr && rotation->is_bool() && rotation->get_bool();
  co_return std::optional<SecretDescription>(std::move(description));
}

Task<Result<std::string>> SecretsManagerClient::create(std::string name, std::string description,
                                                       std::string kms_key_id, std::string token) {
  boost::json::object input{{"Name", name}, {"Description", description}, {"ClientRequestToken", token}};
  if (!kms_key_id.empty()) input["KmsKeyId"] = kms_key_id;
  Result<JsonAnswer> answer = co_await caller_.json(k_create_secret, k_target, input);
  if (!answer) co_return answer.error();
  const auto arn = json_fields::text(answer->result, "ARN");
  if (!arn) co_return malformed(k_create_secret, answer->request_id, "the answer has no ARN");
  co_return *arn;
}

Task<Result<void>> SecretsManagerClient::put_value(std::string secret, std::string version_id, base::Secret value,
                                                   std::string stage) {
  boost::json::object input{{"SecretId", secret}, {"ClientRequestToken", version_id}};
  boost::json::array stages;
  stages.emplace_back(stage);
  input["VersionStages"] = std::move(stages);
  input["SecretString"] = boost::json::string(value.expose());  // the request body; wiped with the heap
  Result<void> done = co_await change(k_put_secret_value, std::move(input));
  co_return done;
}

Task<Result<void>> SecretsManagerClient::move_stage(std::string secret, std::string stage, std::string to_version,
                                                    std::string from_version) {
  boost::json::object input{{"SecretId", secret}, {"VersionStage", stage}};
  if (!to_version.empty()) input["MoveToVersionId"] = to_version;
  if (!from_version.empty()) input["RemoveFromVersionId"] = from_version;
  Result<void> done = co_await change(k_update_secret_version_stage, std::move(input));
  co_return done;
}

Task<Result<std::string>> SecretsManagerClient::resource_policy(std::string secret) {
  boost::json::object input{{"SecretId", secret}};
  Result<JsonAnswer> answer = co_await caller_.json(k_get_resource_policy, k_target, input);
  if (!answer) co_return answer.error();
  co_return json_fields::text(answer->result, "ResourcePolicy").value_or("");
}

Task<Result<void>> SecretsManagerClient::put_resource_policy(std::string secret, std::string policy) {
  boost::json::object input{{"SecretId", secret}, {"ResourcePolicy", policy}, {"BlockPublicPolicy", true}};
  Result<void> done = co_await change(k_put_resource_policy, std::move(input));
  co_return done;
}

Task<Result<void>> SecretsManagerClient::replicate(std::string secret, std::vector<ReplicaRegion> replicas) {
  boost::json::array regions;
  for (const ReplicaRegion& replica : replicas) {
    boost::json::object entry{{"Region", replica.region.str()}};
    if (!replica.kms_key_id.empty()) entry["KmsKeyId"] = replica.kms_key_id;
    regions.push_back(std::move(entry));
  }
  boost::json::object input{{"SecretId", secret}};
  input["AddReplicaRegions"] = std::move(regions);
  Result<void> done = co_await change(k_replicate_secret_to_regions, std::move(input));
  co_return done;
}

Task<Result<void>> SecretsManagerClient::delete_for_good(std::string secret) {
  boost::json::object input;
  input["SecretId"] = secret;
  input["ForceDeleteWithoutRecovery"] = true;
  Result<void> done = co_await change(k_delete_secret, std::move(input));
  co_return done;
}

}  // namespace keyward::aws
