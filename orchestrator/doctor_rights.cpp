#include "orchestrator/doctor_rights.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "aws/operations.hpp"
#include "orchestrator/doctor.hpp"
#include "orchestrator/policy_statements.hpp"
#include "report/text.hpp"

// Which rights are there: tried by harmless calls, else simulated, else said not to be known.
namespace keyward::orchestrator {
namespace {

using base::ErrorKind;
using base::Result;
using base::Task;
using report::Finding;
using report::Health;
using report::Reach;

/// Some account, where a resource may be in any.
constexpr const char* k_some_account = "111122223333";

/// Runs go on without these.
constexpr auto k_not_vital =
    std::to_array<std::string_view>({"iam:ListAttachedUserPolicies", "account:GetAlternateContact",
                                     "cloudwatch:PutMetricData", "securityhub:BatchImportFindings"});

constexpr std::string_view word(PolicyMode mode) {
  switch (mode) {
    case PolicyMode::control: return "control";
    case PolicyMode::inventory: return "inventory";
    case PolicyMode::audit: return "audit";
    case PolicyMode::rotate: return "rotate";
    case PolicyMode::store: return "store";
    case PolicyMode::secret_rotation: return "secret-rotation";
  }
  return "";
}

std::string id_of(PolicyMode mode) { return "doctor.rights." + std::string(word(mode)); }

std::string without_wildcards(std::string text) {
  if (const auto at = text.find("::*:"); at != std::string::npos)
    text.replace(at, 4, std::string("::") + k_some_account + ":");
  std::string plain;
  for (const char c : text) {
    if (c == '*') {
      plain += k_doctors_user;
    } else {
      plain += c == '?' ? 'a' : c;
    }
  }
  return plain;
}

/// "arn:aws:iam::*:role/name": the same for every account.
std::string in_any_account(const std::string& arn) {
  const auto account = arn.find("::") + 2;
  return arn.substr(0, account) + "*" + arn.substr(arn.find(':', account));
}

std::string name_of(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

/// Who else may forbid what a policy of the principal allows: one more allow changes nothing.
std::string fix_of_denial(const aws::SimulatedRefusal& refusal, const std::string& principal) {
  if (refusal.by_organization) {
    const auto arn = base::Arn::parse(principal);
    const std::string account = arn ? std::string(base::arn_account(*arn)) : std::string("{account}");
    return "aws organizations list-policies-for-target --filter SERVICE_CONTROL_POLICY --target-id " + account +
           "   # in the management account, also for the units above it; none may deny " + refusal.action;
  }
  const bool user = principal.find(":user/") != std::string::npos;
  const std::string of = (user ? "user-policies --user-name " : "role-policies --role-name ") + name_of(principal);
  return "aws iam list-" + of + "\naws iam list-attached-" + of + "   # find the Deny of " + refusal.action +
         " and take it out; another allow does not help";
}

/// Without these some are not told, and all else is done.
bool is_for_notices(const std::string& action) {
  return action.starts_with("ses:") || action.starts_with("sns:") || action.starts_with("ssm:");
}

std::string fix_of_right(PolicyMode mode, const std::string& principal) {
  const std::string file = std::string(word(mode)) + ".json";
  const bool user = principal.find(":user/") != std::string::npos;
  return "keyward policy " + std::string(word(mode)) + " > " + file + "\naws iam " +
         (user ? "put-user-policy --user-name " : "put-role-policy --role-name ") + name_of(principal) +
         " --policy-name keyward-" + std::string(word(mode)) + " --policy-document file://" + file;
}

Finding lacking(PolicyMode mode, const std::string& principal, const std::string& action, std::string cause) {
  const bool vital = std::ranges::find(k_not_vital, action) == k_not_vital.end();
  return {id_of(mode),
          vital ? Health::failure : Health::warning,
          name_of(principal) + " lacks " + action,
          std::move(cause),
          fix_of_right(mode, principal),
          is_for_notices(action) ? Reach::part : Reach::everything,
          {}};
}

std::string cause_of(const aws::SimulatedRefusal& refusal) {
  if (refusal.by_organization) return "a service control policy of the organization does not allow it";
  if (refusal.explicit_deny) return "a policy denies it explicitly";
  return "no policy allows it";
}

Finding finding_of(const aws::SimulatedRefusal& refusal, PolicyMode mode, const std::string& principal) {
  Finding finding = lacking(mode, principal, refusal.action, cause_of(refusal));
  if (refusal.explicit_deny || refusal.by_organization) finding.fix = fix_of_denial(refusal, principal);
  // A key's own policy can allow what no policy of the role does, and simulation does not look at it.
  if (refusal.action.starts_with("kms:") && !refusal.explicit_deny && !refusal.by_organization) {
    finding.health = Health::warning;
    finding.cause = "no policy of it allows it; only the key's own policy could";
  }
  return finding;
}

/// Whoever may do this could name himself among the readers of a secret.
std::string saying_who_reads() { return actions_of({aws::operations::k_put_resource_policy}).front(); }

/// What to ask about a statement. A Deny is asked for everything, and for each secret whose readers the principal may
/// name, because a Deny that leaves these out holds for "everything" as well. One by one: about several there is one
/// decision.
std::vector<aws::SimulatedAccess> questions_of(const PolicyStatement& statement, const Permissions& needed,
                                               const std::string& principal) {
  std::vector<aws::SimulatedAccess> questions{question_of(statement, principal)};
  if (statement.effect == PolicyEffect::allow) return questions;
  for (const PolicyStatement& other : needed.statements) {
    if (std::ranges::find(other.actions, saying_who_reads()) == other.actions.end()) continue;
    const aws::SimulatedAccess writing = question_of(other, principal);
    for (const std::string& secret : writing.resources) {
      aws::SimulatedAccess question = questions.front();
      question.resources = {secret};
      questions.push_back(std::move(question));
    }
  }
  return questions;
}

/// Actions that nothing denies: then the policy of a resource can allow them.
std::vector<std::string> undenied(const PolicyStatement& deny, const std::vector<aws::SimulatedRefusal>& refusals) {
  std::vector<std::string> open;
  for (const std::string& action : deny.actions) {
    const bool denied = std::ranges::any_of(refusals, [&action](const aws::SimulatedRefusal& refusal) {
      return refusal.action == action && (refusal.explicit_deny || refusal.by_organization);
    });
    if (!denied) open.push_back(action);
  }
  return open;
}

Finding finding_of_undenied(const std::string& action, const PolicyStatement& deny, PolicyMode mode,
                            const std::string& principal) {
  return {id_of(mode),
          Health::warning,
          name_of(principal) + " is not denied " + action,
          "its policy was made by another version of keyward, or by hand; the Deny is there so that " + deny.why,
          fix_of_right(mode, principal),
          Reach::part,
          {}};
}

Finding finding_of_failure(const base::Error& error, PolicyMode mode, const std::string& principal) {
  const std::string snippet = "{\"Effect\": \"Allow\", \"Action\": \"iam:SimulatePrincipalPolicy\", \"Resource\": \"" +
                              in_any_account(principal) + "\"}   # to be added to its policy, for doctor only";
  return {id_of(mode),
          Health::not_checked,
          name_of(principal) + ": not every right could be looked at",
          "they can only be simulated, and that failed: " + reason_of(error),
          error.kind == ErrorKind::denied ? snippet : std::string(),
          Reach::part,
          {}};
}

/// A read that may find nothing: who may not make it is told so.
template <class T>
void judge(Visit& visit, const std::string& role, const std::string& action, const Result<T>& answer) {
  if (answer || answer.error().kind == ErrorKind::not_found) return;
  if (answer.error().kind != ErrorKind::denied) {
    visit.skip("doctor.rights.audit", role + ": " + action, reason_of(answer.error()));
    return;
  }
  Finding finding = lacking(PolicyMode::audit, role, action, "AWS refused the call");
  finding.id = "doctor.rights.tried";
  finding.reach = Reach::part;
  finding.accounts = {visit.account.id.str()};
  visit.findings.push_back(std::move(finding));
}

/// What an audit begins with, asked of nobody.
Task<void> try_reading(Visit& visit, aws::IamClient& iam, std::string role) {
  const base::UserName nobody = base::UserName::parse(k_doctors_user).value();
  Result<bool> report = co_await iam.generate_credential_report();
  judge(visit, role, "iam:GenerateCredentialReport", report);
  Result<std::optional<aws::CredentialReport>> content = co_await iam.credential_report();
  judge(visit, role, "iam:GetCredentialReport", content);
  Result<std::vector<aws::AccessKeyMetadata>> keys = co_await iam.list_access_keys(nobody);
  judge(visit, role, "iam:ListAccessKeys", keys);
  Result<std::map<std::string, std::string>> tags = co_await iam.list_user_tags(nobody);
  judge(visit, role, "iam:ListUserTags", tags);
  const std::string group = visit.examination.configuration().users.exempt_group;
  if (group.empty()) co_return;
  Result<std::vector<std::string>> members = co_await iam.group_members(group);
  judge(visit, role, "iam:GetGroup", members);
}

Task<void> simulate_role(Visit& visit, std::string role, PolicyMode mode) {
  accounts::Session& session = visit.reading(role);
  aws::IamClient iam(session.caller());
  if (mode == PolicyMode::audit || visit.examination.configuration().audit_role == role)
    co_await try_reading(visit, iam, role);
  const std::string account = visit.account.id.str();
  const std::string principal = "arn:" + visit.examination.services().partition + ":iam::" + account + ":role/" + role;
  Permissions needed = permissions_of(visit.examination.configuration(), mode, visit.examination.place(account));
  std::vector<Finding> findings = co_await simulate_rights(session.caller(), principal, mode, std::move(needed));
  for (Finding& finding : findings) {
    finding.accounts = {account};
    finding.reach = Reach::part;
    visit.findings.push_back(std::move(finding));
  }
}

}  // namespace

aws::SimulatedAccess question_of(const PolicyStatement& statement, const std::string& principal) {
  aws::SimulatedAccess question{principal, statement.actions, {}, {}};
  // The simulator fills in no variable of a policy by itself; those that keyward policy prints name the account.
  if (const auto arn = base::Arn::parse(principal))
    question.context["aws:PrincipalAccount"] = {std::string(base::arn_account(*arn))};
  for (const std::string& resource : statement.resources) {
    if (resource != "*") question.resources.push_back(without_wildcards(resource));
  }
  for (const PolicyCondition& condition : statement.conditions) {
    std::vector<std::string>& values = question.context[condition.key];
    const bool of_set = condition.operation.starts_with("ForA");
    for (const std::string& value : condition.values) {
      if (of_set || values.empty()) values.push_back(without_wildcards(value));
    }
  }
  return question;
}

std::optional<std::string> principal_behind(const std::string& arn) {
  if (arn.find(":user/") != std::string::npos || arn.find(":role/") != std::string::npos) return arn;
  constexpr std::string_view k_session = ":assumed-role/";
  const auto at = arn.find(k_session);
  if (at == std::string::npos) return std::nullopt;
  std::string head = arn.substr(0, at);
  const auto service = head.find(":sts:");
  if (service == std::string::npos) return std::nullopt;
  head.replace(service, 5, ":iam:");
  const std::string rest = arn.substr(at + k_session.size());
  return head + ":role/" + rest.substr(0, rest.find('/'));
}

Task<std::vector<Finding>> simulate_rights(aws::Caller& caller, std::string principal, PolicyMode mode,
                                           Permissions needed) {
  aws::IamClient iam(caller);
  std::vector<Finding> findings;
  std::set<std::string> granted;
  std::set<std::string> told;
  std::set<std::string> open;
  for (const PolicyStatement& statement : needed.statements) {
    const bool deny = statement.effect == PolicyEffect::deny;
    if (deny && told.contains(saying_who_reads())) continue;
    for (aws::SimulatedAccess& question : questions_of(statement, needed, principal)) {
      Result<std::vector<aws::SimulatedRefusal>> refusals = co_await iam.simulate(std::move(question));
      if (!refusals) {
        findings.push_back(finding_of_failure(refusals.error(), mode, principal));
        co_return findings;
      }
      if (deny) {
        for (const std::string& action : undenied(statement, *refusals)) {
          if (open.insert(action).second) findings.push_back(finding_of_undenied(action, statement, mode, principal));
        }
      } else {
        for (const aws::SimulatedRefusal& refusal : *refusals) {
          if (told.insert(refusal.action).second) findings.push_back(finding_of(refusal, mode, principal));
        }
      }
    }
    if (!deny) granted.insert(statement.actions.begin(), statement.actions.end());
  }
  if (told.empty() && !granted.empty()) {
    findings.push_back({id_of(mode),
                        Health::ok,
                        name_of(principal) + " has the " +
                            report::counted(static_cast<long long>(granted.size()), "right") + " of keyward policy " +
                            std::string(word(mode)) + " (simulated)",
                        {},
                        {},
                        Reach::everything,
                        {}});
  }
  co_return findings;
}

Task<void> visit_rights(Visit& visit) {
  const Configuration& configuration = visit.examination.configuration();
  co_await simulate_role(visit, configuration.member_role, PolicyMode::rotate);
  if (configuration.audit_role != configuration.member_role)
    co_await simulate_role(visit, configuration.audit_role, PolicyMode::audit);
}

Task<void> examine_callers_rights(Examination& examination) {
  const std::string id = "doctor.rights.control";
  if (!examination.caller) {
    examination.skip(id, "the caller's rights", "AWS does not know who is calling");
    co_return;
  }
  const std::optional<std::string> principal = principal_behind(examination.caller->arn);
  if (!principal) {
    examination.skip(id, "the caller's rights",
                     examination.caller->arn + " is neither a user nor a role: its rights cannot be simulated");
    co_return;
  }
  Permissions needed =
      permissions_of(examination.configuration(), PolicyMode::control, examination.place(examination.caller->account));
  std::vector<Finding> findings =
      co_await simulate_rights(examination.job.hub(), *principal, PolicyMode::control, std::move(needed));
  for (Finding& finding : findings) examination.add(std::move(finding));
}

}  // namespace keyward::orchestrator
