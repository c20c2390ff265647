#include <algorithm>

#include "sandbox/authorization.hpp"
#include "sandbox/iam_service.hpp"

// Access keys.
namespace keyward::sandbox {
namespace {

constexpr std::size_t k_keys_per_user = 2;

const char* status_of(const AccessKey& key) { return key.active ? "Active" : "Inactive"; }

std::string list_access_keys(const Call& call, const QueryParameters& parameters) {
  const User& user = iam_user(call, parameters);
  const Moment newest = call.world.clock.moment() - call.world.quirks.key_list_lag;
  std::vector<const AccessKey*> keys;
  for (const AccessKey& key : user.keys) {
    if (call.world.quirks.key_list_lag.count() == 0 || Moment(key.created) <= newest) keys.push_back(&key);
  }
  std::sort(keys.begin(), keys.end(), [](const auto* a, const auto* b) { return CaseInsensitiveLess()(a->id, b->id); });
  XmlWriter xml;
  write_iam_page(
      xml, call, parameters, "AccessKeyMetadata", keys, [](const AccessKey* key) { return key->id; },
      [&](const AccessKey* key) {
        xml.text("UserName", user.name);
        xml.text("AccessKeyId", key->id);
        xml.text("Status", status_of(*key));
        xml.time("CreateDate", key->created);
      });
  return xml.take();
}

std::string create_access_key(const Call& call, const QueryParameters& parameters) {
  User& user = iam_user(call, parameters);
  if (user.keys.size() >= k_keys_per_user) {
    throw ApiError(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2");
  }
  AccessKey key;
  key.id = call.world.random.access_key_id();
  key.secret = call.world.random.secret_access_key();
  key.created = key.changed = call.now;
  call.world.spread(key);
  const AccessKey& added = call.world.add_key(call.account, user, std::move(key));
  XmlWriter xml;
  xml.open("AccessKey");
  xml.text("UserName", user.name);
  xml.text("AccessKeyId", added.id);
  xml.text("Status", "Active");
  xml.text("SecretAccessKey", added.secret);
  xml.time("CreateDate", added.created);
  xml.close();
  return xml.take();
}

AccessKey& key_of(User& user, const QueryParameters& parameters) {
  const std::string id = parameters.require("AccessKeyId");
  for (AccessKey& key : user.keys) {
    if (key.id == id) return key;
  }
  throw ApiError(404, "NoSuchEntity", "The Access Key with id " + id + " cannot be found.");
}

void update_access_key(const Call& call, const QueryParameters& parameters) {
  AccessKey& key = key_of(iam_user(call, parameters), parameters);
  const std::string status = parameters.require("Status");
  if (status != "Active" && status != "Inactive") {
    throw ApiError(
        400, "ValidationError",
        "1 validation error detected: Value '" + status +
            "' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]");
  }
  const bool active = status == "Active";
  if (key.active != active) key.changed = call.now;
  key.active = active;
}

std::string get_access_key_last_used(const Call& call, const QueryParameters& parameters) {
  const std::string id = parameters.require("AccessKeyId");
  Account* owner = nullptr;
  const auto [user, key] = call.world.find_key(id, &owner);
  const bool ours = key && owner == &call.account;
  authorize(call, "iam:GetAccessKeyLastUsed",
            ours ? user_arn(call.account, *user) : "arn:aws:iam::" + call.account.id + ":user/*");
  if (!ours) {
    // AWS does not tell whose key an unknown id is.
    throw ApiError(403, "AccessDenied",
                   "User: " + call.principal.arn +
                       " is not authorized to perform: "
                       "iam:GetAccessKeyLastUsed on resource: access key " +
                       id);
  }
  XmlWriter xml;
  xml.text("UserName", user->name);
  xml.open("AccessKeyLastUsed");
  if (key->last_used) xml.time("LastUsedDate", key->last_used->date);
  xml.text("ServiceName", key->last_used ? key->last_used->service : "N/A");
  xml.text("Region", key->last_used ? key->last_used->region : "N/A");
  xml.close();
  return xml.take();
}

}  // namespace

bool handle_iam_keys(const Call& call, const QueryParameters& parameters, IamResult& result) {
  const std::string& action = call.action;
  if (action == "ListAccessKeys") {
    result = list_access_keys(call, parameters);
  } else if (action == "CreateAccessKey") {
    result = create_access_key(call, parameters);
  } else if (action == "UpdateAccessKey") {
    update_access_key(call, parameters);
  } else if (action == "DeleteAccessKey") {
    User& user = iam_user(call, parameters);
    const std::string id = key_of(user, parameters).id;
    if (!call.world.quirks.undying_keys) call.world.remove_key(user, id);
  } else if (action == "GetAccessKeyLastUsed") {
    result = get_access_key_last_used(call, parameters);
  } else {
    return false;
  }
  return true;
}

}  // namespace keyward::sandbox
