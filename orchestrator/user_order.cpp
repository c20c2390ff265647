#include "orchestrator/user_order.hpp"

#include <algorithm>
#include <utility>

#include "orchestrator/user_actions.hpp"
#include "orchestrator/user_look.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;
using rotation::Action;
using rotation::Decision;
using rotation::Outcome;
using rotation::OutcomeStatus;
using rotation::UserReport;

std::string on_day(base::Instant day) { return base::format_date(day); }

std::string said_of(const Decision& decision) {
  std::string text = decision.key ? "the key " + base::last_four(*decision.key) + ": " : "";
  text += std::string(to_string(decision.action)) + " (" + std::string(to_string(decision.reason)) + ")";
  if (decision.due) text += ", next date " + on_day(*decision.due);
  if (!decision.detail.empty()) text += ", " + decision.detail;
  return text;
}

Outcome refusal(const rotation::UserFacts& facts, const std::vector<Decision>& decisions, Action wanted, base::Instant now) {
  Decision decision;
  decision.action = wanted;
  decision.reason = wanted == Action::remove ? rotation::Reason::recovery_grace_period_end : rotation::Reason::install_grace_period_end;
  if (facts.keys.is_known() && facts.keys.value().size() == 1) decision.key = facts.keys.value()[0].id;
  return rotation::make_failure(
      decision, base::Error{base::ErrorKind::conflict, std::string(to_string(wanted)), "NotDue", "", why_not_now(facts, decisions, wanted)}, now);
}

/// Recorded like every decision, but of the changes only the one that is ordered.
Task<void> carry_out(AccountWork& work, UserReport& report, Action wanted) {
  const base::Instant now = work.parts.context.clock.now();
  const std::vector<Decision> decisions = rotation::decide(report.facts, work.report.settings.policy, now);
  bool ordered = false;
  for (const Decision& decision : decisions) {
    if (decision.is_change() && decision.action != wanted) continue;
    Outcome outcome = co_await act(work, report.facts, decision);
    ordered = ordered || decision.action == wanted;
    report.outcomes.push_back(std::move(outcome));
  }
  if (!ordered) report.outcomes.push_back(refusal(report.facts, decisions, wanted, now));
}

}  // namespace

std::string why_not_now(const rotation::UserFacts& facts, const std::vector<Decision>& decisions, Action wanted) {
  if (facts.keys.is_known() && facts.keys.value().empty()) return "the user has no access key";
  std::string text = wanted == Action::remove ? "no key of this user may be deleted now" : "no key of this user may be switched off now";
  if (wanted == Action::remove && facts.keys.is_known()) {
    for (const rotation::KeyFacts& key : facts.keys.value()) {
      if (key.status == rotation::KeyStatus::active) text += "; the key " + base::last_four(key.id) + " is active";
    }
  }
  for (const Decision& decision : decisions) text += "; " + said_of(decision);
  return text;
}

Task<AccountReport> carry_out_order(RunParts parts, accounts::Account account, UserOrder order) {
  AccountReport report = open_report(parts, std::move(account), Mode::enforce);
  Workplace workplace(parts, report.account, report.settings, report.mode, std::nullopt);
  const Result<aws::IamUser> user = co_await find_user(workplace, report.account.id, order.user);
  if (!user) {
    report.failure = user.error();
    co_return report;
  }
  rotation::UserFacts facts = co_await workplace.auditor().facts(*user, rotation::Reading::everything);
  UserReport& ordered = report.users.emplace_back(UserReport{std::move(facts), {}});
  AccountWork work{parts, workplace, report};
  if (report.mode == Mode::enforce) co_await catch_up(work, *user, ordered, rotation::Reading::everything);
  co_await carry_out(work, ordered, order.action);
  co_return report;
}

}  // namespace keyward::orchestrator
