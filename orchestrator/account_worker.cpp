#include "orchestrator/account_worker.hpp"

#include <algorithm>
#include <set>

#include "base/task_group.hpp"
#include "orchestrator/findings_push.hpp"
#include "orchestrator/user_actions.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;
using rotation::Action;
using rotation::Decision;
using rotation::Outcome;
using rotation::OutcomeStatus;
using rotation::UserReport;

// A rotation waits some seconds for its key to spread; several users of an account wait together. The account's calls
// are bounded by limits.calls_per_second_per_account, for each service.
constexpr int k_users_in_flight = 8;

void list_interrupted(UserReport& report, base::Instant now) {
  if (!report.facts.ledger.is_known() || !report.facts.ledger.value().intent) return;
  const rotation::Intent& intent = *report.facts.ledger.value().intent;
  Decision decision;
  decision.action = Action::wait;
  decision.reason = rotation::Reason::interrupted_rotation;
  if (!intent.keys.empty()) decision.key = intent.keys.front();
  report.outcomes.push_back(not_carried_out(decision, OutcomeStatus::done, now,
                                            "begun by run " + intent.run + " on " + base::format_iso8601(intent.at)));
}

/// A key that a person ordered off, and whose switching off an earlier run only began: the order is what its owner hears.
void take_up_order(Decision& decision, const std::vector<JournalEntry>& left) {
  const auto order = std::ranges::find_if(left, [&decision](const JournalEntry& entry) {
    return entry.decision.reason == rotation::Reason::compromised_key && entry.decision.action == decision.action &&
           entry.decision.key == decision.key;
  });
  if (order == left.end()) return;
  decision.reason = order->decision.reason;
  decision.detail = order->decision.detail;
}

Task<void> work_user(AccountWork& work, aws::IamUser user, UserReport& report) {
  const RunParts& parts = work.parts;
  Workplace& workplace = work.workplace;
  const Mode mode = work.report.mode;
  if (!parts.may_begin()) {
    work.report.cut_short = true;
    co_return;
  }
  if (mode == Mode::recover || mode == Mode::list_interrupted) {
    report.facts = co_await workplace.auditor().facts(user, rotation::Reading::everything);
    if (mode == Mode::recover) {
      co_await catch_up(work, user, report, rotation::Reading::everything);
      if (report.outcomes.empty()) list_interrupted(report, parts.context.clock.now());
    }
    if (mode == Mode::list_interrupted) list_interrupted(report, parts.context.clock.now());
    co_return;
  }
  // A run that died may have left something on a user whose keys are too young to be looked at closely.
  std::vector<JournalEntry> left;
  if (mode == Mode::enforce) left = parts.journal->left_by_earlier_runs(work.report.account.id, user.name);
  const bool planned = work.plan != nullptr && work.plan->find(user.name) != nullptr;
  const bool all = !left.empty() || planned || mode == Mode::survey;
  const auto reading = all ? rotation::Reading::everything : rotation::Reading::as_needed;
  report.facts = co_await workplace.auditor().facts(user, reading);
  if (mode == Mode::enforce) co_await catch_up(work, user, report, reading);
  if (report.facts.gone) {
    if (planned) keep_to_plan(work, report, {});
    co_return;
  }
  std::vector<Decision> decisions = rotation::decide(report.facts, work.report.settings.policy, parts.context.clock.now());
  if (work.plan != nullptr) decisions = keep_to_plan(work, report, std::move(decisions));
  for (Decision& decision : decisions) take_up_order(decision, left);
  for (const Decision& decision : decisions) {
    if (mode == Mode::enforce && touches_aws(decision)) {
      const bool passed = co_await parts.gate.pass();
      if (!passed || !parts.may_begin()) {
        work.report.cut_short = true;
        break;
      }
    }
    Outcome outcome = co_await act(work, report.facts, decision);
    // The decisions of a user build on each other (delete one key, then make another).
    const bool stopped = decision.is_change() && (outcome.status != OutcomeStatus::done || outcome.decision.action == Action::wait);
    report.outcomes.push_back(std::move(outcome));
    if (stopped) break;
  }
}

Task<void> work_users(AccountWork& work, const std::vector<aws::IamUser>& users, base::TaskGroup& group) {
  for (std::size_t i = 0; i < users.size(); ++i) {
    Task<void> child = work_user(work, users[i], work.report.users[i]);
    co_await group.spawn(std::move(child));
  }
}

/// Users of whom the plan has something and the list does not know any more: what became of them is told.
void add_planned_users(std::vector<aws::IamUser>& users, const AccountPlan& plan) {
  std::set<base::UserName> listed;
  for (const aws::IamUser& user : users) listed.insert(user.name);
  for (const auto& [name, planned] : plan.users) {
    if (!listed.contains(name)) users.push_back({name, planned.facts.arn});
  }
}

}  // namespace

Task<AccountReport> work_account(RunParts parts, accounts::Account account, Mode mode,
                                 std::optional<base::Instant> previous_run) {
  AccountReport report = open_report(parts, std::move(account), mode);
  Workplace workplace(parts, report.account, report.settings, report.mode, previous_run);

  // What was interrupted may be younger than the credential report.
  const bool settles = report.mode == Mode::recover || report.mode == Mode::list_interrupted;
  const rotation::Listing listing = settles ? rotation::Listing::complete : rotation::Listing::sparing;
  Result<std::vector<aws::IamUser>> users = co_await workplace.auditor().users(listing);
  if (!users) {
    report.failure = users.error();
    co_return report;
  }
  if (!workplace.auditor().without_report().empty()) {
    parts.log.info("no_credential_report", {{"account", report.account.id.str()}, {"why", workplace.auditor().without_report()}});
  }
  const AccountPlan* plan = parts.plan == nullptr ? nullptr : parts.plan->find(report.account.id);
  if (plan != nullptr) add_planned_users(*users, *plan);
  report.users.reserve(users->size());
  for (const aws::IamUser& user : *users) {
    report.users.push_back({rotation::UserFacts{user.name, user.arn, {}, {}, {}, {}, previous_run, false}, {}});
  }
  AccountWork work{parts, workplace, report, plan};
  const auto body = [&work, &users](base::TaskGroup& group) { return work_users(work, *users, group); };
  co_await base::run_group(k_users_in_flight, body);
  std::erase_if(report.users, [](const UserReport& user) { return user.facts.gone && user.outcomes.empty(); });
  if (report.mode == Mode::enforce && report.settings.security_hub) {
    std::optional<FindingsPushed> pushed = co_await push_findings(work);
    report.findings = std::move(pushed);
  }
  const Result<void> saved = workplace.cache().save();
  if (!saved) parts.log.debug("keys_not_remembered", {{"account", report.account.id.str()}, {"error", base::describe(saved.error())}});
  if (report.cut_short) std::erase_if(report.users, [](const UserReport& user) { return user.outcomes.empty(); });
  co_return report;
}

}  // namespace keyward::orchestrator
