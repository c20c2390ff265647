#include <algorithm>

#include "base/ids.hpp"
#include "sandbox/authorization.hpp"
#include "sandbox/iam_service.hpp"
#include "sandbox/tags.hpp"

// Users, their tags, groups and membership.
namespace keyward::sandbox {
namespace {

constexpr std::size_t k_groups_per_user = 10;

std::string list_users(const Call& call, const QueryParameters& parameters) {
  authorize(call, "iam:ListUsers", "arn:aws:iam::" + call.account.id + ":user/");
  const std::string prefix = parameters.find("PathPrefix").value_or("/");
  std::vector<const User*> users;
  for (const auto& [name, user] : call.account.users) {
    if (user.path.starts_with(prefix)) users.push_back(&user);
  }
  XmlWriter xml;
  write_iam_page(
      xml, call, parameters, "Users", users, [](const User* user) { return user->name; },
      [&](const User* user) { write_user(xml, call, *user); });
  return xml.take();
}

void write_tags(XmlWriter& xml, const IamTags& tags) {
  xml.open("Tags");
  for (const auto& [key, value] : tags) {
    xml.open("member");
    xml.text("Key", key);
    xml.text("Value", value);
    xml.close();
  }
  xml.close();
}

std::string get_user(const Call& call, const QueryParameters& parameters) {
  const User& user = iam_user(call, parameters);
  XmlWriter xml;
  xml.open("User");
  write_user(xml, call, user);
  if (!user.tags.empty()) write_tags(xml, user.tags);
  xml.close();
  return xml.take();
}

/// Checks the tags of a request and lays them over `tags`; nothing is changed when one is bad.
void merge_tags(IamTags& tags, const std::vector<std::pair<std::string, std::string>>& added) {
  IamTags merged = tags;
  std::set<std::string, CaseInsensitiveLess> seen;
  for (const auto& [key, value] : added) {
    check_tag(key, value, "ValidationError");
    if (!seen.insert(key).second) {
      throw ApiError(400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    }
    merged.erase(key);  // the new spelling of the key replaces the old one
    merged.emplace(key, value);
  }
  if (merged.size() > k_tags_per_resource) {
    throw ApiError(409, "LimitExceeded", "The number of tags has reached the maximum limit.");
  }
  tags = std::move(merged);
}

std::string create_user(const Call& call, const QueryParameters& parameters) {
  const std::string name = parameters.require("UserName");
  const std::string path = parameters.find("Path").value_or("/");
  authorize(call, "iam:CreateUser", "arn:aws:iam::" + call.account.id + ":user" + path + name);
  if (!base::UserName::parse(name) || name.size() > 64) {
    throw ApiError(
        400, "ValidationError",
        "1 validation error detected: Value '" + name +
            "' at 'userName' failed to satisfy constraint: Member "
            "must satisfy regular expression pattern: [\\w+=,.@-]+ and have length less than or equal to 64");
  }
  if (!path.starts_with('/') || !path.ends_with('/') || path.size() > 512) {
    throw ApiError(400, "ValidationError",
                   "The specified value for path is invalid. It must begin and end with / and "
                   "contain only alphanumeric characters and/or / characters.");
  }
  if (call.account.users.contains(name)) {
    throw ApiError(409, "EntityAlreadyExists", "User with name " + name + " already exists.");
  }
  User user;
  user.name = name;
  user.path = path;
  user.id = call.world.random.unique_id("AIDA");
  user.created = call.now;
  merge_tags(user.tags, parameters.tags("Tags"));
  const User& added = call.account.users.emplace(name, std::move(user)).first->second;
  XmlWriter xml;
  xml.open("User");
  write_user(xml, call, added);
  if (!added.tags.empty()) write_tags(xml, added.tags);
  xml.close();
  return xml.take();
}

void delete_user(const Call& call, const QueryParameters& parameters) {
  const User& user = iam_user(call, parameters);
  const char* blocker = !user.keys.empty()       ? "must delete access keys first."
                        : !user.policies.empty() ? "must delete policies first."
                        : !user.groups.empty()   ? "must remove users from group first."
                        : user.has_password      ? "must delete login profile first."
                                                 : nullptr;
  if (blocker) throw ApiError(409, "DeleteConflict", std::string("Cannot delete entity, ") + blocker);
  call.account.users.erase(std::string(user.name));
}

std::string list_user_tags(const Call& call, const QueryParameters& parameters) {
  const User& user = iam_user(call, parameters);
  XmlWriter xml;
  write_iam_page(
      xml, call, parameters, "Tags", user.tags, [](const auto& tag) { return tag.first; },
      [&](const auto& tag) {
        xml.text("Key", tag.first);
        xml.text("Value", tag.second);
      });
  return xml.take();
}

void tag_user(const Call& call, const QueryParameters& parameters) {
  const auto given = parameters.tags("Tags");
  PolicyContext context;
  for (const auto& [key, value] : given) {
    context["aws:requesttag/" + lower(key)] = {value};
    context["aws:tagkeys"].push_back(key);
  }
  User& user = iam_user(call, parameters, context);
  IamTags tags = user.tags;
  merge_tags(tags, given);
  if (!call.world.quirks.forgotten_tags) user.tags = std::move(tags);
}

void untag_user(const Call& call, const QueryParameters& parameters) {
  const auto keys = parameters.list("TagKeys");
  User& user = iam_user(call, parameters, {{"aws:tagkeys", keys}});
  if (keys.empty()) parameters.require("TagKeys");
  for (const std::string& key : keys) user.tags.erase(key);
}

void write_group(XmlWriter& xml, const Call& call, const Group& group) {
  xml.text("Path", group.path);
  xml.text("GroupName", group.name);
  xml.text("GroupId", group.id);
  xml.text("Arn", group_arn(call.account, group));
  xml.time("CreateDate", group.created);
}

std::string get_group(const Call& call, const QueryParameters& parameters) {
  const Group& group = iam_group(call, parameters);
  std::vector<const User*> members;
  for (const auto& [name, user] : call.account.users) {
    if (user.groups.contains(group.name)) members.push_back(&user);
  }
  XmlWriter xml;
  xml.open("Group");
  write_group(xml, call, group);
  xml.close();
  write_iam_page(
      xml, call, parameters, "Users", members, [](const User* user) { return user->name; },
      [&](const User* user) { write_user(xml, call, *user); });
  return xml.take();
}

std::string list_groups(const Call& call, const QueryParameters& parameters, const User* of) {
  std::vector<const Group*> groups;
  for (const auto& [name, group] : call.account.groups) {
    if (!of || of->groups.contains(name)) groups.push_back(&group);
  }
  XmlWriter xml;
  write_iam_page(
      xml, call, parameters, "Groups", groups, [](const Group* group) { return group->name; },
      [&](const Group* group) { write_group(xml, call, *group); });
  return xml.take();
}

std::string create_group(const Call& call, const QueryParameters& parameters) {
  const std::string name = parameters.require("GroupName");
  authorize(call, "iam:CreateGroup", "arn:aws:iam::" + call.account.id + ":group/" + name);
  if (call.account.groups.contains(name)) {
    throw ApiError(409, "EntityAlreadyExists", "Group with name " + name + " already exists.");
  }
  Group group;
  group.name = name;
  group.path = parameters.find("Path").value_or("/");
  group.id = call.world.random.unique_id("AGPA");
  group.created = call.now;
  const Group& added = call.account.groups.emplace(name, std::move(group)).first->second;
  XmlWriter xml;
  xml.open("Group");
  write_group(xml, call, added);
  xml.close();
  return xml.take();
}

void delete_group(const Call& call, const QueryParameters& parameters) {
  const Group& group = iam_group(call, parameters);
  const bool used = std::any_of(call.account.users.begin(), call.account.users.end(),
                                [&](const auto& entry) { return entry.second.groups.contains(group.name); });
  if (used) throw ApiError(409, "DeleteConflict", "Cannot delete entity, must remove users from group first.");
  call.account.groups.erase(std::string(group.name));
}

User& group_member(const Call& call, const QueryParameters& parameters) {
  const std::string name = parameters.require("UserName");
  const auto user = call.account.users.find(name);
  if (user == call.account.users.end()) {
    throw ApiError(404, "NoSuchEntity", "The user with name " + name + " cannot be found.");
  }
  return user->second;
}

void add_user_to_group(const Call& call, const QueryParameters& parameters) {
  const Group& group = iam_group(call, parameters);
  User& user = group_member(call, parameters);
  if (!user.groups.contains(group.name) && user.groups.size() == k_groups_per_user) {
    throw ApiError(409, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10");
  }
  user.groups.insert(group.name);
}

void remove_user_from_group(const Call& call, const QueryParameters& parameters) {
  const Group& group = iam_group(call, parameters);
  group_member(call, parameters).groups.erase(group.name);
}

}  // namespace

bool handle_iam_users(const Call& call, const QueryParameters& parameters, IamResult& result) {
  const std::string& action = call.action;
  if (action == "ListUsers") {
    result = list_users(call, parameters);
  } else if (action == "GetUser") {
    result = get_user(call, parameters);
  } else if (action == "CreateUser") {
    result = create_user(call, parameters);
  } else if (action == "DeleteUser") {
    delete_user(call, parameters);
  } else if (action == "ListUserTags") {
    result = list_user_tags(call, parameters);
  } else if (action == "TagUser") {
    tag_user(call, parameters);
  } else if (action == "UntagUser") {
    untag_user(call, parameters);
  } else if (action == "GetGroup") {
    result = get_group(call, parameters);
  } else if (action == "ListGroups") {
    authorize(call, "iam:ListGroups", "arn:aws:iam::" + call.account.id + ":group/");
    result = list_groups(call, parameters, nullptr);
  } else if (action == "ListGroupsForUser") {
    result = list_groups(call, parameters, &iam_user(call, parameters));
  } else if (action == "CreateGroup") {
    result = create_group(call, parameters);
  } else if (action == "DeleteGroup") {
    delete_group(call, parameters);
  } else if (action == "AddUserToGroup") {
    add_user_to_group(call, parameters);
  } else if (action == "RemoveUserFromGroup") {
    remove_user_from_group(call, parameters);
  } else {
    return false;
  }
  return true;
}

}  // namespace keyward::sandbox
