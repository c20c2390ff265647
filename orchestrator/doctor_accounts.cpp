#include "orchestrator/doctor_accounts.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <map>

#include "base/task_group.hpp"
#include "orchestrator/doctor.hpp"
#include "orchestrator/doctor_rights.hpp"
#include "orchestrator/preflight.hpp"
#include "report/text.hpp"

// The organization, and the accounts that are looked into one by one.
namespace keyward::orchestrator {
namespace {

using accounts::Account;
using base::Result;
using base::Task;
using report::counted;
using report::Reach;

/// Enough to see a mistake that is everywhere, and one that a whole unit has.
constexpr std::size_t k_sample = 5;

constexpr const char* k_how_to_take_part = "accounts:\n  default: opt-in\n  include: [{id: \"";

std::string fix_of_listing(const base::Error& error, const Configuration& configuration) {
  if (error.code == "OrganizationMismatch") return "aws organizations describe-organization --query Organization.Id";
  if (error.code == "AWSOrganizationsNotInUseException")
    return "aws organizations describe-organization   # with credentials of the right account";
  if (error.kind != base::ErrorKind::denied) return "aws organizations list-accounts --max-items 1";
  const bool own_role = configuration.organization.list_role.has_value();
  return std::string("keyward policy ") + (own_role ? "inventory" : "control") +
         "   # the rights that are needed; or let a role of the management account list:\n"
         "organization:\n  list_role: arn:aws:iam::MANAGEMENT-ACCOUNT:role/keyward-inventory";
}

std::string fix_of_role(const Visit& visit, const std::string& role) {
  const bool rotates = role == visit.examination.configuration().member_role;
  const std::string stack = rotates ? "keyward-role" : "keyward-audit-role";
  const std::string template_file = stack + ".yaml";
  std::string deploy = "aws cloudformation deploy --stack-name " + stack + " --template-file " + template_file +
                       " --capabilities CAPABILITY_NAMED_IAM   # with credentials of {account}";
  std::string fix = std::string("keyward policy ") + (rotates ? "rotate" : "audit") + " --format cloudformation > " +
                    template_file + "\n" + deploy;
  if (!visit.account.management) {
    fix += "\naws cloudformation create-stack-instances --stack-set-name " + stack +
           " --accounts {accounts} --regions us-east-1   # where a StackSet brings the role " + role;
  }
  return fix;
}

Task<Result<void>> assume(Visit& visit, std::string role) {
  accounts::Session& session = visit.reading(role);
  Result<aws::CredentialsPtr> credentials = co_await session.credentials().credentials();
  if (!credentials) co_return credentials.error();
  co_return Result<void>();
}

/// Whether the caller's own policies let it assume the role; nothing when that cannot be found out.
Task<std::optional<bool>> caller_may_assume(Visit& visit, std::string role) {
  Examination& examination = visit.examination;
  const std::optional<std::string> principal =
      examination.caller ? principal_behind(examination.caller->arn) : std::nullopt;
  if (!principal) co_return std::nullopt;
  const std::string arn =
      "arn:" + examination.services().partition + ":iam::" + visit.account.id.str() + ":role/" + role;
  aws::SimulatedAccess question{*principal, {"sts:AssumeRole"}, {arn}, {}};
  if (examination.inventory) question.context["aws:ResourceOrgID"] = {examination.inventory->organization_id};
  aws::IamClient iam(examination.job.hub());
  Result<std::vector<aws::SimulatedRefusal>> refusals = co_await iam.simulate(std::move(question));
  if (!refusals) co_return std::nullopt;
  co_return refusals->empty();
}

/// AWS gives one answer to all of these.
std::string why_not_assumed(const Visit& visit, std::optional<bool> caller_may) {
  const Configuration& configuration = visit.examination.configuration();
  std::string text = "either the role is missing; or its trust policy does not name " +
                     (visit.examination.caller ? visit.examination.caller->arn : std::string("the caller"));
  text += configuration.external_id.empty() ? "; or it asks for an external id, and external_id is not set"
                                            : "; or it asks for another external id than the configured one";
  if (!caller_may) text += "; or the caller may not sts:AssumeRole";
  text += "; or a service control policy forbids it. AWS does not say which";
  if (visit.account.management) text += ". StackSets skip the management account: make the role there by hand";
  return text;
}

Task<void> explain_refusal(Visit& visit, std::string id, std::string role, base::Error error) {
  const std::string what = "role " + role + " cannot be assumed";
  if (error.code != "AccessDenied") {
    visit.fail(id, what, reason_of(error), fix_of_role(visit, role));
    co_return;
  }
  std::optional<bool> caller_may = co_await caller_may_assume(visit, role);
  if (caller_may.value_or(true)) {
    visit.fail(id, what, why_not_assumed(visit, caller_may), fix_of_role(visit, role));
  } else {
    visit.fail(id, what, "no policy of the caller allows it sts:AssumeRole on the role",
               "keyward policy control   # the rights that the caller needs");
  }
}

/// No call of keyward only reads whether Security Hub is on.
void say_of_findings(Visit& visit) {
  if (!visit.settings.security_hub) return;
  visit.skip("doctor.channel.security_hub", "whether Security Hub takes findings",
             "report.security_hub is on; where Security Hub is not enabled, a run ends with exit code 4",
             "aws securityhub describe-hub --region " + visit.examination.services().region.str() +
                 "   # with credentials of each account: {accounts}");
}

Task<void> visit_account(Examination& examination, Progress& progress, Account account) {
  progress.account_begun(account);
  Visit visit{examination, account, examination.configuration().for_account(account), {}, {}};
  const bool reachable = co_await visit_roles(visit);
  if (reachable) {
    co_await visit_rights(visit);
    say_of_findings(visit);
    co_await visit_store(visit);
  }
  const bool failed =
      std::ranges::any_of(visit.findings, [](const auto& one) { return one.health == report::Health::failure; });
  std::ranges::move(visit.findings, std::back_inserter(examination.findings));
  progress.account_done(account, failed);
}

Task<void> visit_all(Examination& examination, Progress& progress, base::TaskGroup& group) {
  for (std::size_t i = 0; i < examination.visited.size(); ++i) {
    if (examination.must_stop()) {
      examination.skip("doctor.role.rest",
                       counted(static_cast<long long>(examination.visited.size() - i), "account") + " not begun",
                       "interrupted, or limits.deadline has passed");
      co_return;
    }
    Task<void> child = visit_account(examination, progress, examination.visited[i]);
    co_await group.spawn(std::move(child));
  }
}

/// When no account that was looked into can be used, nothing can.
void judge_reach(Examination& examination) {
  const auto is_failure = [](const report::Finding& one) {
    return one.health == report::Health::failure && !one.accounts.empty();
  };
  std::vector<std::string> failed;
  for (const report::Finding& finding : examination.findings) {
    if (is_failure(finding)) failed.push_back(finding.accounts.front());
  }
  std::ranges::sort(failed);
  failed.erase(std::ranges::unique(failed).begin(), failed.end());
  if (failed.size() < examination.visited.size()) return;
  for (report::Finding& finding : examination.findings) {
    if (is_failure(finding)) finding.reach = Reach::everything;
  }
}

void choose_accounts(Examination& examination) {
  std::vector<Account> all;
  for (const accounts::InventoryEntry& entry : examination.inventory->entries) {
    if (entry.skip == accounts::Skip::none) all.push_back(entry.account);
  }
  examination.participating = all.size();
  const CommandLine& line = examination.context.line;
  if (!line.account.empty()) {
    std::erase_if(all, [&line](const Account& account) { return account.id.str() != line.account; });
    if (all.empty()) {
      const auto entry = std::ranges::find_if(
          examination.inventory->entries, [&line](const auto& one) { return one.account.id.str() == line.account; });
      const bool unknown = entry == examination.inventory->entries.end();
      examination.wrong_account =
          "account " + line.account + " does not take part: " +
          (unknown ? std::string("it is not in the organization") : std::string(accounts::describe(entry->skip)));
    }
    examination.visited = std::move(all);
  } else {
    examination.visited = line.all_accounts ? std::move(all) : sample_of(all, k_sample);
  }
}

}  // namespace

std::vector<Account> sample_of(const std::vector<Account>& all, std::size_t count) {
  std::map<std::string, std::vector<const Account*>> by_unit;
  std::vector<Account> sample;
  for (const Account& account : all) {
    // Its role comes another way than those of the others.
    if (account.management) {
      sample.push_back(account);
    } else {
      by_unit[account.path.empty() ? std::string() : account.path.back()].push_back(&account);
    }
  }
  for (std::size_t turn = 0; sample.size() < count; ++turn) {
    const std::size_t before = sample.size();
    for (const auto& [unit, members] : by_unit) {
      if (turn < members.size() && sample.size() < count) sample.push_back(*members[turn]);
    }
    if (sample.size() == before) break;
  }
  std::ranges::sort(sample, {}, &Account::id);
  return sample;
}

Task<void> examine_organization(Examination& examination) {
  const std::string id = "doctor.organization.list";
  if (!examination.caller) {
    examination.skip(id, "the organization", "AWS does not know who is calling");
    co_return;
  }
  Result<accounts::Inventory> inventory = co_await examination.job.inventory();
  if (!inventory) {
    examination.fail(id, "the organization cannot be listed", reason_of(inventory.error()),
                     fix_of_listing(inventory.error(), examination.configuration()));
    co_return;
  }
  examination.inventory = std::move(*inventory);
  const auto& entries = examination.inventory->entries;
  examination.ok(
      id,
      "organization " + examination.inventory->organization_id + " has " +
          counted(static_cast<long long>(entries.size()), "account") +
          (examination.configuration().organization.id.empty() ? "" : ", and is the one that organization.id names"));
  const auto unknown = std::ranges::count_if(
      entries, [](const auto& entry) { return entry.account.state == accounts::AccountState::unrecognized; });
  if (unknown > 0) {
    examination.warn("doctor.organization.state",
                     counted(unknown, "account") + " in a state that keyward does not know",
                     "they are left out, and a run says that they were not covered", "keyward inventory");
  }
}

Task<void> examine_selection(Examination& examination) {
  const std::string id = "doctor.organization.participation";
  if (!examination.inventory) {
    examination.skip(id, "which accounts take part", "the organization could not be listed");
    co_return;
  }
  choose_accounts(examination);
  const bool opt_in = examination.configuration().accounts.by_default == accounts::Participation::opt_in;
  if (examination.participating == 0 && !opt_in) {
    examination.warn(id, "no account takes part", "accounts.exclude leaves out every account that is active",
                     "keyward inventory   # says why of each");
  } else if (examination.participating == 0) {
    const auto& entries = examination.inventory->entries;
    const auto active = std::ranges::find_if(entries, [](const auto& entry) {
      return entry.account.state == accounts::AccountState::active && !entry.account.management;
    });
    const std::string example = active == entries.end() ? "111122223333" : active->account.id.str();
    examination.warn(id, "no account takes part", "accounts.default is opt-in, and no include rule matches",
                     k_how_to_take_part + example + "\"}]");
  } else {
    examination.ok(id, counted(static_cast<long long>(examination.participating), "account") + " take part, " +
                           std::to_string(examination.visited.size()) + " looked into" +
                           (examination.visited.size() < examination.participating ? " (--all for all)" : ""));
  }
  RuleUse rules(examination.configuration());
  for (const accounts::InventoryEntry& entry : examination.inventory->entries) rules.see(entry.account);
  for (const IdleRule& idle : rules.idle()) {
    examination.warn("doctor.organization.idle_rule", idle.where + " has a rule that matches no account: " + idle.rule,
                     "mistyped, it leaves accounts out that somebody believes to be in", "keyward inventory");
  }
}

Task<void> examine_accounts(Examination& examination) {
  if (examination.visited.empty()) {
    const bool unknown = !examination.inventory;
    examination.skip("doctor.role.assume", "the roles in the accounts",
                     unknown ? "the organization could not be listed" : "there is no account to look into");
    co_return;
  }
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  Progress progress(executor, examination.context.progress, examination.services().context.statistics.throttled);
  progress.begin();
  for (std::size_t i = 0; i < examination.visited.size(); ++i) progress.account_listed();
  progress.all_listed();
  const auto body = [&](base::TaskGroup& group) { return visit_all(examination, progress, group); };
  co_await base::run_group(static_cast<std::size_t>(examination.configuration().limits.accounts_in_flight), body);
  progress.end();
  judge_reach(examination);
}

Task<bool> visit_roles(Visit& visit) {
  const Configuration& configuration = visit.examination.configuration();
  std::vector<std::string> roles{configuration.member_role};
  if (configuration.audit_role != configuration.member_role) roles.push_back(configuration.audit_role);
  bool all = true;
  for (const std::string& role : roles) {
    const std::string id = role == configuration.member_role ? "doctor.role.assume" : "doctor.role.assume_audit";
    Result<void> assumed = co_await assume(visit, role);
    if (assumed) {
      visit.ok(id, "role " + role + " can be assumed");
    } else {
      all = false;
      base::Error error = assumed.error();
      co_await explain_refusal(visit, id, role, std::move(error));
    }
  }
  if (!all) visit.skip("doctor.rights.member", "rights and store in the account", "a role cannot be assumed");
  co_return all;
}

}  // namespace keyward::orchestrator
