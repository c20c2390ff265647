#include "sandbox/secrets_manager_service.hpp"

#include <algorithm>

#include "sandbox/authorization.hpp"

// What all actions of Secrets Manager share: finding a secret and being allowed to use it and its key.
namespace keyward::sandbox {
namespace {

constexpr const char* k_not_found = "Secrets Manager can't find the specified secret.";

/// The parts of a secret's ARN; `suffix` is empty when the ARN does not end in a hyphen and six characters.
struct SecretName {
  std::string region;
  std::string account;
  std::string name;
  std::string suffix;
  bool is_arn = false;
};

SecretName read_secret_id(const Call& call, const std::string& id) {
  if (!id.starts_with("arn:")) return {call.region, call.account.id, id, "", false};
  std::vector<std::string> fields;
  std::string_view rest = id;
  for (int i = 0; i < 6; ++i) {
    const std::size_t end = rest.find(':');
    if (end == std::string_view::npos) throw ApiError(400, "ValidationException", "Invalid SecretId: " + id);
    fields.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  if (fields[2] != "secretsmanager" || fields[5] != "secret")
    throw ApiError(400, "ValidationException", "Invalid SecretId: " + id);
  SecretName name{fields[3], fields[4], std::string(rest), "", true};
  // Six characters after a hyphen are taken for the suffix even when they belong to the name: the trap of partial ARNs.
  if (rest.size() > 7 && rest[rest.size() - 7] == '-') {
    name.suffix = rest.substr(rest.size() - 6);
    name.name = rest.substr(0, rest.size() - 7);
  }
  return name;
}

bool holds_region(const StoredSecret& secret, std::string_view region) {
  if (secret.region == region) return true;
  const auto replica = secret.replicas.find(std::string(region));
  return replica != secret.replicas.end() && replica->second.status == "InSync";
}

}  // namespace

const KmsKey* find_kms_key(const Account& account, std::string_view region, std::string_view name) {
  if (const std::size_t slash = name.find(":key/"); slash != std::string_view::npos) name.remove_prefix(slash + 5);
  if (const std::size_t colon = name.find(":alias/"); colon != std::string_view::npos) name.remove_prefix(colon + 1);
  for (const KmsKey& key : account.kms_keys) {
    if (key.region == region && (key.id == name || (!key.alias.empty() && key.alias == name))) return &key;
  }
  return nullptr;
}

StoredSecret* secret_in_region(Account& account, std::string_view region, std::string_view name, base::Instant now) {
  const auto own = account.secrets.find({std::string(region), std::string(name)});
  if (own != account.secrets.end()) {
    if (!own->second.deletion || now < own->second.gone) return &own->second;
    account.secrets.erase(own);  // its recovery window has run out
    return nullptr;
  }
  for (auto& [key, secret] : account.secrets) {
    if (secret.name == name && holds_region(secret, region)) return &secret;
  }
  return nullptr;
}

FoundSecret find_secret(const Call& call, const JsonParameters& parameters, SecretUse use,
                        const PolicyContext& context) {
  const std::string id = parameters.require("SecretId");
  const SecretName name = read_secret_id(call, id);
  Account* account = call.world.find_account(name.account);
  StoredSecret* secret =
      account && name.region == call.region ? secret_in_region(*account, call.region, name.name, call.now) : nullptr;
  if (secret && name.is_arn && !name.suffix.empty() && secret->suffix != name.suffix) secret = nullptr;

  Access access{"secretsmanager:" + call.action, "", name.account, "", PolicyKind::resource, context};
  if (secret) {
    access.resource = secret_arn(*account, *secret, call.region);
    access.resource_policy = secret->policy;
    if (!secret->rotation_function.empty()) {
      access.context["secretsmanager:resource/allowrotationlambdaarn"] = {secret->rotation_function};
    }
    for (const auto& [key, value] : secret->tags) access.context["aws:resourcetag/" + lower(key)] = {value};
  } else {
    access.resource =
        name.is_arn ? id : "arn:aws:secretsmanager:" + call.region + ":" + name.account + ":secret:" + name.name;
  }
  access.context["secretsmanager:secretid"] = {access.resource};
  authorize(call, access);
  if (!secret) throw ApiError(400, "ResourceNotFoundException", k_not_found);

  FoundSecret found{*account, *secret, access.resource, secret->region != call.region};
  if (secret->deletion && use != SecretUse::even_deleted) {
    throw ApiError(400, "InvalidRequestException",
                   "You can't perform this operation on the secret because it was marked for deletion.");
  }
  if (use == SecretUse::write && found.replica) {
    throw ApiError(400, "InvalidRequestException",
                   "Operation not permitted on a replica secret. Call must be made in primary secret's region.");
  }
  if (use == SecretUse::write && !secret->owning_service.empty()) {
    throw ApiError(400, "InvalidRequestException",
                   "You can't perform this operation on a secret that is managed by " + secret->owning_service + ".");
  }
  return found;
}

void check_kms_key(const Account& account, std::string_view region, const std::string& kms_key) {
  if (kms_key.empty() || kms_key.ends_with("alias/aws/secretsmanager")) return;
  const KmsKey* key = find_kms_key(account, region, kms_key);
  if (!key)
    throw ApiError(400, "InvalidParameterException",
                   "The KMS key " + kms_key + " does not exist in this account and region.");
  if (!key->enabled) throw ApiError(400, "EncryptionFailure", "The KMS key " + kms_key + " is disabled.");
}

void authorize_key(const Call& call, const Account& owner, const StoredSecret& secret, const std::string& kms_action) {
  authorize_key(call, owner, secret.region, secret.kms_key, kms_action);
}

void authorize_key(const Call& call, const Account& owner, const std::string& region, const std::string& kms_key,
                   const std::string& kms_action) {
  const bool default_key = kms_key.empty() || kms_key.ends_with("alias/aws/secretsmanager");
  if (default_key) {
    if (owner.id == call.principal.account) return;
    throw ApiError(400, "AccessDeniedException", "Access to KMS is not allowed");
  }
  const KmsKey* key = find_kms_key(owner, region, kms_key);
  const bool reading = kms_action == "kms:Decrypt";
  if (!key || !key->enabled) {
    throw ApiError(400, reading ? "DecryptionFailure" : "EncryptionFailure",
                   "The KMS key of the secret can't be used.");
  }
  Access access{kms_action, kms_key_arn(owner, *key), owner.id, key->policy, PolicyKind::resource, {}};
  access.resource_must_allow = !key->policy.empty();
  access.context["kms:viaservice"] = {"secretsmanager." + region + ".amazonaws.com"};
  access.context["kms:calleraccount"] = {call.principal.account};
  if (!key->alias.empty()) access.context["kms:resourcealiases"] = {key->alias};
  if (!is_authorized(call, access)) throw ApiError(400, "AccessDeniedException", "Access to KMS is not allowed");
}

boost::json::object handle_secrets_manager(const Call& call, const JsonParameters& parameters) {
  boost::json::object answer;
  if (handle_secret_lifecycle(call, parameters, answer) || handle_secret_versions(call, parameters, answer) ||
      handle_secret_rotation(call, parameters, answer) || handle_secret_access(call, parameters, answer)) {
    return answer;
  }
  throw ApiError(400, "UnknownOperationException", "");
}

}  // namespace keyward::sandbox
