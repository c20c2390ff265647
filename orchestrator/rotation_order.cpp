#include "orchestrator/rotation_order.hpp"

#include <algorithm>

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

/// What a dry run says of an order.
Task<Outcome> only_said(const rotation::UserFacts& facts, Decision decision, base::Instant now) {
  std::optional<base::Error> why = decision.action == Action::rotate ? rotation::not_rotatable(facts, decision)
                                                                     : rotation::not_switchable(facts, *decision.key);
  Outcome said = not_carried_out(decision, why ? OutcomeStatus::failed : OutcomeStatus::dry_run, now, "");
  said.error = std::move(why);
  co_return said;
}

/// By keyward, and recorded: the order was given before.
bool is_switched_off(const rotation::UserFacts& facts, const base::AccessKeyId& id) {
  if (!facts.keys.is_known() || !facts.ledger.is_known()) return false;
  const auto key = std::ranges::find(facts.keys.value(), id, &rotation::KeyFacts::id);
  const bool inactive = key != facts.keys.value().end() && key->status == rotation::KeyStatus::inactive;
  return inactive && facts.ledger.value().deactivated.contains(id);
}

std::optional<base::Error> not_a_key_of(const rotation::UserFacts& facts, const base::AccessKeyId& id) {
  if (!facts.keys.is_known()) return std::nullopt;
  const std::vector<rotation::KeyFacts>& keys = facts.keys.value();
  if (std::ranges::find(keys, id, &rotation::KeyFacts::id) != keys.end()) return std::nullopt;
  std::string others;
  for (const rotation::KeyFacts& key : keys) others += (others.empty() ? "" : " and ") + base::last_four(key.id);
  return base::Error{base::ErrorKind::not_found, "iam:ListAccessKeys", k_no_such_key, "",
                     "user " + facts.name.str() + " has no access key of exactly the id given (" + base::last_four(id) + "), " +
                         (others.empty() ? "and no other" : "but " + others)};
}

/// Why a program's order is none for this user; nothing when it is one. By the rules nobody would ever switch the old key off.
std::optional<base::Error> spared(const rotation::UserFacts& facts) {
  const auto because = [](std::string code, std::string why) {
    return base::Error{base::ErrorKind::conflict, "rotate", std::move(code), "", std::move(why)};
  };
  if (facts.exemption.is_unknown()) return because("FactUnknown", "whether the user is exempt could not be read: " + facts.exemption.why());
  if (!facts.exemption.is_known()) return std::nullopt;
  return because("ExemptUser", "the user is exempt (" + facts.exemption.value().reason +
                                   "), so nothing would ever switch the old key off; a person may order it with: keyward rotate");
}

bool is_replaced(const rotation::UserFacts& facts, const base::AccessKeyId& id) {
  const auto& rotation = facts.ledger.value().rotation;
  return !facts.ledger.value().intent && rotation && rotation->old_key == id;
}

}  // namespace

Task<AccountReport> rotate_user(RunParts parts, accounts::Account account, RotationOrder order) {
  AccountReport report = open_report(parts, account, Mode::enforce);
  Workplace workplace(parts, report.account, report.settings, report.mode, std::nullopt);
  const Result<aws::IamUser> found = co_await find_user(workplace, report.account.id, order.user);
  if (!found) {
    report.failure = found.error();
    co_return report;
  }
  const aws::IamUser& user = *found;
  rotation::UserFacts facts = co_await workplace.auditor().facts(user, rotation::Reading::everything);
  if (order.compromised) {
    report.failure = not_a_key_of(facts, *order.compromised);
    if (report.failure) co_return report;
  }
  UserReport& rotated = report.users.emplace_back(UserReport{std::move(facts), {}});
  AccountWork work{parts, workplace, report};

  Decision decision;
  decision.reason = order.compromised ? rotation::Reason::compromised_key : rotation::Reason::forced_rotation;
  decision.detail = order.reason;
  std::optional<base::Error> refusal = order.asked_by == AskedBy::program ? spared(rotated.facts) : std::nullopt;
  if (refusal) {
    decision.action = Action::rotate;
    rotated.outcomes.push_back(rotation::make_failure(std::move(decision), std::move(*refusal), parts.context.clock.now()));
    co_return report;
  }
  const auto carry_out = [&](Decision what) {
    const base::Instant now = parts.context.clock.now();
    return report.mode == Mode::enforce ? perform(work, rotated.facts, std::move(what)) : only_said(rotated.facts, std::move(what), now);
  };
  if (order.compromised && is_switched_off(rotated.facts, *order.compromised)) {
    if (is_replaced(rotated.facts, *order.compromised)) {
      decision.key = order.compromised;
      decision.detail += "; it is switched off and replaced already";
      rotated.outcomes.push_back(not_carried_out(decision, OutcomeStatus::done, parts.context.clock.now(), ""));
      co_return report;
    }
  } else if (order.compromised) {
    decision.action = Action::deactivate;
    decision.key = order.compromised;
    Task<Outcome> action = carry_out(decision);
    Outcome off = co_await std::move(action);
    const bool stopped = off.status != OutcomeStatus::done && off.status != OutcomeStatus::dry_run;
    rotated.outcomes.push_back(std::move(off));
    if (stopped) co_return report;
    if (report.mode == Mode::enforce) rotated.facts = co_await workplace.auditor().facts(user, rotation::Reading::everything);
  }
  if (report.mode == Mode::enforce) {
    const std::size_t before = rotated.outcomes.size();
    co_await catch_up(work, user, rotated, rotation::Reading::everything);
    if (rotated.outcomes.size() > before) {
      // Finished just now: that is the rotation asked for. Not settled: a person must look first.
      const Outcome& settled = rotated.outcomes.back();
      if (settled.decision.action == Action::rotate || settled.status != OutcomeStatus::done) co_return report;
    }
  }
  decision.action = Action::rotate;
  decision.key.reset();
  if (rotated.facts.keys.is_known() && rotated.facts.keys.value().size() == 1) decision.key = rotated.facts.keys.value()[0].id;
  Task<Outcome> action = carry_out(decision);
  Outcome outcome = co_await std::move(action);
  rotated.outcomes.push_back(std::move(outcome));
  co_return report;
}

}  // namespace keyward::orchestrator
