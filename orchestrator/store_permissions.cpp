#include "orchestrator/store_permissions.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace keyward::orchestrator {
namespace {

namespace calls = aws::operations;

using rotation::StoreSettings;
using rotation::StoreTarget;

/// The six characters that Secrets Manager puts behind the name.
constexpr const char* k_suffix = "-??????";

void replace(std::string& text, std::string_view placeholder, const std::string& value) {
  for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + value.size())) {
    text.replace(at, placeholder.size(), value);
  }
}

/// The names that the store's secrets can have, as a pattern.
std::string name_pattern(const StoreSettings& store, const PolicyPlace& place) {
  std::string name = store.name;
  const bool central = store.target == StoreTarget::central;
  // Where one text goes to every account, the variable still keeps each of them to names of its own.
  const std::string own_account = place.account == "*" ? "${aws:PrincipalAccount}" : place.account;
  replace(name, "{account_id}", central ? "*" : own_account);
  replace(name, "{user}", "*");
  return name;
}

std::vector<std::string> texts_of(const std::vector<base::Region>& regions) {
  std::vector<std::string> texts;
  texts.reserve(regions.size());
  for (const base::Region& region : regions) texts.push_back(region.str());
  return texts;
}

/// "secretsmanager.eu-west-1.amazonaws.com". Partitions beside these two have other endings.
PolicyCondition through_secrets_manager(const std::vector<std::string>& regions, const std::string& partition) {
  const bool usual = partition == "aws" || partition == "aws-us-gov";
  const bool exact = usual && std::ranges::find(regions, "*") == regions.end();
  PolicyCondition condition{exact ? "StringEquals" : "StringLike", "kms:ViaService", {}};
  for (const std::string& region : regions)
    condition.values.push_back("secretsmanager." + region + (usual ? ".amazonaws.com" : ".*"));
  return condition;
}

/// A KMS key as a policy can name it: an alias only by a condition.
struct KeyName {
  std::vector<std::string> resources;
  std::vector<PolicyCondition> conditions;
};

KeyName key_name(const std::string& kms_key, const std::vector<std::string>& regions, const PolicyPlace& place) {
  KeyName name;
  const auto alias = kms_key.find("alias/");
  const bool is_arn = kms_key.starts_with("arn:");
  if (is_arn && alias == std::string::npos) return {{kms_key}, {}};
  for (const std::string& region : regions) {
    const std::string own = "arn:" + place.partition + ":kms:" + region + ":" + place.account + ":";
    const std::string prefix = is_arn ? kms_key.substr(0, alias) : own;
    const std::string resource = prefix + "key/" + (alias == std::string::npos ? kms_key : "*");
    if (std::ranges::find(name.resources, resource) == name.resources.end()) name.resources.push_back(resource);
  }
  if (alias != std::string::npos)
    name.conditions.push_back({"ForAnyValue:StringEquals", "kms:ResourceAliases", {kms_key.substr(alias)}});
  return name;
}

void add_key_rights(PolicyStatements& policy, const StoreSettings& store, const std::string& region,
                    const PolicyPlace& place) {
  if (store.kms_key_id.empty() || store.kms_key_id.find("alias/aws/") != std::string::npos) return;
  const std::vector<std::string> replicas = texts_of(store.replica_regions);
  std::vector<std::string> all{region};
  all.insert(all.end(), replicas.begin(), replicas.end());
  const PolicyCondition service = through_secrets_manager(all, place.partition);
  const auto add = [&](std::string sid, std::vector<std::string> actions, const std::vector<std::string>& regions,
                       std::string why) {
    KeyName key = key_name(store.kms_key_id, regions, place);
    key.conditions.push_back(service);
    policy.add(
        {std::move(sid), std::move(actions), std::move(key.resources), std::move(key.conditions), std::move(why)});
  };
  add("UseKeyOfSecrets", {"kms:Decrypt", "kms:GenerateDataKey"}, {region},
      "Secrets Manager encrypts with store.kms_key_id in the name of who writes the secret");
  if (replicas.empty()) return;
  add("UseKeyOfReplicas", {"kms:Encrypt", "kms:GenerateDataKey"}, replicas,
      "the replicas are encrypted with the key of their region");
}

}  // namespace

void add_store_rights(PolicyStatements& policy, const StoreSettings& store, const PolicyPlace& place) {
  const std::string region = store.region ? store.region->str() : place.region;
  const std::string name = name_pattern(store, place);
  const std::string named =
      "arn:" + place.partition + ":secretsmanager:" + region + ":" + place.account + ":secret:" + name;
  const std::string stored = named + k_suffix;

  // A pattern that ends with a wildcard covers every suffix, and says by itself all that the condition would.
  const bool open_ended = name.ends_with('*');

  if (name.starts_with('*')) {
    policy.note("store.name begins with a placeholder, so these rights reach every secret of the account whose name goes on like " + name +
                "; let it begin with a word of its own");
  }
  // A secret that does not exist yet has no suffix: without the bare name AWS would answer "denied", not "not found".
  policy.add({"FindSecrets",
              actions_of({calls::k_describe_secret}),
              open_ended ? std::vector<std::string>{named} : std::vector<std::string>{named, stored},
              {},
              "before a key is made the store is checked, and what is stored there tells how far a rotation came"});
  // AWS compares CreateSecret with a name and a suffix that nobody knows yet.
  policy.add({"CreateSecrets",
              actions_of({calls::k_create_secret}),
              {named + "-*"},
              open_ended ? std::vector<PolicyCondition>{} : std::vector<PolicyCondition>{{"StringLike", "secretsmanager:Name", {name}}},
              "a user's first key needs a secret"});
  policy.add(
      {"WriteSecrets",
       actions_of({calls::k_put_secret_value, calls::k_update_secret_version_stage, calls::k_get_resource_policy}),
       {stored},
       {},
       "a new key is stored, proved to work, and made the current one; who may read it is compared"});
  policy.add({"SayWhoReadsSecrets",
              actions_of({calls::k_put_resource_policy}),
              {stored},
              {{"Bool", "secretsmanager:BlockPublicPolicy", {"true"}}},
              "only the user and store.also_readers may read the secret"});
  // Within an account the policy of a secret is enough to read it, so who writes it could name himself. On everything,
  // because replicas lie in other regions. BatchGetSecretValue asks for this right on each secret, and is refused with it.
  policy.add({"ReadNoSecrets",
              actions_of({calls::k_get_secret_value}),
              {"*"},
              {},
              "no policy that is put on a secret lets its writer read it",
              PolicyEffect::deny});
  if (!store.replica_regions.empty()) {
    policy.add({"ReplicateSecrets",
                actions_of({calls::k_replicate_secret_to_regions}),
                {stored},
                {{"ForAllValues:StringEquals", "secretsmanager:AddReplicaRegions", texts_of(store.replica_regions)}},
                "store.replica_regions names regions that shall hold the secret, too"});
  }
  add_key_rights(policy, store, region, place);
}

void add_doctor_store_rights(PolicyStatements& policy, const StoreSettings& store, const PolicyPlace& place) {
  const std::string region = store.region ? store.region->str() : place.region;
  std::string canary = store.name;
  replace(canary, "{user}", k_doctors_user);
  StoreSettings only_canary = store;
  only_canary.name = canary;
  policy.add({"RemoveDoctorsSecret",
              actions_of({calls::k_delete_secret}),
              {"arn:" + place.partition + ":secretsmanager:" + region + ":" + place.account + ":secret:" +
               name_pattern(only_canary, place) + k_suffix},
              {},
              "doctor --write-test takes the secret away that it made; no other secret can be deleted by it"});
  if (store.kms_key_id.empty()) return;
  std::vector<std::string> regions = texts_of(store.replica_regions);
  regions.insert(regions.begin(), region);
  KeyName key = key_name(store.kms_key_id, regions, place);
  policy.add({"LookAtKeyOfSecrets",
              actions_of({calls::k_describe_key, calls::k_get_key_policy}),
              std::move(key.resources),
              std::move(key.conditions),
              "doctor looks whether store.kms_key_id is enabled and who may decrypt with it"});
}

}  // namespace keyward::orchestrator
