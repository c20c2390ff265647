#include "sandbox/iam_service.hpp"

#include "base/ids.hpp"
#include "sandbox/authorization.hpp"

namespace keyward::sandbox {

std::size_t iam_page_size(const Call& call, const QueryParameters& parameters) {
  const int wanted = parameters.number("MaxItems", 1, 1000, 100);
  if (!call.world.quirks.short_iam_pages || wanted == 1) return static_cast<std::size_t>(wanted);
  return static_cast<std::size_t>(wanted + 1) / 2;
}

User& iam_user(const Call& call, const QueryParameters& parameters, const PolicyContext& context) {
  std::string name = parameters.get("UserName");
  if (name.empty()) {
    if (call.principal.kind != PrincipalKind::user) {
      throw ApiError(400, "ValidationError", "Must specify userName when calling with non-User credentials");
    }
    name = call.principal.user;
  }
  if (!base::UserName::parse(name)) {
    throw ApiError(400, "ValidationError",
                   "The specified value for userName is invalid. It must contain only "
                   "alphanumeric characters and/or the following: +=,.@_-");
  }
  const auto user = call.account.users.find(name);
  const std::string arn = user == call.account.users.end() ? "arn:aws:iam::" + call.account.id + ":user/" + name
                                                           : user_arn(call.account, user->second);
  authorize(call, Access{"iam:" + call.action, arn, call.account.id, "", PolicyKind::resource, context});
  if (user == call.account.users.end()) {
    throw ApiError(404, "NoSuchEntity", "The user with name " + name + " cannot be found.");
  }
  return user->second;
}

Group& iam_group(const Call& call, const QueryParameters& parameters) {
  const std::string name = parameters.require("GroupName");
  const auto group = call.account.groups.find(name);
  const std::string arn = group == call.account.groups.end() ? "arn:aws:iam::" + call.account.id + ":group/" + name
                                                             : group_arn(call.account, group->second);
  authorize(call, "iam:" + call.action, arn);
  if (group == call.account.groups.end()) {
    throw ApiError(404, "NoSuchEntity", "The group with name " + name + " cannot be found.");
  }
  return group->second;
}

void write_user(XmlWriter& xml, const Call& call, const User& user) {
  xml.text("Path", user.path);
  xml.text("UserName", user.name);
  xml.text("UserId", user.id);
  xml.text("Arn", user_arn(call.account, user));
  xml.time("CreateDate", user.created);
}

std::optional<std::string> handle_iam(const Call& call, const QueryParameters& parameters) {
  IamResult result;
  if (handle_iam_users(call, parameters, result) || handle_iam_keys(call, parameters, result) ||
      handle_iam_policies(call, parameters, result) ||
      handle_iam_simulation(call, parameters, result) || handle_iam_reports(call, parameters, result)) {
    return result;
  }
  throw ApiError(400, "InvalidAction", "Could not find operation " + call.action + " for version 2010-05-08");
}

}  // namespace keyward::sandbox
