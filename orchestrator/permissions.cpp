#include "orchestrator/permissions.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "accounts/inventory.hpp"
#include "orchestrator/channel_permissions.hpp"
#include "orchestrator/policy_statements.hpp"
#include "orchestrator/store_permissions.hpp"

namespace keyward::orchestrator {
namespace {

namespace calls = aws::operations;

using notify::OwnerSource;
using rotation::StoreTarget;

/// More accounts than this are not listed one by one: a managed policy has room for 6,144 characters.
constexpr std::size_t k_most_named_accounts = 30;

/// The settings that accounts can have. Which account has which is decided by tags and units that only AWS knows.
std::vector<AccountSettings> all_settings(const Configuration& configuration) {
  std::vector<AccountSettings> all{configuration.defaults};
  for (const AccountOverride& entry : configuration.overrides) {
    all.push_back(configuration.defaults);
    entry.apply(all.back());
  }
  if (configuration.final_say) std::ranges::for_each(all, configuration.final_say);
  return all;
}

/// The accounts that can take part, where the configuration names each by its id.
std::optional<std::vector<std::string>> named_accounts(const accounts::AccountSelection& selection) {
  if (selection.by_default != accounts::Participation::opt_in || selection.include.size() > k_most_named_accounts)
    return std::nullopt;
  std::vector<std::string> ids;
  for (const accounts::AccountMatch& rule : selection.include) {
    if (!rule.id) return std::nullopt;
    const auto same = [&rule](const accounts::AccountMatch& other) { return other.id == rule.id; };
    if (std::ranges::none_of(selection.exclude, same)) ids.push_back(rule.id->str());
  }
  if (ids.empty()) return std::nullopt;
  return ids;
}

/// False only for an id that is known and not among the named ones.
bool may_take_part(const accounts::AccountSelection& selection, const std::string& account) {
  const auto named = named_accounts(selection);
  return !named || !base::AccountId::parse(account) || std::ranges::find(*named, account) != named->end();
}

void add_roles_to_assume(PolicyStatements& policy, const Configuration& configuration, const PolicyPlace& place) {
  const auto named = named_accounts(configuration.accounts);
  std::vector<std::string> roles{configuration.member_role};
  if (configuration.audit_role != configuration.member_role) roles.push_back(configuration.audit_role);
  std::vector<std::string> arns;
  for (const std::string& role : roles) {
    for (const std::string& account : named.value_or(std::vector<std::string>{"*"})) {
      arns.push_back("arn:" + place.partition + ":iam::" + account + ":role/" + role);
    }
  }
  std::vector<PolicyCondition> conditions;
  if (!configuration.organization.id.empty()) {
    conditions.push_back({"StringEquals", "aws:ResourceOrgID", {configuration.organization.id}});
  } else if (!named) {
    policy.note(
        "sts:AssumeRole reaches every account that has such a role and trusts the caller; set organization.id, and the "
        "policy "
        "is bound to the organization");
  }
  policy.add({"AssumeRolesInAccounts", actions_of({calls::k_assume_role}), std::move(arns), std::move(conditions),
              "keyward works in each account with a role of that account"});
}

void add_special_roles(PolicyStatements& policy, const Configuration& configuration,
                       const std::vector<AccountSettings>& all) {
  std::vector<std::string> arns;
  if (configuration.organization.list_role) arns.push_back(configuration.organization.list_role->str());
  for (const AccountSettings& settings : all) {
    if (settings.store.target == StoreTarget::central && settings.store.role)
      arns.push_back(settings.store.role->str());
  }
  std::ranges::sort(arns);
  arns.erase(std::ranges::unique(arns).begin(), arns.end());
  if (arns.empty()) return;
  policy.add({"AssumeRolesForListingAndStoring",
              actions_of({calls::k_assume_role}),
              std::move(arns),
              {},
              "the organization is listed, or the central store written, with a role of its own"});
}

bool asks(const std::vector<AccountSettings>& all, OwnerSource source) {
  return std::ranges::any_of(all, [source](const AccountSettings& settings) {
    const bool used = source != OwnerSource::account_tag || !settings.notify.allowed_domains.empty();
    return used && std::ranges::find(settings.notify.owner, source) != settings.notify.owner.end();
  });
}

void add_listing_rights(PolicyStatements& policy, const Configuration& configuration,
                        const std::vector<AccountSettings>& all, const PolicyPlace& place) {
  const accounts::InventoryNeeds needs = accounts::needs_of(configuration.account_rules());
  const std::string organization = configuration.organization.id.empty() ? "*" : configuration.organization.id;
  const std::string organizations = "arn:" + place.partition + ":organizations::*:";
  policy.add({"ListAccounts",
              actions_of({calls::k_describe_organization, calls::k_list_accounts}),
              {"*"},
              {},
              "every account of the organization is known, or nothing is done; AWS scopes neither call"});
  if (needs.organizational_units) {
    policy.add({"ListRoots",
                actions_of({calls::k_list_roots}),
                {"*"},
                {},
                "accounts are chosen by organizational unit, and not every partition tells the unit with the account"});
    policy.add({"WalkUnits",
                actions_of({calls::k_list_organizational_units_for_parent, calls::k_list_accounts_for_parent}),
                {organizations + "root/" + organization + "/*", organizations + "ou/" + organization + "/*"},
                {},
                "accounts are chosen by organizational unit, and not every partition tells the unit with the account"});
  }
  if (needs.tags || asks(all, OwnerSource::account_tag)) {
    policy.add({"ReadTagsOfAccounts",
                actions_of({calls::k_list_tags_for_resource}),
                {organizations + "account/" + organization + "/*"},
                {},
                "tags of accounts choose accounts or name owners"});
  }
  if (asks(all, OwnerSource::alternate_contact)) {
    const std::string account = "arn:" + place.partition + ":account::*:account";
    std::vector<std::string> contacts{account + "/" + organization + "/*"};
    // Nobody names his own account here.
    if (may_take_part(configuration.accounts, place.account)) contacts.insert(contacts.begin(), account);
    policy.add({"ReadAlternateContacts",
                actions_of({calls::k_get_alternate_contact}),
                std::move(contacts),
                {{"ForAnyValue:StringEquals", "account:AlternateContactTypes", {"SECURITY", "OPERATIONS"}}},
                "notify.owner names alternate_contact"});
    policy.note(
        "alternate contacts are read from the management account, which needs trusted access for AWS Account "
        "Management, or "
        "from its delegated administrator");
  }
}

std::string in_account(const PolicyPlace& place, const std::string& resource) {
  return "arn:" + place.partition + ":iam::" + place.account + ":" + resource;
}

void add_user_rights(PolicyStatements& policy, const Configuration& configuration, const PolicyPlace& place) {
  policy.add({"ReadUsers",
              actions_of({calls::k_list_access_keys, calls::k_get_access_key_last_used, calls::k_list_user_tags}),
              {in_account(place, "user/*")},
              {},
              "the keys of a user, their last use, and keyward's record on the user"});
  const std::string& group = configuration.users.exempt_group;
  if (group.empty()) return;
  policy.add({"ReadExemptGroup",
              actions_of({calls::k_get_group}),
              {in_account(place, "group/" + group), in_account(place, "group/*/" + group)},
              {},
              "members of users.exempt_group are left alone"});
}

void add_reading_rights(PolicyStatements& policy, const Configuration& configuration, const PolicyPlace& place) {
  policy.add({"ReadCredentialReport",
              actions_of({calls::k_generate_credential_report, calls::k_get_credential_report, calls::k_list_users}),
              {"*"},
              {},
              "all users of an account with their keys, in a few calls; AWS scopes none of them"});
  add_user_rights(policy, configuration, place);
}

/// The only mode that allows secretsmanager:GetSecretValue.
void add_secret_rotation_rights(PolicyStatements& policy, const Configuration& configuration, const PolicyPlace& place) {
  add_user_rights(policy, configuration, place);
  const std::vector<std::string> users{in_account(place, "user/*")};
  policy.add({"ChangeAccessKeys",
              actions_of({calls::k_create_access_key, calls::k_update_access_key, calls::k_delete_access_key}),
              users,
              {},
              "a key is made when its secret is rotated; the one before is switched off and deleted when its graces have run out"});
  const std::string& prefix = configuration.users.tag_prefix;
  policy.add({"KeepRecordOnUsers",
              actions_of({calls::k_tag_user}),
              users,
              {{"ForAllValues:StringEquals", "aws:TagKeys", {prefix + "state", prefix + "secret"}}},
              "two tags on the user say how far a rotation came and which secret it is of; no other tag is written"});
  const std::string function = "arn:" + place.partition + ":lambda:" + place.region + ":" + place.account + ":function:" + k_rotation_function;
  policy.add({"RotateSecrets",
              actions_of({calls::k_describe_secret, calls::k_get_secret_value, calls::k_put_secret_value, calls::k_update_secret_version_stage}),
              {"arn:" + place.partition + ":secretsmanager:" + place.region + ":" + place.account + ":secret:*"},
              {{"ArnLike", "secretsmanager:resource/AllowRotationLambdaArn", {function}}},
              "the secrets that Secrets Manager has this function rotate, and no others, are read and written"});
  notify::NotifySettings mail = configuration.defaults.notify;
  mail.recipients_file.clear();
  std::erase_if(mail.channels, [](const notify::ChannelSettings& channel) {
    return channel.type != notify::ChannelSettings::Type::ses && channel.type != notify::ChannelSettings::Type::smtp;
  });
  add_channel_rights(policy, mail, place);
  policy.note("the function is named " + std::string(k_rotation_function) + " here; change the condition of RotateSecrets if yours is not");
  policy.note("secrets that are encrypted with a key of your own also need kms:Decrypt and kms:GenerateDataKey on that key");
  policy.note(
      "iam:CreateAccessKey on every user means being able to become any of them: name the users' path in ChangeAccessKeys if they "
      "have one, and let nobody change the function");
}

void add_key_rights(PolicyStatements& policy, const Configuration& configuration, const PolicyPlace& place) {
  const std::vector<std::string> users{in_account(place, "user/*")};
  std::vector<aws::Operation> changes{calls::k_create_access_key, calls::k_update_access_key, calls::k_delete_access_key};
  // Who has lost an answer looks again; a role that reads has that right already.
  if (configuration.audit_role != configuration.member_role) changes.push_back(calls::k_list_access_keys);
  policy.add({"ChangeAccessKeys", actions_of(changes), users, {}, "keys are made, switched off and deleted"});
  policy.add({"KeepRecordOnUsers",
              actions_of({calls::k_tag_user}),
              users,
              {{"ForAllValues:StringEquals", "aws:TagKeys", {configuration.users.tag_prefix + "state"}}},
              "one tag on the user says how far a rotation came; no other tag is written"});
  policy.add({"NameRightsOfCompromisedKey",
              actions_of({calls::k_list_attached_user_policies}),
              users,
              {},
              "rotate --compromised says what the key may do"});
  policy.note(
      "iam:CreateAccessKey on every user means being able to become any of them: let nobody but keyward's identity "
      "assume this "
      "role, and watch its use");
}

void add_findings_right(PolicyStatements& policy, const std::vector<AccountSettings>& all, const PolicyPlace& place) {
  if (std::ranges::none_of(all, &AccountSettings::security_hub)) return;
  policy.add({"TellSecurityHub",
              actions_of({calls::k_batch_import_findings}),
              {"arn:" + place.partition + ":securityhub:" + place.region + ":" + place.account + ":product/" + place.account + "/default"},
              {},
              "keys out of policy become findings in the account's own Security Hub"});
}

using AddStore = void (*)(PolicyStatements& policy, const rotation::StoreSettings& store, const PolicyPlace& place);

/// The rights of every store of this kind that an account can have.
template <class Wanted>
void add_stores(PolicyStatements& policy, const std::vector<AccountSettings>& all, const PolicyPlace& place,
                Wanted wanted, AddStore add = add_store_rights) {
  std::vector<rotation::StoreSettings> stores;
  for (const AccountSettings& settings : all) {
    if (wanted(settings.store) && std::ranges::find(stores, settings.store) == stores.end())
      stores.push_back(settings.store);
  }
  for (const rotation::StoreSettings& store : stores) add(policy, store, place);
  if (stores.size() > 1)
    policy.note("accounts.overrides names further stores: these are the rights for all of them together");
}

bool is_member(const rotation::StoreSettings& store) { return store.target == StoreTarget::member; }
bool is_callers(const rotation::StoreSettings& store) { return store.target == StoreTarget::central && !store.role; }
bool is_central(const rotation::StoreSettings& store) { return store.target == StoreTarget::central; }

void add_control_rights(PolicyStatements& policy, const Configuration& configuration,
                        const std::vector<AccountSettings>& all, const PolicyPlace& place) {
  add_roles_to_assume(policy, configuration, place);
  add_special_roles(policy, configuration, all);
  if (!configuration.organization.list_role) add_listing_rights(policy, configuration, all, place);
  add_channel_rights(policy, configuration.defaults.notify, place);
  add_stores(policy, all, place, is_callers);
}

}  // namespace

Permissions permissions_of(const Configuration& configuration, PolicyMode mode, const PolicyPlace& place) {
  const std::vector<AccountSettings> all = all_settings(configuration);
  PolicyStatements policy;
  switch (mode) {
    case PolicyMode::control: add_control_rights(policy, configuration, all, place); break;
    case PolicyMode::inventory: add_listing_rights(policy, configuration, all, place); break;
    case PolicyMode::audit: add_reading_rights(policy, configuration, place); break;
    case PolicyMode::rotate:
      if (configuration.audit_role == configuration.member_role) add_reading_rights(policy, configuration, place);
      add_key_rights(policy, configuration, place);
      add_stores(policy, all, place, is_member);
      add_findings_right(policy, all, place);
      break;
    case PolicyMode::store: add_stores(policy, all, place, is_central); break;
    case PolicyMode::secret_rotation: add_secret_rotation_rights(policy, configuration, place); break;
  }
  return policy.take();
}

Permissions doctor_permissions_of(const Configuration& configuration, PolicyMode mode, const PolicyPlace& place) {
  const std::vector<AccountSettings> all = all_settings(configuration);
  PolicyStatements policy;
  const auto add_simulation = [&](std::vector<std::string> principals) {
    policy.add({"TellOwnRights", actions_of({calls::k_simulate_principal_policy}), std::move(principals), {},
                "doctor asks which rights are missing before a run misses them"});
  };
  switch (mode) {
    case PolicyMode::control:
      add_simulation({in_account(place, "role/*"), in_account(place, "user/*")});
      add_doctor_channel_rights(policy, configuration.defaults.notify, place);
      add_stores(policy, all, place, is_callers, add_doctor_store_rights);
      break;
    case PolicyMode::inventory:
    case PolicyMode::secret_rotation: break;
    case PolicyMode::audit: add_simulation({in_account(place, "role/" + configuration.audit_role)}); break;
    case PolicyMode::rotate:
      add_simulation({in_account(place, "role/" + configuration.member_role)});
      add_stores(policy, all, place, is_member, add_doctor_store_rights);
      break;
    case PolicyMode::store:
      add_stores(policy, all, place, is_central, add_doctor_store_rights);
      if (!policy.empty()) add_simulation({in_account(place, "role/*")});
      break;
  }
  return policy.take();
}

}  // namespace keyward::orchestrator
