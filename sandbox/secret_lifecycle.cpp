#include <algorithm>
#include <boost/json/array.hpp>
#include <cctype>

#include "sandbox/authorization.hpp"
#include "sandbox/secrets_manager_service.hpp"
#include "sandbox/tags.hpp"

// Making, describing, tagging, deleting and restoring secrets.
namespace keyward::sandbox {
namespace {

namespace json = boost::json;

void check_name(const std::string& name) {
  const bool legal = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("/_+=.@-").find(c) != std::string_view::npos;
  });
  if (legal && name.size() <= 512) return;
  throw ApiError(
      400, "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");
}

void lay_tags(Tags& tags, const std::vector<std::pair<std::string, std::string>>& added) {
  Tags merged = tags;
  for (const auto& [key, value] : added) {
    check_tag(key, value, "InvalidParameterException");
    merged[key] = value;
  }
  if (merged.size() > k_tags_per_resource)
    throw ApiError(400, "InvalidParameterException", "A secret can have 50 tags.");
  tags = std::move(merged);
}

json::array tag_array(const Tags& tags) {
  json::array array;
  for (const auto& [key, value] : tags) array.push_back(json::object{{"Key", key}, {"Value", value}});
  return array;
}

/// CreateSecret once more with the same token and the same value changes nothing and succeeds.
bool is_repetition(const StoredSecret& secret, const std::string& token, const std::optional<SecretVersion>& value) {
  if (!value) return false;
  const auto version = secret.versions.find(token);
  return version != secret.versions.end() && version->second.text == value->text &&
         version->second.binary == value->binary;
}

json::object created(const FoundSecret& found, const std::string& version) {
  json::object answer{{"ARN", found.arn}, {"Name", found.secret.name}};
  if (!version.empty()) answer["VersionId"] = version;
  if (!found.secret.replicas.empty()) answer["ReplicationStatus"] = replication_status(found.secret);
  return answer;
}

json::object create_secret(const Call& call, const JsonParameters& parameters) {
  const std::string name = parameters.require("Name");
  check_name(name);
  PolicyContext context{{"secretsmanager:name", {name}}};
  const auto tags = parameters.tags("Tags");
  for (const auto& [key, value] : tags) {
    context["aws:requesttag/" + lower(key)] = {value};
    context["aws:tagkeys"].push_back(key);
  }
  // AWS compares with a suffix that is not made yet: `secret:name` alone in a policy does not match, `secret:name-*` does.
  const std::string pattern = "arn:aws:secretsmanager:" + call.region + ":" + call.account.id + ":secret:" + name + "-??????";
  authorize(call, Access{"secretsmanager:CreateSecret", pattern, call.account.id, "", PolicyKind::resource, context});
  if (!tags.empty()) {
    authorize(call, Access{"secretsmanager:TagResource", pattern, call.account.id, "", PolicyKind::resource, context});
  }
  const std::string token = version_token(parameters);
  auto value = secret_value(call, parameters);
  const std::string kms_key = parameters.get("KmsKeyId");
  check_kms_key(call.account, call.region, kms_key);

  if (StoredSecret* existing = secret_in_region(call.account, call.region, name, call.now)) {
    if (existing->deletion) {
      throw ApiError(400, "InvalidRequestException",
                     "You can't create this secret because a secret with this name is already scheduled for deletion.");
    }
    if (!is_repetition(*existing, token, value)) {
      throw ApiError(400, "ResourceExistsException",
                     "The operation failed because the secret " + name + " already exists.");
    }
    return created({call.account, *existing, secret_arn(call.account, *existing, call.region), false}, token);
  }

  StoredSecret secret;
  secret.name = name;
  secret.region = call.region;
  secret.description = parameters.get("Description");
  if (secret.description.size() > 2048)
    throw ApiError(400, "InvalidParameterException", "A description has at most 2048 characters.");
  secret.kms_key = kms_key;
  secret.created = secret.changed = call.now;
  lay_tags(secret.tags, tags);
  if (value) {
    // Both, as for PutSecretValue (Secrets Manager User Guide, "Secret encryption and decryption").
    for (const char* action : {"kms:GenerateDataKey", "kms:Decrypt"}) authorize_key(call, call.account, secret, action);
    value->stages = {"AWSCURRENT"};
    secret.versions.emplace(token, std::move(*value));
  }
  secret.suffix = call.world.random.secret_suffix();
  StoredSecret& stored = call.account.secrets.emplace(RegionalName{call.region, name}, std::move(secret)).first->second;
  FoundSecret found{call.account, stored, secret_arn(call.account, stored, call.region), false};
  if (const auto regions = parameters.objects("AddReplicaRegions"); !regions.empty()) {
    replicate(call, found, regions, parameters.flag("ForceOverwriteReplicaSecret").value_or(false));
  }
  return created(found, stored.versions.empty() ? "" : token);
}

json::object describe(const StoredSecret& secret, const std::string& arn) {
  json::object answer{{"ARN", arn},
                      {"CreatedDate", json_time(secret.created)},
                      {"LastChangedDate", json_time(secret.changed)},
                      {"Name", secret.name}};
  if (!secret.description.empty()) answer["Description"] = secret.description;
  if (!secret.kms_key.empty()) answer["KmsKeyId"] = secret.kms_key;
  if (!secret.owning_service.empty()) answer["OwningService"] = secret.owning_service;
  if (secret.accessed) answer["LastAccessedDate"] = json_time(*secret.accessed);
  if (secret.deletion) answer["DeletedDate"] = json_time(*secret.deletion);
  if (!secret.rotation_function.empty()) {
    answer["RotationEnabled"] = secret.rotation_enabled;
    answer["RotationLambdaARN"] = secret.rotation_function;
    if (secret.rotation_days > 0) answer["RotationRules"] = json::object{{"AutomaticallyAfterDays", secret.rotation_days}};
    if (secret.rotated) answer["LastRotatedDate"] = json_time(*secret.rotated);
  }
  if (!secret.tags.empty()) answer["Tags"] = tag_array(secret.tags);
  json::object stages;
  for (const auto& [id, version] : secret.versions) {
    if (version.stages.empty()) continue;
    stages[id] = json::array(version.stages.begin(), version.stages.end());
  }
  if (!stages.empty()) answer["VersionIdsToStages"] = std::move(stages);
  if (!secret.replicas.empty()) {
    answer["PrimaryRegion"] = secret.region;
    answer["ReplicationStatus"] = replication_status(secret);
  }
  return answer;
}

json::object list_secrets(const Call& call, const JsonParameters& parameters) {
  authorize(call, "secretsmanager:ListSecrets", "*");
  const bool planned = parameters.flag("IncludePlannedDeletion").value_or(false);
  const std::int64_t size = parameters.number("MaxResults").value_or(100);
  if (size < 1 || size > 100) throw ApiError(400, "InvalidParameterException", "MaxResults must be between 1 and 100.");
  std::string after;
  if (const auto token = parameters.find("NextToken")) {
    const auto last = read_token(call.action, *token);
    if (!last) throw ApiError(400, "InvalidNextTokenException", "The NextToken value is invalid.");
    after = *last;
  }
  json::object answer;
  json::array list;
  std::string last;
  for (const auto& [key, secret] : call.account.secrets) {
    const bool here = secret.region == call.region || secret.replicas.contains(call.region);
    if (!here || secret.name <= after || (secret.deletion && !planned)) continue;
    if (list.size() == static_cast<std::size_t>(size)) {
      answer["NextToken"] = make_token(call.action, last);
      break;
    }
    json::object item = describe(secret, secret_arn(call.account, secret, call.region));
    if (json::value* stages = item.if_contains("VersionIdsToStages")) {
      item["SecretVersionsToStages"] = std::move(*stages);
      item.erase("VersionIdsToStages");
    }
    list.push_back(std::move(item));
    last = secret.name;
  }
  answer["SecretList"] = std::move(list);
  return answer;
}

json::object delete_secret(const Call& call, const JsonParameters& parameters) {
  const bool force = parameters.flag("ForceDeleteWithoutRecovery").value_or(false);
  const auto window = parameters.number("RecoveryWindowInDays");
  FoundSecret found = find_secret(call, parameters, SecretUse::even_deleted);
  if (force && window) {
    throw ApiError(400, "InvalidParameterException",
                   "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  const std::int64_t days = window.value_or(30);
  if (days < 7 || days > 30) {
    throw ApiError(400, "InvalidParameterException",
                   "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  }
  if (!found.secret.replicas.empty()) {
    throw ApiError(400, "InvalidRequestException", "You can't delete secret that still has replica regions.");
  }
  if (found.secret.deletion && !force) {
    throw ApiError(400, "InvalidRequestException",
                   "You can't perform this operation on the secret because it was already scheduled for deletion.");
  }
  const base::Instant date = force ? call.now : call.now + std::chrono::days(days);
  const json::object answer{{"ARN", found.arn}, {"Name", found.secret.name}, {"DeletionDate", json_time(date)}};
  if (force) {
    const RegionalName key{found.secret.region, found.secret.name};
    found.account.secrets.erase(key);
  } else {
    found.secret.deletion = call.now;
    found.secret.gone = date;
  }
  return answer;
}

}  // namespace

bool handle_secret_lifecycle(const Call& call, const JsonParameters& parameters, json::object& answer) {
  if (call.action == "CreateSecret") {
    answer = create_secret(call, parameters);
  } else if (call.action == "DescribeSecret") {
    const FoundSecret found = find_secret(call, parameters, SecretUse::even_deleted);
    answer = describe(found.secret, found.arn);
  } else if (call.action == "ListSecrets") {
    answer = list_secrets(call, parameters);
  } else if (call.action == "DeleteSecret") {
    answer = delete_secret(call, parameters);
  } else if (call.action == "RestoreSecret") {
    const FoundSecret found = find_secret(call, parameters, SecretUse::even_deleted);
    found.secret.deletion.reset();
    answer = {{"ARN", found.arn}, {"Name", found.secret.name}};
  } else if (call.action == "TagResource") {
    const FoundSecret found = find_secret(call, parameters, SecretUse::write);
    lay_tags(found.secret.tags, parameters.tags("Tags"));
  } else if (call.action == "UntagResource") {
    const FoundSecret found = find_secret(call, parameters, SecretUse::write);
    for (const std::string& key : parameters.list("TagKeys")) found.secret.tags.erase(key);
  } else {
    return false;
  }
  return true;
}

}  // namespace keyward::sandbox
