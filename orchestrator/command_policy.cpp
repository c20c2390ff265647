#include <ostream>
#include <utility>

#include "orchestrator/commands.hpp"
#include "orchestrator/permissions.hpp"
#include "orchestrator/policy_document.hpp"
#include "orchestrator/policy_template.hpp"
#include "report/layout.hpp"

namespace keyward::orchestrator {
namespace {

constexpr std::size_t k_prose_width = 100;

/// The role of a mode, as far as the configuration names it.
struct PolicyRole {
  std::string name;     ///< "path/name"
  std::string account;  ///< empty: one in every account, or not known
  std::string description;
};

PolicyRole role_of_arn(const base::Arn& arn, std::string description) {
  return {arn.str().substr(arn.str().find(":role/") + 6), std::string(base::arn_account(arn)), std::move(description)};
}

/// The first store role that is named; overrides may name more.
std::optional<base::Arn> store_role(const Configuration& configuration) {
  std::optional<base::Arn> role = configuration.defaults.store.role;
  for (const AccountOverride& entry : configuration.overrides) {
    AccountSettings settings = configuration.defaults;
    entry.apply(settings);
    if (!role) role = settings.store.role;
  }
  return role;
}

PolicyRole role_of(const Configuration& configuration, PolicyMode mode) {
  switch (mode) {
    case PolicyMode::inventory: {
      const std::string about = "keyward lists the organization with this role";
      const auto& role = configuration.organization.list_role;
      return role ? role_of_arn(*role, about) : PolicyRole{"keyward-inventory", "", about};
    }
    case PolicyMode::audit:
      return {configuration.audit_role, "", "keyward reads the access keys of this account with this role"};
    case PolicyMode::rotate:
      return {configuration.member_role, "", "keyward rotates the access keys of this account with this role"};
    case PolicyMode::store: {
      const std::string about = "keyward writes the central store of access keys with this role";
      const std::optional<base::Arn> role = store_role(configuration);
      return role ? role_of_arn(*role, about) : PolicyRole{"keyward-store", "", about};
    }
    case PolicyMode::secret_rotation: return {"", "", "What the function by which Secrets Manager rotates secrets may do"};
    case PolicyMode::control: break;
  }
  return {"", "", "What the identity that runs keyward may do"};
}

/// "role/path/NAME", "user/NAME"
bool names_one(const std::string& resource) {
  if (!resource.starts_with("role/") && !resource.starts_with("user/")) return false;
  return base::UserName::parse(resource.substr(resource.rfind('/') + 1)).has_value();  // roles' names have the same letters
}

/// Why an ARN cannot be who runs keyward; nothing when it can.
std::optional<std::string> problem_of(const std::string& principal) {
  const auto arn = base::Arn::parse(principal);
  const std::string form = "arn:aws:iam::111122223333:role/NAME, ...:user/NAME or ...:root";
  if (!arn) return "is not an ARN; name a role, a user or an account: " + form;
  if (principal.find(":assumed-role/") != std::string::npos) return "is a session, which ends; name its role: " + form;
  // Conditions with Arn take patterns, and $ begins a variable of a policy or of CloudFormation.
  if (principal.find_first_of("*?$") != std::string::npos)
    return "has *, ? or $ in it, with which it could stand for others; name one role, user or account: " + form;
  const std::string before =
      "arn:" + std::string(base::arn_partition(*arn)) + ":iam::" + std::string(base::arn_account(*arn)) + ":";
  const std::string resource = principal.starts_with(before) ? principal.substr(before.size()) : "";
  const bool named = resource == "root" || names_one(resource);
  if (!named || !base::AccountId::parse(base::arn_account(*arn)))
    return "is no role, user or account; it looks like " + form;
  return std::nullopt;
}

/// An identity that exists without keyward's configuration; the other modes are roles that keyward assumes.
bool is_assumed(PolicyMode mode) { return mode != PolicyMode::control && mode != PolicyMode::secret_rotation; }

/// Why this cannot be printed; nothing when it can.
std::optional<std::string> refusal(const PolicyContext& context, const Permissions& permissions) {
  const CommandLine& line = context.line;
  if (line.principal) {
    if (auto problem = problem_of(*line.principal)) return "--principal " + *line.principal + " " + *problem;
  }
  if (permissions.statements.empty()) {
    return "there is no central store in this configuration (store.target): secrets are written with member_role, see "
           "keyward policy rotate";
  }
  if (!line.trust) return std::nullopt;
  if (!is_assumed(line.policy_mode)) {
    return "--trust is for the roles that keyward assumes; who may be the identity that runs it depends on where it "
           "runs";
  }
  if (line.policy_format == PolicyFormat::cloudformation)
    return "--trust is not needed: the template has the role with its trust policy";
  if (!line.principal) return "a trust policy names who runs keyward: --principal ARN (keyward does not ask AWS here)";
  return std::nullopt;
}

void add_trust_notes(const PolicyContext& context, std::vector<std::string>& notes) {
  const Configuration& configuration = context.configuration;
  if (configuration.organization.id.empty()) {
    notes.emplace_back(
        "the trust policy does not ask for an organization: set organization.id, and it does (aws:PrincipalOrgID)");
  }
  if (configuration.external_id.empty()) {
    notes.emplace_back(
        "the trust policy does not ask for an external id: set external_id, and it does (sts:ExternalId)");
  }
  if (context.line.principal && context.line.principal->ends_with(":root")) {
    const std::string account(base::arn_account(base::Arn::parse(*context.line.principal).value()));
    notes.emplace_back("the trust policy lets in everybody whom account " + account +
                       " allows sts:AssumeRole; name the role that runs keyward instead");
  }
}

bool lacks_region(const Permissions& permissions) {
  for (const PolicyStatement& statement : permissions.statements) {
    for (const std::string& resource : statement.resources) {
      for (const char* service : {":secretsmanager:*:", ":kms:*:", ":ses:*:", ":ssm:*:", ":dynamodb:*:"}) {
        if (resource.find(service) != std::string::npos) return true;
      }
    }
  }
  return false;
}

void add_place_notes(const PolicyContext& context, const PolicyPlace& place, Permissions& permissions) {
  std::vector<std::string>& notes = permissions.notes;
  const PolicyMode mode = context.line.policy_mode;
  if (!context.region && lacks_region(permissions))
    notes.emplace_back("no region is set, so ARNs have * for it; name the run's with --region");
  if (place.account == "*" && mode == PolicyMode::control) {
    notes.emplace_back(
        "ARNs of the caller's own account have * for it; --principal or --format cloudformation names the account");
  } else if (place.account == "*" && (mode == PolicyMode::rotate || mode == PolicyMode::audit || mode == PolicyMode::secret_rotation)) {
    notes.emplace_back(
        "ARNs have * for the account, because this text goes into every account; --format cloudformation names the "
        "account");
  }
  if (mode == PolicyMode::inventory && !context.configuration.organization.list_role) {
    notes.emplace_back(
        "organization.list_role is not set, so nobody assumes such a role: keyward policy control has these rights, "
        "too");
  }
  if (mode == PolicyMode::store && !store_role(context.configuration)) {
    notes.emplace_back(
        "store.role is not set, so nobody assumes such a role: keyward policy control has these rights, too");
  }
  if (mode == PolicyMode::audit && context.configuration.audit_role == context.configuration.member_role) {
    notes.emplace_back("audit_role is not set: with these rights " + context.configuration.member_role +
                       " is enough for inventory, audit and a dry run, and for nothing else");
  }
}

void add_length_note(std::size_t length, std::size_t limit, const std::string& of_what,
                     std::vector<std::string>& notes) {
  if (length <= limit) return;
  notes.push_back("this has " + std::to_string(length) + " characters without white space, and IAM takes " +
                  std::to_string(limit) + " of " + of_what + ": attach its statements as several policies");
}

void say(const PolicyContext& context, const std::vector<std::string>& notes) {
  for (const std::string& note : notes) context.err << report::wrapped("keyward: note: " + note, k_prose_width, 9);
}

boost::json::object trust_of(const PolicyContext& context) {
  const Configuration& configuration = context.configuration;
  Trust trust = trust_in(*context.line.principal);
  if (!configuration.external_id.empty()) trust.external_id = boost::json::string(configuration.external_id);
  trust.organization = configuration.organization.id;
  trust.session_name = configuration.role_session_name;
  return trust_policy(trust);
}

boost::json::object template_for(const PolicyContext& context, const PolicyRole& role, const Permissions& permissions) {
  const Configuration& configuration = context.configuration;
  const std::string principal = context.line.principal.value_or("");
  if (!is_assumed(context.line.policy_mode)) return policy_template(role.description, principal, permissions);
  // A template is kept in a repository; a reference is not resolved into it.
  const bool referred = configuration.external_id_reference != configuration.external_id;
  return role_template({role.name, role.description, principal, referred ? "" : configuration.external_id, referred,
                        configuration.organization.id, configuration.role_session_name},
                       permissions);
}

PolicyPlace place_of(const PolicyContext& context, const PolicyRole& role) {
  PolicyPlace place{context.partition, context.region ? context.region->str() : "*", "*"};
  if (!role.account.empty()) place.account = role.account;
  if (context.line.policy_mode == PolicyMode::control && context.line.principal) {
    if (const auto arn = base::Arn::parse(*context.line.principal))
      place.account = std::string(base::arn_account(*arn));
  }
  if (place.account == "*" && context.line.policy_format == PolicyFormat::cloudformation)
    place.account = k_stack_account;
  return place;
}

}  // namespace

ExitCode run_policy(const PolicyContext& context) {
  const CommandLine& line = context.line;
  const PolicyRole role = role_of(context.configuration, line.policy_mode);
  const PolicyPlace place = place_of(context, role);
  Permissions permissions = permissions_of(context.configuration, line.policy_mode, place);
  if (const auto refused = refusal(context, permissions)) {
    context.err << "keyward: " << *refused << '\n';
    return ExitCode::usage;
  }
  const bool in_template = line.policy_format == PolicyFormat::cloudformation;
  std::vector<std::string>& notes = permissions.notes;
  if (line.trust) {
    notes.clear();
    const boost::json::object trust = trust_of(context);
    add_trust_notes(context, notes);
    add_length_note(length_of(trust), k_trust_policy_limit, "a trust policy", notes);
    context.out << indented(trust);
    say(context, notes);
    return ExitCode::done;
  }
  add_place_notes(context, place, permissions);
  const bool as_inline = in_template && is_assumed(line.policy_mode);
  if (as_inline) add_trust_notes(context, notes);
  add_length_note(length_of(identity_policy(permissions)), as_inline ? k_inline_policies_limit : k_managed_policy_limit,
                  as_inline ? "a role's inline policies" : "a managed policy", notes);
  context.out << (in_template ? indented(template_for(context, role, permissions))
                              : indented(identity_policy(permissions)));
  say(context, notes);
  return ExitCode::done;
}

}  // namespace keyward::orchestrator
