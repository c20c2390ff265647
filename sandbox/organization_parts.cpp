#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "sandbox/scenario.hpp"

// What every world has: the organization, the hub, the roles of an account.
namespace keyward::sandbox {
namespace {

namespace json = boost::json;

std::string document(json::array statements) {
  return json::serialize(json::object{{"Version", "2012-10-17"}, {"Statement", std::move(statements)}});
}

json::object allow(json::array actions, json::value resource) {
  return {{"Effect", "Allow"}, {"Action", std::move(actions)}, {"Resource", std::move(resource)}};
}

/// Else whoever may put a policy on a secret could let himself read it.
json::object read_no_secrets() {
  return {{"Effect", "Deny"}, {"Action", json::array{"secretsmanager:GetSecretValue"}}, {"Resource", "*"}};
}

std::string administrator() { return document({allow({"*"}, "*")}); }

std::string hub_policy() {
  return document({
      allow({"sts:AssumeRole"}, "arn:aws:iam::*:role/*"),
      allow({"organizations:Describe*", "organizations:List*", "account:GetAlternateContact"}, "*"),
      allow({"ses:SendEmail", "ses:SendRawEmail", "ses:GetAccount", "ses:GetEmailIdentity", "sns:Publish",
             "sns:GetTopicAttributes", "cloudwatch:PutMetricData", "ssm:GetParameter", "s3:GetObject"},
            "*"),
      allow(
          {"secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "secretsmanager:DescribeSecret",
           "secretsmanager:UpdateSecretVersionStage", "secretsmanager:TagResource", "secretsmanager:GetResourcePolicy",
           "secretsmanager:PutResourcePolicy", "secretsmanager:RestoreSecret", "secretsmanager:ListSecretVersionIds",
           "secretsmanager:ReplicateSecretToRegions", "secretsmanager:DeleteSecret"},
          "*"),
      allow({"kms:GenerateDataKey", "kms:Decrypt", "kms:Encrypt", "kms:DescribeKey", "kms:GetKeyPolicy"}, "*"),
      allow({"iam:SimulatePrincipalPolicy"}, "*"),
      read_no_secrets(),
  });
}

/// No iam:Put*: keyward raises no rights.
std::string rotate_policy() {
  return document({
      allow({"iam:ListUsers", "iam:GetUser", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:CreateAccessKey",
             "iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:ListUserTags", "iam:TagUser", "iam:UntagUser",
             "iam:ListAttachedUserPolicies", "iam:GetGroup", "iam:ListGroupsForUser", "iam:ListAccountAliases",
             "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:GetAccountAuthorizationDetails"},
            "*"),
      allow(
          {"secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "secretsmanager:DescribeSecret",
           "secretsmanager:UpdateSecretVersionStage", "secretsmanager:TagResource", "secretsmanager:GetResourcePolicy",
           "secretsmanager:PutResourcePolicy", "secretsmanager:RestoreSecret", "secretsmanager:ListSecretVersionIds",
           "secretsmanager:ReplicateSecretToRegions", "secretsmanager:DeleteSecret"},
          "*"),
      allow({"kms:GenerateDataKey", "kms:Decrypt", "kms:Encrypt", "kms:DescribeKey", "kms:GetKeyPolicy"}, "*"),
      allow({"iam:SimulatePrincipalPolicy"}, "*"),
      allow({"securityhub:BatchImportFindings"}, "*"),
      read_no_secrets(),
  });
}

std::string trust(const World& world, const std::string& principal, bool with_external_id) {
  json::object statement{
      {"Effect", "Allow"}, {"Principal", json::object{{"AWS", principal}}}, {"Action", "sts:AssumeRole"}};
  if (with_external_id && !world.external_id.empty()) {
    statement["Condition"] = json::object{{"StringEquals", json::object{{"sts:ExternalId", world.external_id}}}};
  }
  return document({std::move(statement)});
}

void add_role(World& world, Account& account, const std::string& name, std::string trust_policy,
              const std::string& policy) {
  Role role;
  role.name = name;
  role.id = world.random.unique_id("AROA");
  role.created = account.joined;
  role.trust = std::move(trust_policy);
  role.policies["rights"] = policy;
  account.roles.emplace(name, std::move(role));
}

/// alias/keyward: a customer managed key that the whole organization may read with, as a central store needs it.
void add_shared_key(World& world, Account& account, const std::string& region) {
  json::object own = allow({"kms:*"}, "*");
  own["Principal"] = json::object{{"AWS", "arn:aws:iam::" + account.id + ":root"}};
  json::object shared = allow({"kms:Decrypt", "kms:DescribeKey"}, "*");
  shared["Principal"] = "*";
  shared["Condition"] = json::object{{"StringEquals", json::object{{"aws:PrincipalOrgID", world.organization_id}}}};
  account.kms_keys.push_back(
      {world.random.uuid(), region, "alias/keyward", document({std::move(own), std::move(shared)}), true});
}

}  // namespace

Account& make_account(World& world, const std::string& id, const std::string& name, const std::string& email) {
  Account account;
  account.id = id;
  account.name = name;
  account.email = email;
  account.joined = world.now() - std::chrono::days(400);
  account.parent = world.root_id;
  account.identities = {"example.org"};
  return world.accounts.emplace(id, std::move(account)).first->second;
}

Account& make_management(World& world, const std::string& id) {
  if (world.organization_id.empty()) world.organization_id = "o-" + world.random.lower_alphanumeric(10);
  if (world.root_id.empty()) world.root_id = "r-" + world.random.lower_alphanumeric(4);
  world.management_account = id;
  Account& account = make_account(world, id, "management", "account-00@example.org");
  account.alias = "example-management";
  User& hub = make_user(world, account, k_hub_user, account.joined);
  hub.policies["rights"] = hub_policy();
  make_key(world, account, hub, std::chrono::days(10));
  User& admin = make_user(world, account, k_admin_user, account.joined);
  admin.policies["rights"] = administrator();
  make_key(world, account, admin, std::chrono::days(10));
  add_standard_roles(world, account);
  account.roles.erase("OrganizationAccountAccessRole");  // AWS makes it in member accounts only
  for (const char* region : {"us-east-1", "eu-central-1", "eu-west-1"}) add_shared_key(world, account, region);
  const std::string hub_arn = user_arn(account, account.users.at(k_hub_user));
  add_role(world, account, "keyward-inventory", trust(world, hub_arn, false), hub_policy());
  return account;
}

void add_standard_roles(World& world, Account& account) {
  const Account& management = world.accounts.at(world.management_account);
  const std::string hub_arn = user_arn(management, management.users.at(k_hub_user));
  add_role(world, account, k_member_role, trust(world, hub_arn, true), rotate_policy());
  add_role(world, account, "OrganizationAccountAccessRole",
           trust(world, "arn:aws:iam::" + management.id + ":root", false), administrator());
}

User& make_user(World& world, Account& account, const std::string& name, base::Instant created) {
  User user;
  user.name = name;
  user.id = world.random.unique_id("AIDA");
  user.created = created;
  return account.users.emplace(name, std::move(user)).first->second;
}

AccessKey& make_key(World& world, Account& account, User& user, std::chrono::seconds age) {
  AccessKey key;
  key.id = world.random.access_key_id();
  key.secret = world.random.secret_access_key();
  key.created = key.changed = world.now() - age;
  return world.add_key(account, user, std::move(key));
}

Group& make_group(World& world, Account& account, const std::string& name) {
  Group group;
  group.name = name;
  group.id = world.random.unique_id("AGPA");
  group.created = account.joined;
  return account.groups.emplace(name, std::move(group)).first->second;
}

}  // namespace keyward::sandbox
