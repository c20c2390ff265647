#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <stdexcept>

#include "sandbox/authenticator.hpp"
#include "sandbox/control.hpp"
#include "sandbox/policy_engine.hpp"
#include "sandbox/quirks.hpp"
#include "sandbox/scenario.hpp"

// Changes from outside of the program under test: administrators, workloads, AWS itself.
namespace keyward::sandbox {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(what); }

std::string text(const json::object& edit, std::string_view name) {
  const json::value* value = edit.if_contains(name);
  if (!value || !value->is_string()) refuse("missing member '" + std::string(name) + "'");
  return std::string(value->get_string());
}

std::string text_or(const json::object& edit, std::string_view name, std::string otherwise) {
  return edit.contains(name) ? text(edit, name) : otherwise;
}

std::int64_t number_or(const json::object& edit, std::string_view name, std::int64_t otherwise) {
  const json::value* value = edit.if_contains(name);
  if (!value) return otherwise;
  if (!value->is_int64()) refuse(std::string(name) + " must be a number");
  return value->get_int64();
}

Account& account_of(World& world, const json::object& edit) {
  Account* account = world.find_account(text(edit, "account"));
  if (!account) refuse("no account " + text(edit, "account"));
  return *account;
}

User& user_of(World& world, const json::object& edit) {
  Account& account = account_of(world, edit);
  const auto user = account.users.find(text(edit, "user"));
  if (user == account.users.end()) refuse("no user " + text(edit, "user"));
  return user->second;
}

/// The key that is named, or the user's newest.
AccessKey& key_of(World& world, const json::object& edit) {
  if (edit.contains("access_key_id")) {
    AccessKey* key = world.find_key(text(edit, "access_key_id")).second;
    if (!key) refuse("no access key " + text(edit, "access_key_id"));
    return *key;
  }
  User& user = user_of(world, edit);
  if (user.keys.empty()) refuse("the user has no key");
  AccessKey* newest = &user.keys.front();
  for (AccessKey& key : user.keys) {
    if (key.created > newest->created) newest = &key;
  }
  return *newest;
}

json::object created_key(const AccessKey& key) {
  return {{"access_key_id", key.id}, {"secret_access_key", key.secret}};
}

std::string policy_text(const json::object& edit, PolicyKind kind) {
  const json::value* value = edit.if_contains("policy");
  if (!value) refuse("missing member 'policy'");
  std::string document = value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
  const auto parsed = parse_policy(document, kind);
  if (!parsed) refuse(parsed.error());
  return document;
}

json::object use_key(World& world, const json::object& edit) {
  AccessKey& key = key_of(world, edit);
  const auto days_ago = std::chrono::days(number_or(edit, "days_ago", 0));
  key.last_used =
      LastUsed{world.now() - days_ago, text_or(edit, "service", "s3"), text_or(edit, "region", "us-east-1")};
  return {};
}

json::object set_key_status(World& world, const json::object& edit) {
  AccessKey& key = key_of(world, edit);
  const std::string status = text(edit, "status");
  if (status != "Active" && status != "Inactive") refuse("status is Active or Inactive");
  if (key.active != (status == "Active")) key.changed = world.now();
  key.active = status == "Active";
  return {};
}

json::object create_key(World& world, const json::object& edit) {
  User& user = user_of(world, edit);
  if (user.keys.size() >= 2) refuse("the user has two keys");
  return created_key(make_key(world, account_of(world, edit), user, std::chrono::days(number_or(edit, "age_days", 0))));
}

json::object delete_key(World& world, const json::object& edit) {
  const std::string id = key_of(world, edit).id;
  world.remove_key(*world.find_key(id).first, id);
  return {};
}

json::object create_user(World& world, const json::object& edit) {
  Account& account = account_of(world, edit);
  const std::string name = text(edit, "user");
  if (account.users.contains(name)) refuse("there is a user " + name);
  make_user(world, account, name, world.now()).path = text_or(edit, "path", "/");
  return {};
}

json::object delete_user(World& world, const json::object& edit) {
  User& user = user_of(world, edit);
  while (!user.keys.empty()) world.remove_key(user, std::string(user.keys.front().id));
  account_of(world, edit).users.erase(std::string(user.name));
  return {};
}

json::object tag_user(World& world, const json::object& edit) {
  User& user = user_of(world, edit);
  const std::string key = text(edit, "key");
  user.tags.erase(key);
  if (edit.contains("value")) user.tags.emplace(key, text(edit, "value"));
  return {};
}

json::object set_group(World& world, const json::object& edit) {
  User& user = user_of(world, edit);
  Account& account = account_of(world, edit);
  const std::string name = text(edit, "group");
  const json::value* member = edit.if_contains("member");
  if (member && member->is_bool() && !member->get_bool()) {
    user.groups.erase(name);
    return {};
  }
  if (!account.groups.contains(name)) make_group(world, account, name);
  user.groups.insert(name);
  return {};
}

json::object put_user_policy(World& world, const json::object& edit) {
  user_of(world, edit).policies[text_or(edit, "name", "edited")] = policy_text(edit, PolicyKind::identity);
  return {};
}

json::object attach_user_policy(World& world, const json::object& edit) {
  user_of(world, edit).attached_policies.insert(text(edit, "policy"));
  return {};
}

Role& role_of(World& world, const json::object& edit) {
  Account& account = account_of(world, edit);
  const auto role = account.roles.find(text(edit, "role"));
  if (role == account.roles.end()) refuse("no role " + text(edit, "role"));
  return role->second;
}

/// Without an account: in every account that has such a role.
json::object put_role_policy(World& world, const json::object& edit) {
  const std::string policy = policy_text(edit, PolicyKind::identity);
  const std::string name = text_or(edit, "name", "edited");
  if (edit.contains("account")) {
    role_of(world, edit).policies[name] = policy;
    return {};
  }
  const std::string wanted = text(edit, "role");
  for (auto& [id, account] : world.accounts) {
    const auto role = account.roles.find(wanted);
    if (role != account.roles.end()) role->second.policies[name] = policy;
  }
  return {};
}

json::object put_role_trust(World& world, const json::object& edit) {
  role_of(world, edit).trust = policy_text(edit, PolicyKind::trust);
  return {};
}

json::object delete_role(World& world, const json::object& edit) {
  const std::string name = role_of(world, edit).name;
  account_of(world, edit).roles.erase(name);
  return {};
}

json::object set_account(World& world, const json::object& edit) {
  Account& account = account_of(world, edit);
  if (edit.contains("state")) {
    const auto state = parse_account_state(text(edit, "state"));
    if (!state) refuse("unknown state " + text(edit, "state"));
    account.state = *state;
  }
  account.elsewhere = text_or(edit, "organization", account.elsewhere);
  if (edit.contains("parent")) account.parent = text(edit, "parent");
  if (edit.contains("tag")) {
    account.tags.erase(text(edit, "tag"));
    if (edit.contains("value")) account.tags[text(edit, "tag")] = text(edit, "value");
  }
  if (const json::value* value = edit.if_contains("mail_sandbox"); value && value->is_bool())
    account.mail_sandbox = value->get_bool();
  if (const json::value* value = edit.if_contains("security_hub"); value && value->is_bool())
    account.security_hub.enabled = value->get_bool();
  account.security_hub.refuse = static_cast<int>(number_or(edit, "refuse_findings", account.security_hub.refuse));
  if (const json::value* value = edit.if_contains("mail_paused"); value && value->is_bool())
    account.mail_paused = value->get_bool();
  if (edit.contains("verify")) account.identities.insert(lower(text(edit, "verify")));
  if (edit.contains("unverify")) account.identities.erase(lower(text(edit, "unverify")));
  return {};
}

json::object add_kms_key(World& world, const json::object& edit) {
  Account& account = account_of(world, edit);
  KmsKey key;
  key.id = text_or(edit, "id", world.random.uuid());
  key.region = text(edit, "region");
  key.alias = text_or(edit, "alias", "");
  if (edit.contains("policy")) key.policy = policy_text(edit, PolicyKind::resource);
  account.kms_keys.push_back(key);
  return {{"id", key.id}, {"arn", kms_key_arn(account, key)}};
}

json::object add_bucket(World& world, const json::object& edit) {
  account_of(world, edit).buckets[text(edit, "bucket")];
  return {};
}

json::object set_kms_key(World& world, const json::object& edit) {
  const std::string id = text(edit, "id");
  for (KmsKey& key : account_of(world, edit).kms_keys) {
    if (key.id != id && key.alias != id) continue;
    if (const json::value* enabled = edit.if_contains("enabled"); enabled && enabled->is_bool())
      key.enabled = enabled->get_bool();
    return {};
  }
  refuse("no KMS key " + id);
}

json::object forget_report(World& world, const json::object& edit) {
  account_of(world, edit).credential_report.reset();
  return {};
}

json::object set_quirks(World& world, const json::object& edit) {
  const json::value* quirks = edit.if_contains("quirks");
  if (!quirks || !quirks->is_object()) refuse("missing member 'quirks'");
  read_quirks(world.quirks, quirks->get_object());
  return {};
}

json::object set_propagation(World& world, const json::object& edit) {
  world.propagation = parse_duration(text(edit, "duration"));
  return {};
}

}  // namespace

json::object edit_world(World& world, const json::object& edit) {
  static const std::map<std::string, std::function<json::object(World&, const json::object&)>, std::less<>> k_edits = {
      {"use_key", use_key},
      {"set_key_status", set_key_status},
      {"create_key", create_key},
      {"delete_key", delete_key},
      {"create_user", create_user},
      {"delete_user", delete_user},
      {"tag_user", tag_user},
      {"set_group", set_group},
      {"put_user_policy", put_user_policy},
      {"attach_user_policy", attach_user_policy},
      {"put_role_policy", put_role_policy},
      {"put_role_trust", put_role_trust},
      {"delete_role", delete_role},
      {"set_account", set_account},
      {"add_kms_key", add_kms_key},
      {"set_kms_key", set_kms_key},
      {"add_bucket", add_bucket},
      {"forget_report", forget_report},
      {"set_quirks", set_quirks},
      {"set_propagation", set_propagation},
  };
  const auto found = k_edits.find(text(edit, "edit"));
  if (found != k_edits.end()) return found->second(world, edit);
  std::string names;
  for (const auto& [name, function] : k_edits) names += (names.empty() ? "" : ", ") + name;
  refuse("unknown edit '" + text(edit, "edit") + "': " + names);
}

}  // namespace keyward::sandbox
