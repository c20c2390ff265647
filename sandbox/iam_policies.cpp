#include "base/encoding.hpp"
#include "sandbox/authorization.hpp"
#include "sandbox/iam_service.hpp"

// Inline policies and roles.
namespace keyward::sandbox {
namespace {

std::string checked_document(const QueryParameters& parameters, const std::string& name, PolicyKind kind) {
  std::string document = parameters.require(name);
  const auto policy = parse_policy(document, kind);
  if (!policy) throw ApiError(400, "MalformedPolicyDocument", policy.error());
  return document;
}

Role& role_of(const Call& call, const QueryParameters& parameters) {
  const std::string name = parameters.require("RoleName");
  const auto role = call.account.roles.find(name);
  authorize(call, "iam:" + call.action,
            role == call.account.roles.end() ? "arn:aws:iam::" + call.account.id + ":role/" + name
                                             : role_arn(call.account, role->second));
  if (role == call.account.roles.end()) {
    throw ApiError(404, "NoSuchEntity", "The role with name " + name + " cannot be found.");
  }
  return role->second;
}

std::string get_policy(const Policies& policies, const QueryParameters& parameters, std::string_view owner_member,
                       const std::string& owner) {
  const std::string name = parameters.require("PolicyName");
  const auto policy = policies.find(name);
  if (policy == policies.end()) {
    throw ApiError(404, "NoSuchEntity", "The policy with name " + name + " cannot be found.");
  }
  XmlWriter xml;
  xml.text(owner_member, owner);
  xml.text("PolicyName", name);
  xml.text("PolicyDocument", base::percent_encode(policy->second));
  return xml.take();
}

void put_policy(Policies& policies, const QueryParameters& parameters) {
  policies[parameters.require("PolicyName")] = checked_document(parameters, "PolicyDocument", PolicyKind::identity);
}

void delete_policy(Policies& policies, const QueryParameters& parameters) {
  const std::string name = parameters.require("PolicyName");
  if (policies.erase(name) == 0) {
    throw ApiError(404, "NoSuchEntity", "The policy with name " + name + " cannot be found.");
  }
}

std::string list_policies(const Call& call, const QueryParameters& parameters, const Policies& policies) {
  // PolicyNames/member holds plain text, so the page is written by hand.
  const std::size_t size = iam_page_size(call, parameters);
  const auto after = read_token(call.action, parameters.get("Marker"));
  XmlWriter xml;
  xml.open("PolicyNames");
  std::size_t written = 0;
  std::string last;
  bool truncated = false;
  for (const auto& [name, text] : policies) {
    if (after && name <= *after) continue;
    if (written == size) {
      truncated = true;
      break;
    }
    xml.text("member", name);
    last = name;
    ++written;
  }
  xml.close();
  xml.flag("IsTruncated", truncated);
  if (truncated) xml.text("Marker", make_token(call.action, last));
  return xml.take();
}

void write_role(XmlWriter& xml, const Call& call, const Role& role) {
  xml.text("Path", role.path);
  xml.text("RoleName", role.name);
  xml.text("RoleId", role.id);
  xml.text("Arn", role_arn(call.account, role));
  xml.time("CreateDate", role.created);
  xml.text("AssumeRolePolicyDocument", base::percent_encode(role.trust));
  xml.text("MaxSessionDuration", std::to_string(role.max_session_seconds));
}

std::string create_role(const Call& call, const QueryParameters& parameters) {
  const std::string name = parameters.require("RoleName");
  authorize(call, "iam:CreateRole", "arn:aws:iam::" + call.account.id + ":role/" + name);
  if (call.account.roles.contains(name)) {
    throw ApiError(409, "EntityAlreadyExists", "Role with name " + name + " already exists.");
  }
  Role role;
  role.name = name;
  role.path = parameters.find("Path").value_or("/");
  role.created = call.now;
  role.trust = checked_document(parameters, "AssumeRolePolicyDocument", PolicyKind::trust);
  role.max_session_seconds = parameters.number("MaxSessionDuration", 3600, 43200, 3600);
  role.id = call.world.random.unique_id("AROA");
  const Role& added = call.account.roles.emplace(name, std::move(role)).first->second;
  XmlWriter xml;
  xml.open("Role");
  write_role(xml, call, added);
  xml.close();
  return xml.take();
}

}  // namespace

bool handle_iam_policies(const Call& call, const QueryParameters& parameters, IamResult& result) {
  const std::string& action = call.action;
  if (action == "PutUserPolicy") {
    put_policy(iam_user(call, parameters).policies, parameters);
  } else if (action == "GetUserPolicy") {
    const User& user = iam_user(call, parameters);
    result = get_policy(user.policies, parameters, "UserName", user.name);
  } else if (action == "DeleteUserPolicy") {
    delete_policy(iam_user(call, parameters).policies, parameters);
  } else if (action == "ListUserPolicies") {
    result = list_policies(call, parameters, iam_user(call, parameters).policies);
  } else if (action == "ListAttachedUserPolicies") {
    const User& user = iam_user(call, parameters);
    XmlWriter xml;
    xml.open("AttachedPolicies");
    for (const std::string& name : user.attached_policies) {
      xml.open("member");
      xml.text("PolicyName", name);
      xml.text("PolicyArn", "arn:aws:iam::aws:policy/" + name);
      xml.close();
    }
    xml.close();
    xml.flag("IsTruncated", false);
    result = xml.take();
  } else if (action == "PutGroupPolicy") {
    put_policy(iam_group(call, parameters).policies, parameters);
  } else if (action == "DeleteGroupPolicy") {
    delete_policy(iam_group(call, parameters).policies, parameters);
  } else if (action == "CreateRole") {
    result = create_role(call, parameters);
  } else if (action == "GetRole") {
    XmlWriter xml;
    xml.open("Role");
    write_role(xml, call, role_of(call, parameters));
    xml.close();
    result = xml.take();
  } else if (action == "DeleteRole") {
    const Role& role = role_of(call, parameters);
    if (!role.policies.empty())
      throw ApiError(409, "DeleteConflict", "Cannot delete entity, must delete policies first.");
    call.account.roles.erase(std::string(role.name));
  } else if (action == "PutRolePolicy") {
    put_policy(role_of(call, parameters).policies, parameters);
  } else if (action == "GetRolePolicy") {
    const Role& role = role_of(call, parameters);
    result = get_policy(role.policies, parameters, "RoleName", role.name);
  } else if (action == "DeleteRolePolicy") {
    delete_policy(role_of(call, parameters).policies, parameters);
  } else if (action == "UpdateAssumeRolePolicy") {
    role_of(call, parameters).trust = checked_document(parameters, "PolicyDocument", PolicyKind::trust);
  } else {
    return false;
  }
  return true;
}

}  // namespace keyward::sandbox
