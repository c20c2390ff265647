#include "sandbox/authorization.hpp"
#include "sandbox/iam_service.hpp"

// SimulatePrincipalPolicy: what the policies of a user or role say, without their sessions and the resources' own.
namespace keyward::sandbox {
namespace {

/// The policies of the principal that an ARN names.
std::vector<const Policies*> policies_of(const Call& call, const std::string& arn) {
  for (const auto& [name, role] : call.account.roles) {
    if (role_arn(call.account, role) == arn) return {&role.policies};
  }
  for (const auto& [name, user] : call.account.users) {
    if (user_arn(call.account, user) != arn) continue;
    std::vector<const Policies*> all{&user.policies};
    for (const std::string& group : user.groups) {
      const auto found = call.account.groups.find(group);
      if (found != call.account.groups.end()) all.push_back(&found->second.policies);
    }
    return all;
  }
  throw ApiError(404, "NoSuchEntity", "The entity " + arn + " cannot be found.");
}

PolicyContext context_of(const QueryParameters& parameters) {
  PolicyContext context;
  for (int number = 1;; ++number) {
    const std::string entry = "ContextEntries.member." + std::to_string(number);
    const auto key = parameters.find(entry + ".ContextKeyName");
    if (!key) return context;
    context[lower(*key)] = parameters.list(entry + ".ContextKeyValues");
  }
}

PolicyVerdict verdict_of(const std::vector<const Policies*>& all, const PolicyQuestion& question) {
  PolicyVerdict sum;
  for (const Policies* policies : all) {
    for (const auto& [name, text] : *policies) {
      const auto policy = parse_policy(text, PolicyKind::identity);
      if (!policy) continue;
      const PolicyVerdict verdict = evaluate(*policy, question);
      sum.denied |= verdict.denied;
      sum.grant = std::max(sum.grant, verdict.grant);
    }
  }
  return sum;
}

}  // namespace

bool handle_iam_simulation(const Call& call, const QueryParameters& parameters, IamResult& result) {
  if (call.action != "SimulatePrincipalPolicy") return false;
  const std::string principal = parameters.require("PolicySourceArn");
  authorize(call, "iam:SimulatePrincipalPolicy", principal);
  const std::vector<const Policies*> policies = policies_of(call, principal);
  std::vector<std::string> resources = parameters.list("ResourceArns");
  if (resources.empty()) resources.emplace_back("*");
  XmlWriter xml;
  xml.open("EvaluationResults");
  for (const std::string& action : parameters.list("ActionNames")) {
    for (const std::string& resource : resources) {
      if (resource != "*" && resource.find_first_of("*?") != std::string::npos)
        throw ApiError(400, "InvalidInput", "Invalid Resource ARN: " + resource);
      PolicyQuestion question;
      question.action = action;
      question.resource = resource;
      question.account = call.account.id;
      question.principal_arns = {principal};
      question.context = context_of(parameters);
      const PolicyVerdict verdict = verdict_of(policies, question);
      xml.open("member");
      xml.text("EvalActionName", action);
      xml.text("EvalResourceName", resource);
      xml.text("EvalDecision", verdict.denied ? "explicitDeny" : verdict.allows() ? "allowed" : "implicitDeny");
      xml.close();
    }
  }
  xml.close();
  xml.flag("IsTruncated", false);
  result = xml.take();
  return true;
}

}  // namespace keyward::sandbox
