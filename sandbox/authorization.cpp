#include "sandbox/authorization.hpp"

#include <optional>

namespace keyward::sandbox {
namespace {

/// Stored policies were checked when they were written; one that does not parse allows nothing.
Policy parsed(const std::string& text, PolicyKind kind) {
  auto policy = parse_policy(text, kind);
  return policy ? std::move(*policy) : Policy();
}

PolicyVerdict evaluate_all(const Policies& policies, const PolicyQuestion& question) {
  PolicyVerdict sum;
  for (const auto& [name, text] : policies) {
    const PolicyVerdict verdict = evaluate(parsed(text, PolicyKind::identity), question);
    sum.denied |= verdict.denied;
    sum.grant = std::max(sum.grant, verdict.grant);
  }
  return sum;
}

PolicyVerdict evaluate_identity(const Call& call, const PolicyQuestion& question) {
  PolicyVerdict sum;
  const auto add = [&](const Policies& policies) {
    const PolicyVerdict verdict = evaluate_all(policies, question);
    sum.denied |= verdict.denied;
    sum.grant = std::max(sum.grant, verdict.grant);
  };
  if (call.principal.kind == PrincipalKind::role_session) {
    const Session& session = call.world.sessions.at(call.principal.access_key_id);
    const auto role = call.account.roles.find(session.role);
    if (role != call.account.roles.end()) add(role->second.policies);
    return sum;
  }
  const auto user = call.account.users.find(call.principal.user);
  if (user == call.account.users.end()) return sum;
  add(user->second.policies);
  for (const std::string& name : user->second.groups) {
    const auto group = call.account.groups.find(name);
    if (group != call.account.groups.end()) add(group->second.policies);
  }
  return sum;
}

const std::string& organization_of(const World& world, const Account& account) {
  return account.elsewhere.empty() ? world.organization_id : account.elsewhere;
}

/// Nothing when allowed, else why not, in AWS's words.
std::optional<std::string> refusal(const Call& call, const Access& access) {
  PolicyQuestion question;
  question.action = access.action;
  question.resource = access.resource;
  question.account = call.principal.account;
  question.principal_arns = {call.principal.arn};
  question.context = access.context;
  question.context.merge(request_context(call));
  if (const Account* owner = call.world.find_account(access.owner)) {
    question.context["aws:resourceaccount"] = {access.owner};
    question.context["aws:resourceorgid"] = {organization_of(call.world, *owner)};
  }
  if (call.principal.kind == PrincipalKind::role_session) {
    question.principal_arns.push_back(call.principal.role_arn);
    question.session_arn = call.principal.arn;
  }

  const PolicyVerdict identity = evaluate_identity(call, question);
  PolicyVerdict resource;
  if (!access.resource_policy.empty()) {
    resource = evaluate(parsed(access.resource_policy, access.resource_policy_kind), question);
  }
  PolicyVerdict session{false, PolicyGrant::principal};
  if (call.principal.kind == PrincipalKind::role_session) {
    const std::string& text = call.world.sessions.at(call.principal.access_key_id).policy;
    if (!text.empty()) session = evaluate(parsed(text, PolicyKind::identity), question);
  }

  if (identity.denied) return "with an explicit deny in an identity-based policy";
  if (resource.denied) return "with an explicit deny in a resource-based policy";
  if (session.denied) return "with an explicit deny in a session policy";

  const std::string what = " allows the " + access.action + " action";
  if (access.owner != call.principal.account) {
    if (!identity.allows()) return "because no identity-based policy" + what;
    if (!session.allows()) return "because no session policy" + what;
    if (!resource.allows()) return "because no resource-based policy" + what;
    return std::nullopt;
  }
  if (access.resource_must_allow && !resource.allows()) return "because no resource-based policy" + what;
  if (resource.grant == PolicyGrant::session) return std::nullopt;
  if (!session.allows()) return "because no session policy" + what;
  if (identity.allows() || resource.grant == PolicyGrant::principal) return std::nullopt;
  return "because no identity-based policy" + what;
}

}  // namespace

PolicyContext request_context(const Call& call) {
  const Principal& principal = call.principal;
  PolicyContext context;
  context["aws:principalarn"] = {principal.kind == PrincipalKind::user ? principal.arn : principal.role_arn};
  context["aws:principalaccount"] = {principal.account};
  context["aws:principalorgid"] = {organization_of(call.world, call.account)};
  context["aws:principalorgpaths"] = {call.world.organization_path(call.account.parent)};
  context["aws:principaltype"] = {principal.kind == PrincipalKind::user ? "User" : "AssumedRole"};
  context["aws:userid"] = {principal.unique_id};
  context["aws:requestedregion"] = {call.region};
  context["aws:currenttime"] = {base::format_iso8601(call.now)};
  if (principal.kind == PrincipalKind::user) context["aws:username"] = {principal.user};
  return context;
}

bool is_authorized(const Call& call, const Access& access) { return !refusal(call, access); }

void authorize(const Call& call, const Access& access) {
  const auto why = refusal(call, access);
  if (!why) return;
  const std::string message = "User: " + call.principal.arn + " is not authorized to perform: " + access.action +
                              (access.resource == "*" ? " " : " on resource: " + access.resource + " ") + *why;
  const bool query =
      call.service == "iam" || call.service == "sts" || call.service == "s3" || call.service == "monitoring";
  if (call.service == "sns") throw ApiError(403, "AuthorizationError", message);
  throw ApiError(query || call.service == "ses" ? 403 : 400, query ? "AccessDenied" : "AccessDeniedException", message);
}

void authorize(const Call& call, std::string action, std::string resource) {
  authorize(call, Access{std::move(action), std::move(resource), call.account.id, {}, PolicyKind::resource, {}});
}

}  // namespace keyward::sandbox
