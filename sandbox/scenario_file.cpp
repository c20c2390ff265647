#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <initializer_list>
#include <stdexcept>

#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "sandbox/policy_engine.hpp"
#include "sandbox/quirks.hpp"
#include "sandbox/scenario.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

/// An object of the scenario that knows where it stands, so that a complaint names the place.
class Node {
 public:
  Node(const json::value& value, std::string place) : place_(std::move(place)) {
    if (!value.is_object()) fail("must be an object");
    object_ = &value.get_object();
  }
  Node(const json::object& object, std::string place) : object_(&object), place_(std::move(place)) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument("scenario: " + place_ + " " + what);
  }

  void only(std::initializer_list<std::string_view> known) const {
    for (const auto& [name, value] : *object_) {
      bool found = false;
      for (const std::string_view candidate : known) found |= candidate == name;
      if (!found) fail("has an unknown member '" + std::string(name) + "'");
    }
  }
  const json::value* find(std::string_view name) const { return object_->if_contains(name); }
  bool has(std::string_view name) const { return find(name) != nullptr; }

  std::string text(std::string_view name) const {
    const json::value* value = find(name);
    if (!value || !value->is_string()) fail("needs the text '" + std::string(name) + "'");
    return std::string(value->get_string());
  }
  std::string text(std::string_view name, std::string otherwise) const { return has(name) ? text(name) : otherwise; }
  bool flag(std::string_view name, bool otherwise) const {
    const json::value* value = find(name);
    if (!value) return otherwise;
    if (!value->is_bool()) fail("'" + std::string(name) + "' must be true or false");
    return value->get_bool();
  }
  std::int64_t number(std::string_view name, std::int64_t otherwise) const {
    const json::value* value = find(name);
    if (!value) return otherwise;
    if (!value->is_int64()) fail("'" + std::string(name) + "' must be a whole number");
    return value->get_int64();
  }
  std::map<std::string, std::string> texts(std::string_view name) const {
    std::map<std::string, std::string> map;
    const json::value* value = find(name);
    if (!value) return map;
    if (!value->is_object()) fail("'" + std::string(name) + "' must be an object");
    for (const auto& [key, item] : value->get_object()) {
      if (!item.is_string()) fail("'" + std::string(name) + "' must hold texts");
      map[std::string(key)] = std::string(item.get_string());
    }
    return map;
  }
  std::vector<std::string> list(std::string_view name) const {
    std::vector<std::string> items;
    const json::value* value = find(name);
    if (!value) return items;
    if (!value->is_array()) fail("'" + std::string(name) + "' must be a list");
    for (const json::value& item : value->get_array()) {
      if (!item.is_string()) fail("'" + std::string(name) + "' must hold texts");
      items.emplace_back(item.get_string());
    }
    return items;
  }
  std::vector<Node> nodes(std::string_view name) const {
    std::vector<Node> items;
    const json::value* value = find(name);
    if (!value) return items;
    if (!value->is_array()) fail("'" + std::string(name) + "' must be a list");
    for (const json::value& item : value->get_array()) {
      items.emplace_back(item, place_ + "." + std::string(name) + "[" + std::to_string(items.size()) + "]");
    }
    return items;
  }
  std::string policy(std::string_view name, PolicyKind kind) const {
    const json::value* value = find(name);
    if (!value) fail("needs the policy '" + std::string(name) + "'");
    return checked_policy(*value, kind);
  }
  Policies policies(std::string_view name) const {
    Policies policies;
    const json::value* value = find(name);
    if (!value) return policies;
    if (!value->is_object()) fail("'" + std::string(name) + "' must be an object of policies by name");
    for (const auto& [key, item] : value->get_object())
      policies[std::string(key)] = checked_policy(item, PolicyKind::identity);
    return policies;
  }

 private:
  std::string checked_policy(const json::value& value, PolicyKind kind) const {
    std::string text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
    const auto parsed = parse_policy(text, kind);
    if (!parsed) fail("has a policy that AWS would refuse: " + parsed.error());
    return text;
  }

  const json::object* object_ = nullptr;
  std::string place_;
};

/// "created" as a time, or "age_days" before now.
base::Instant created_of(const World& world, const Node& node, base::Instant otherwise) {
  if (node.has("created")) {
    const auto instant = base::parse_iso8601(node.text("created"));
    if (!instant) node.fail("'created' must be a time such as 2025-10-03T00:00:00Z");
    return *instant;
  }
  if (node.has("age_days")) return world.now() - std::chrono::days(node.number("age_days", 0));
  return otherwise;
}

void read_last_used(World& world, const Node& node, AccessKey& key) {
  const json::value* value = node.find("last_used");
  if (!value || (value->is_string() && value->get_string() == "never")) return;
  if (!value->is_object()) node.fail("'last_used' is \"never\" or an object");
  const Node use(*value, "last_used");
  use.only({"days_ago", "service", "region"});
  key.last_used = LastUsed{world.now() - std::chrono::days(use.number("days_ago", 0)), use.text("service", "s3"),
                           use.text("region", "us-east-1")};
}

void read_key(World& world, Account& account, User& user, const Node& node) {
  node.only({"id", "secret", "age_days", "created", "status", "status_changed_days_ago", "last_used"});
  AccessKey key;
  key.id = node.text("id", world.random.access_key_id());
  key.secret = node.text("secret", world.random.secret_access_key());
  if (!base::AccessKeyId::parse(key.id))
    node.fail("'id' must be an access key id: " + std::string(base::AccessKeyId::expectation()));
  if (world.find_key(key.id).second) node.fail("repeats the key id " + key.id);
  key.created = key.changed = created_of(world, node, world.now());
  const std::string status = node.text("status", "Active");
  if (status != "Active" && status != "Inactive") node.fail("'status' is Active or Inactive");
  key.active = status == "Active";
  if (node.has("status_changed_days_ago"))
    key.changed = world.now() - std::chrono::days(node.number("status_changed_days_ago", 0));
  read_last_used(world, node, key);
  world.add_key(account, user, std::move(key));
}

void read_user(World& world, Account& account, const Node& node) {
  node.only({"name", "path", "created", "age_days", "tags", "groups", "policies", "keys", "password"});
  const std::string name = node.text("name");
  if (!base::UserName::parse(name) || name.size() > 64) node.fail("'name' must be an IAM user name");
  if (account.users.contains(name)) node.fail("repeats the user " + name);
  User& user = make_user(world, account, name, created_of(world, node, account.joined));
  user.path = node.text("path", "/");
  user.has_password = node.flag("password", false);
  for (auto& [key, value] : node.texts("tags")) user.tags.emplace(key, value);
  for (const std::string& group : node.list("groups")) {
    if (!account.groups.contains(group)) make_group(world, account, group);
    user.groups.insert(group);
  }
  user.policies = node.policies("policies");
  const auto keys = node.nodes("keys");
  if (keys.size() > 2) node.fail("has more than two keys");
  for (const Node& key : keys) read_key(world, account, user, key);
}

void read_role(World& world, Account& account, const Node& node) {
  node.only({"name", "path", "trust", "policies", "max_session_seconds"});
  Role role;
  role.name = node.text("name");
  role.path = node.text("path", "/");
  role.id = world.random.unique_id("AROA");
  role.created = account.joined;
  role.trust = node.policy("trust", PolicyKind::trust);
  role.policies = node.policies("policies");
  role.max_session_seconds = static_cast<int>(node.number("max_session_seconds", 3600));
  account.roles.insert_or_assign(role.name, role);
}

void read_secret(World& world, Account& account, const Node& node) {
  node.only({"name", "region", "value", "version_id", "description", "kms_key", "owning_service", "tags", "policy",
             "age_days", "deleted"});
  StoredSecret secret;
  secret.name = node.text("name");
  secret.region = node.text("region");
  secret.suffix = world.random.secret_suffix();
  secret.description = node.text("description", "");
  secret.kms_key = node.text("kms_key", "");
  secret.owning_service = node.text("owning_service", "");
  secret.tags = node.texts("tags");
  secret.created = secret.changed = created_of(world, node, account.joined);
  if (node.has("policy")) secret.policy = node.policy("policy", PolicyKind::resource);
  if (node.has("value")) {
    SecretVersion version;
    version.text = node.text("value");
    version.created = secret.created;
    version.stages = {"AWSCURRENT"};
    secret.versions.emplace(node.text("version_id", world.random.uuid()), std::move(version));
  }
  if (node.flag("deleted", false)) {
    secret.deletion = world.now();
    secret.gone = world.now() + std::chrono::days(30);
  }
  account.secrets.emplace(RegionalName{secret.region, secret.name}, std::move(secret));
}

void read_kms_key(World& world, Account& account, const Node& node) {
  node.only({"id", "region", "alias", "policy", "enabled"});
  KmsKey key{node.text("id", world.random.uuid()), node.text("region"), node.text("alias", ""), "",
             node.flag("enabled", true)};
  if (node.has("policy")) key.policy = node.policy("policy", PolicyKind::resource);
  account.kms_keys.push_back(std::move(key));
}

std::string unit_id(const World& world, const Node& node, const std::string& name) {
  if (name == "Root" || name == world.root_id) return world.root_id;
  for (const OrganizationalUnit& unit : world.units) {
    if (unit.name == name || unit.id == name) return unit.id;
  }
  node.fail("names the unknown organizational unit '" + name + "' (units are read in order)");
}

void read_regional(const Node& node, std::string_view name, std::set<RegionalName>& into) {
  for (const std::string& item : node.list(name)) {
    const std::size_t colon = item.find(':');
    if (colon == std::string::npos) node.fail("'" + std::string(name) + "' must hold region:name");
    into.insert({item.substr(0, colon), item.substr(colon + 1)});
  }
}

void read_account(World& world, const Node& node) {
  node.only({"id",      "management", "name",           "email",        "ou",         "state",  "tags",
             "alias",   "invited",    "standard_roles", "mail_sandbox", "roles",      "groups", "users",
             "secrets", "kms_keys",   "identities",     "topics",       "parameters", "buckets", "contacts",
             "security_hub", "tables"});
  const bool management = node.flag("management", false);
  const std::string id = management ? world.management_account : node.text("id");
  if (!base::AccountId::parse(id)) node.fail("'id' must have 12 digits");
  if (!management && world.find_account(id)) node.fail("repeats the account " + id);
  Account& account =
      management ? *world.find_account(id) : make_account(world, id, "account-" + id, "account-" + id + "@example.org");
  account.name = node.text("name", account.name);
  account.email = node.text("email", account.email);
  account.alias = node.text("alias", account.alias);
  account.invited = node.flag("invited", false);
  account.mail_sandbox = node.flag("mail_sandbox", false);
  account.security_hub.enabled = node.flag("security_hub", false);
  if (node.has("ou")) account.parent = unit_id(world, node, node.text("ou"));
  const auto state = parse_account_state(node.text("state", "ACTIVE"));
  if (!state) node.fail("has an unknown 'state'");
  account.state = *state;
  account.tags = node.texts("tags");
  if (!management && node.flag("standard_roles", true)) add_standard_roles(world, account);
  for (const Node& group : node.nodes("groups")) {
    group.only({"name", "path", "policies"});
    Group& made = make_group(world, account, group.text("name"));
    made.path = group.text("path", "/");
    made.policies = group.policies("policies");
  }
  if (!account.groups.contains(k_exemption_group)) make_group(world, account, k_exemption_group);
  for (const Node& user : node.nodes("users")) read_user(world, account, user);
  for (const Node& role : node.nodes("roles")) read_role(world, account, role);
  for (const Node& key : node.nodes("kms_keys")) read_kms_key(world, account, key);
  for (const Node& secret : node.nodes("secrets")) read_secret(world, account, secret);
  for (auto& [type, address] : node.texts("contacts")) account.contacts.emplace(type, address);
  if (node.has("identities")) {
    account.identities.clear();
    for (const std::string& identity : node.list("identities")) account.identities.insert(lower(identity));
  }
  read_regional(node, "topics", account.topics);
  for (const auto& [name, value] : node.texts("parameters")) {
    const std::size_t colon = name.find(':');
    if (colon == std::string::npos) node.fail("'parameters' must be named region:name");
    account.parameters[{name.substr(0, colon), name.substr(colon + 1)}] =
        Parameter{"SecureString", value, 1, world.now()};
  }
  if (const json::value* tables = node.find("tables")) {
    const Node all(*tables, "tables");
    for (const auto& [name, rows] : tables->get_object()) {
      const std::string_view regional = name;
      const std::size_t colon = regional.find(':');
      if (colon == std::string_view::npos || !rows.is_array()) all.fail("must be lists named region:name");
      auto& table = account.tables[{std::string(regional.substr(0, colon)), std::string(regional.substr(colon + 1))}];
      for (const json::value& row : rows.get_array()) {
        const json::object wrapped{{"row", row}};
        table.push_back(Node(wrapped, "tables").texts("row"));
      }
    }
  }
  if (const json::value* buckets = node.find("buckets")) {
    const Node all(*buckets, "buckets");
    for (const auto& [bucket, objects] : buckets->get_object()) {
      for (const auto& [key, content] : all.texts(bucket))
        account.buckets[std::string(bucket)][key] = StoredObject{content, "", world.now()};
    }
  }
}

}  // namespace

void load_scenario(World& world, const json::object& scenario) {
  const Node root(scenario, "the scenario");
  root.only({"organization", "external_id", "quirks", "organizational_units", "accounts"});
  std::string management = "111111111111";
  if (const json::value* value = root.find("organization")) {
    const Node organization(*value, "organization");
    organization.only({"id", "root_id", "management_account"});
    world.organization_id = organization.text("id", "");
    world.root_id = organization.text("root_id", "");
    management = organization.text("management_account", management);
    if (!base::AccountId::parse(management)) organization.fail("'management_account' must have 12 digits");
  }
  world.external_id = root.text("external_id", "");
  make_management(world, management);
  if (const json::value* quirks = root.find("quirks")) {
    if (!quirks->is_object()) root.fail("'quirks' must be an object");
    read_quirks(world.quirks, quirks->get_object());
  }
  for (const Node& node : root.nodes("organizational_units")) {
    node.only({"id", "name", "parent"});
    const std::string parent = unit_id(world, node, node.text("parent", "Root"));
    const std::string id = node.text("id", "ou-" + world.root_id.substr(2) + "-" + world.random.lower_alphanumeric(8));
    world.units.push_back({id, node.text("name"), parent});
  }
  for (const Node& node : root.nodes("accounts")) read_account(world, node);
}

}  // namespace keyward::sandbox
