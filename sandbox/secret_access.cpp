#include <algorithm>
#include <boost/json/array.hpp>

#include "base/ids.hpp"
#include "sandbox/authorization.hpp"
#include "sandbox/secrets_manager_service.hpp"

// Who reads a secret, and in which regions: resource policies and replication.
namespace keyward::sandbox {
namespace {

namespace json = boost::json;

/// AWS refuses a policy that names a principal which does not exist.
bool exists(World& world, const std::string& principal) {
  if (principal == "*") return true;
  std::string account_id = principal;
  std::string resource = "root";
  constexpr std::string_view k_iam = "arn:aws:iam::";
  constexpr std::string_view k_sts = "arn:aws:sts::";
  if (principal.starts_with(k_sts)) return principal.find(":assumed-role/") != std::string::npos;
  if (principal.starts_with(k_iam)) {
    account_id = principal.substr(k_iam.size(), 12);
    if (principal.size() < k_iam.size() + 14) return false;
    resource = principal.substr(k_iam.size() + 13);
  }
  Account* account = world.find_account(account_id);
  if (!account) return false;
  if (resource == "root") return true;
  const std::string name = resource.substr(resource.rfind('/') + 1);
  if (resource.starts_with("user/")) {
    const auto user = account->users.find(name);
    return user != account->users.end() && user_arn(*account, user->second) == principal;
  }
  const auto role = account->roles.find(name);
  return role != account->roles.end() && role_arn(*account, role->second) == principal;
}

json::object put_resource_policy(const Call& call, const JsonParameters& parameters) {
  const std::string text = parameters.require("ResourcePolicy");
  const bool block_public = parameters.flag("BlockPublicPolicy").value_or(false);
  FoundSecret found = find_secret(call, parameters, SecretUse::write,
                                  {{"secretsmanager:blockpublicpolicy", {block_public ? "true" : "false"}}});
  if (text.size() > 20'480)
    throw ApiError(400, "InvalidParameterException", "A resource policy has at most 20480 characters.");
  const auto policy = parse_policy(text, PolicyKind::resource);
  if (!policy) throw ApiError(400, "MalformedPolicyDocumentException", policy.error());
  for (const PolicyStatement& statement : policy->statements) {
    for (const std::string& principal : statement.principals) {
      if (!exists(call.world, principal)) {
        throw ApiError(400, "MalformedPolicyDocumentException",
                       "This resource policy contains an unsupported principal.");
      }
    }
  }
  if (block_public && is_public(*policy)) {
    throw ApiError(400, "PublicPolicyException",
                   "You can't attach this policy because it grants broad access to the secret.");
  }
  found.secret.policy = text;
  return {{"ARN", found.arn}, {"Name", found.secret.name}};
}

json::object get_resource_policy(const Call& call, const JsonParameters& parameters) {
  const FoundSecret found = find_secret(call, parameters, SecretUse::read);
  json::object answer{{"ARN", found.arn}, {"Name", found.secret.name}};
  if (!found.secret.policy.empty()) answer["ResourcePolicy"] = found.secret.policy;
  return answer;
}

}  // namespace

json::array replication_status(const StoredSecret& secret) {
  json::array list;
  for (const auto& [region, replica] : secret.replicas) {
    json::object item{{"Region", region}, {"Status", replica.status}};
    if (!replica.kms_key.empty()) item["KmsKeyId"] = replica.kms_key;
    if (!replica.message.empty()) item["StatusMessage"] = replica.message;
    list.push_back(std::move(item));
  }
  return list;
}

void replicate(const Call& call, FoundSecret& found, const std::vector<JsonParameters>& regions, bool force) {
  for (const JsonParameters& wanted : regions) {
    const std::string region = wanted.require("Region");
    if (!base::Region::parse(region) || region == found.secret.region) {
      throw ApiError(400, "InvalidParameterException", "Invalid replica region: " + region);
    }
    const std::string kms_key = wanted.get("KmsKeyId");
    check_kms_key(found.account, region, kms_key);
    authorize_key(call, found.account, found.secret, "kms:Decrypt");
    for (const char* action : {"kms:Encrypt", "kms:GenerateDataKey"}) authorize_key(call, found.account, region, kms_key, action);
    Replica replica{kms_key, "InSync", ""};
    const auto own = found.account.secrets.find({region, found.secret.name});
    if (own != found.account.secrets.end()) {
      if (force) {
        found.account.secrets.erase(own);
      } else {
        replica.status = "Failed";
        replica.message = "Secret with this name already exists in this region";
      }
    }
    found.secret.replicas[region] = replica;
  }
  found.secret.changed = call.now;
}

bool handle_secret_access(const Call& call, const JsonParameters& parameters, json::object& answer) {
  if (call.action == "PutResourcePolicy") {
    answer = put_resource_policy(call, parameters);
  } else if (call.action == "GetResourcePolicy") {
    answer = get_resource_policy(call, parameters);
  } else if (call.action == "DeleteResourcePolicy") {
    const FoundSecret found = find_secret(call, parameters, SecretUse::write);
    found.secret.policy.clear();
    answer = {{"ARN", found.arn}, {"Name", found.secret.name}};
  } else if (call.action == "ReplicateSecretToRegions") {
    const auto regions = parameters.objects("AddReplicaRegions");
    PolicyContext context;
    for (const JsonParameters& wanted : regions) context["secretsmanager:addreplicaregions"].push_back(wanted.require("Region"));
    FoundSecret found = find_secret(call, parameters, SecretUse::write, context);
    if (regions.empty()) parameters.require("AddReplicaRegions");
    replicate(call, found, regions, parameters.flag("ForceOverwriteReplicaSecret").value_or(false));
    answer = {{"ARN", found.arn}, {"ReplicationStatus", replication_status(found.secret)}};
  } else if (call.action == "RemoveRegionsFromReplication") {
    const FoundSecret found = find_secret(call, parameters, SecretUse::write);
    for (const std::string& region : parameters.list("RemoveReplicaRegions")) {
      if (found.secret.replicas.erase(region) == 0) {
        throw ApiError(400, "InvalidParameterException", "The secret is not replicated to " + region + ".");
      }
    }
    answer = {{"ARN", found.arn}, {"ReplicationStatus", replication_status(found.secret)}};
  } else {
    return false;
  }
  return true;
}

}  // namespace keyward::sandbox
