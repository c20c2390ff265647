#include "sandbox/sts_service.hpp"

#include <algorithm>
#include <cctype>

#include "sandbox/authorization.hpp"
#include "sandbox/tags.hpp"
#include "sandbox/web_identity.hpp"

namespace keyward::sandbox {
namespace {

constexpr int k_chained_seconds = 3600;
constexpr std::size_t k_session_policy_characters = 2048;

void check_text(std::string_view member, const std::string& value, std::size_t low, std::size_t high,
                std::string_view specials) {
  const bool legal = std::all_of(value.begin(), value.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || specials.find(c) != std::string_view::npos;
  });
  if (legal && value.size() >= low && value.size() <= high) return;
  throw ApiError(400, "ValidationError",
                 "1 validation error detected: Value '" + value + "' at '" + std::string(member) +
                     "' failed to satisfy constraint: Member must have length between " + std::to_string(low) +
                     " and " + std::to_string(high) + " and satisfy regular expression pattern: [\\w" +
                     std::string(specials) + "]*");
}

struct RoleName {
  std::string account;
  std::string path_and_name;
};

RoleName read_role_arn(const std::string& arn) {
  constexpr std::string_view k_prefix = "arn:aws:iam::";
  if (arn.size() < 20 || arn.size() > 2048 || !arn.starts_with(k_prefix)) {
    throw ApiError(400, "ValidationError", arn + " is invalid");
  }
  const std::string rest = arn.substr(k_prefix.size());
  const std::size_t colon = rest.find(":role/");
  if (colon != 12) throw ApiError(400, "ValidationError", arn + " is invalid");
  return {rest.substr(0, colon), rest.substr(colon + 5)};
}

Role* find_role(Account* account, const std::string& path_and_name) {
  if (!account) return nullptr;
  const auto role = account->roles.find(path_and_name.substr(path_and_name.rfind('/') + 1));
  if (role == account->roles.end()) return nullptr;
  return role->second.path + role->second.name == path_and_name ? &role->second : nullptr;
}

void authorize_assumption(const Call& call, const std::string& arn, Account* target, const Role* role,
                          const std::string& session_name, const std::string& external_id) {
  // A role that does not exist and one that does not trust the caller get the same answer.
  const bool usable = role && (target->state == AccountState::active || target->state == AccountState::pending_closure);
  Access access{"sts:AssumeRole",  arn, usable ? target->id : "nobody", usable ? role->trust : "",
                PolicyKind::trust, {}};
  if (!external_id.empty()) access.context["sts:externalid"] = {external_id};
  access.context["sts:rolesessionname"] = {session_name};
  access.resource_must_allow = true;
  if (is_authorized(call, access)) return;
  throw ApiError(403, "AccessDenied",
                 "User: " + call.principal.arn + " is not authorized to perform: sts:AssumeRole on resource: " + arn);
}

struct SessionWish {
  std::string arn;
  std::string session_name;
  std::string policy;
  int seconds = 0;
  RoleName role;
};

/// What AssumeRole and AssumeRoleWithWebIdentity have in common, checked.
SessionWish read_wish(const QueryParameters& parameters) {
  SessionWish wish;
  wish.arn = parameters.require("RoleArn");
  wish.session_name = parameters.require("RoleSessionName");
  wish.policy = parameters.get("Policy");
  wish.role = read_role_arn(wish.arn);
  check_text("roleSessionName", wish.session_name, 2, 64, "_+=,.@-");
  wish.seconds = parameters.number("DurationSeconds", 900, 43200, 3600);
  if (wish.policy.size() > k_session_policy_characters) {
    throw ApiError(
        400, "ValidationError",
        "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length "
        "less than or equal to 2048");
  }
  if (!wish.policy.empty()) {
    const auto parsed = parse_policy(wish.policy, PolicyKind::identity);
    if (!parsed) throw ApiError(400, "MalformedPolicyDocument", parsed.error());
  }
  return wish;
}

/// Begins the session and answers with its credentials.
std::string open_session(const Call& call, const SessionWish& wish, const Account& target, const Role& role,
                         Tags tags) {
  if (wish.seconds > role.max_session_seconds) {
    throw ApiError(400, "ValidationError",
                   "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  Session session;
  session.access_key_id = call.world.random.access_key_id("ASIA");
  session.secret = call.world.random.secret_access_key();
  session.token = call.world.random.session_token(call.world.quirks.session_token_size);
  session.account = target.id;
  session.role = role.name;
  session.name = wish.session_name;
  session.policy = wish.policy;
  session.expires = call.now + std::chrono::seconds(wish.seconds);
  session.tags = std::move(tags);
  call.world.forget_expired_sessions();

  XmlWriter xml;
  xml.open("AssumedRoleUser");
  xml.text("AssumedRoleId", role.id + ":" + wish.session_name);
  xml.text("Arn", session_arn(session));
  xml.close();
  xml.open("Credentials");
  xml.text("AccessKeyId", session.access_key_id);
  xml.text("SecretAccessKey", session.secret);
  xml.text("SessionToken", session.token);
  xml.time("Expiration", session.expires);
  xml.close();
  if (!wish.policy.empty()) {
    xml.text("PackedPolicySize", std::to_string(1 + wish.policy.size() * 100 / (2 * k_session_policy_characters)));
  }
  call.world.sessions.emplace(session.access_key_id, std::move(session));
  return xml.take();
}

std::string assume_role(const Call& call, const QueryParameters& parameters) {
  const SessionWish wish = read_wish(parameters);
  const std::string external_id = parameters.get("ExternalId");
  if (parameters.find("ExternalId")) check_text("externalId", external_id, 2, 1224, "_+=,.@:/-");

  Account* target = call.world.find_account(wish.role.account);
  const Role* role = find_role(target, wish.role.path_and_name);
  authorize_assumption(call, wish.arn, target, role, wish.session_name, external_id);
  if (call.principal.kind == PrincipalKind::role_session && wish.seconds > k_chained_seconds) {
    throw ApiError(400, "ValidationError",
                   "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  }
  Tags tags;
  for (const auto& [key, value] : parameters.tags("Tags")) {
    check_tag(key, value, "ValidationError");
    tags[key] = value;
  }
  return open_session(call, wish, *target, *role, std::move(tags));
}

/// The role's trust policy alone decides: a token has no identity policy.
std::string assume_role_with_web_identity(const Call& call, const QueryParameters& parameters) {
  const SessionWish wish = read_wish(parameters);
  const WebIdentity identity = read_web_identity(parameters.require("WebIdentityToken"), call.now);
  Account* target = call.world.find_account(wish.role.account);
  const Role* role = find_role(target, wish.role.path_and_name);

  PolicyQuestion question;
  question.action = "sts:AssumeRoleWithWebIdentity";
  question.resource = wish.arn;
  question.principal_arns = {call.principal.arn};
  question.context[lower(identity.provider) + ":sub"] = {identity.subject};
  question.context[lower(identity.provider) + ":aud"] = {identity.audience};
  question.context["sts:rolesessionname"] = {wish.session_name};
  const auto trust = role != nullptr ? parse_policy(role->trust, PolicyKind::trust) : Policy();
  const bool usable = role != nullptr && target->state == AccountState::active;
  if (!usable || !trust || !evaluate(*trust, question).allows()) {
    throw ApiError(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
  }
  return open_session(call, wish, *target, *role, {});
}

}  // namespace

Principal web_identity_principal(const World& world, const QueryParameters& parameters) {
  const WebIdentity identity = read_web_identity(parameters.require("WebIdentityToken"), world.now());
  Principal principal;
  principal.kind = PrincipalKind::web_identity;
  principal.account = read_role_arn(parameters.require("RoleArn")).account;
  // The sandbox has to book the call somewhere, also where the account does not exist.
  if (!world.accounts.contains(principal.account)) principal.account = world.management_account;
  principal.arn = "arn:aws:iam::" + principal.account + ":oidc-provider/" + identity.provider;
  principal.unique_id = identity.subject;
  return principal;
}

std::optional<std::string> handle_sts(const Call& call, const QueryParameters& parameters) {
  if (call.action == "GetCallerIdentity") {  // needs no permission, works under an explicit Deny
    XmlWriter xml;
    xml.text("Arn", call.principal.arn);
    xml.text("UserId", call.principal.unique_id);
    xml.text("Account", call.principal.account);
    return xml.take();
  }
  if (call.action == "AssumeRole") return assume_role(call, parameters);
  if (call.action == "AssumeRoleWithWebIdentity") return assume_role_with_web_identity(call, parameters);
  throw ApiError(400, "InvalidAction", "Could not find operation " + call.action + " for version 2011-06-15");
}

}  // namespace keyward::sandbox
