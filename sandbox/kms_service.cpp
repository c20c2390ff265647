#include "sandbox/kms_service.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "sandbox/authorization.hpp"
#include "sandbox/secrets_manager_service.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

json::object describe_key(const Call& call, const JsonParameters& parameters) {
  const std::string id = parameters.require("KeyId", "ValidationException");
  const bool managed = id.ends_with("alias/aws/secretsmanager");
  const KmsKey* key = managed ? nullptr : find_kms_key(call.account, call.region, id);
  const std::string arn =
      key ? kms_key_arn(call.account, *key)
          : "arn:aws:kms:" + call.region + ":" + call.account.id + (managed ? ":key/aws-secretsmanager" : ":key/" + id);
  authorize(call, Access{"kms:DescribeKey", arn, call.account.id, key ? key->policy : "", PolicyKind::resource, {}});
  if (!key && !managed) throw ApiError(400, "NotFoundException", "Key '" + arn + "' does not exist");
  const bool enabled = managed || key->enabled;
  return {{"KeyMetadata", json::object{{"AWSAccountId", call.account.id},
                                       {"Arn", arn},
                                       {"Enabled", enabled},
                                       {"KeyId", managed ? std::string("aws-secretsmanager") : key->id},
                                       {"KeyManager", managed ? "AWS" : "CUSTOMER"},
                                       {"KeyState", enabled ? "Enabled" : "Disabled"},
                                       {"KeyUsage", "ENCRYPT_DECRYPT"}}}};
}

/// The default policy hands the decision to the account that owns the key.
std::string default_policy(const Account& account) {
  const json::object principal{{"AWS", "arn:aws:iam::" + account.id + ":root"}};
  const json::object statement{
      {"Effect", "Allow"}, {"Principal", principal}, {"Action", "kms:*"}, {"Resource", "*"}};
  return json::serialize(json::object{{"Version", "2012-10-17"}, {"Statement", json::array{statement}}});
}

json::object get_key_policy(const Call& call, const JsonParameters& parameters) {
  const std::string id = parameters.require("KeyId", "ValidationException");
  const KmsKey* key = find_kms_key(call.account, call.region, id);
  const std::string arn =
      key ? kms_key_arn(call.account, *key) : "arn:aws:kms:" + call.region + ":" + call.account.id + ":key/" + id;
  authorize(call, Access{"kms:GetKeyPolicy", arn, call.account.id, key ? key->policy : "", PolicyKind::resource, {}});
  if (!key) throw ApiError(400, "NotFoundException", "Key '" + arn + "' does not exist");
  return {{"Policy", key->policy.empty() ? default_policy(call.account) : key->policy}, {"PolicyName", "default"}};
}

/// A key used directly and not by way of a service. Nothing is encrypted: whether it is allowed is what counts.
json::object use_key(const Call& call, const JsonParameters& parameters) {
  const std::string id = parameters.require("KeyId", "ValidationException");
  const KmsKey* key = find_kms_key(call.account, call.region, id);
  if (!key) throw ApiError(400, "NotFoundException", "Key '" + id + "' does not exist");
  Access access{"kms:" + call.action, kms_key_arn(call.account, *key), call.account.id, key->policy, PolicyKind::resource, {}};
  access.resource_must_allow = !key->policy.empty();
  if (!key->alias.empty()) access.context["kms:resourcealiases"] = {key->alias};
  authorize(call, access);
  const bool reads = call.action == "Decrypt";
  return {{"KeyId", kms_key_arn(call.account, *key)}, {reads ? "Plaintext" : "CiphertextBlob", "c2FuZGJveA=="}};
}

}  // namespace

json::object handle_kms(const Call& call, const JsonParameters& parameters) {
  if (call.action == "DescribeKey") return describe_key(call, parameters);
  if (call.action == "GetKeyPolicy") return get_key_policy(call, parameters);
  if (call.action == "Encrypt" || call.action == "Decrypt" || call.action == "GenerateDataKey") return use_key(call, parameters);
  throw ApiError(400, "UnknownOperationException", "");
}

}  // namespace keyward::sandbox
