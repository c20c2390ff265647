#include "orchestrator/user_actions.hpp"

#include "rotation/begun_action.hpp"

namespace keyward::orchestrator {

using base::Result;
using base::Task;
using rotation::Action;
using rotation::Decision;
using rotation::Outcome;
using rotation::OutcomeStatus;
using rotation::UserReport;

AccountReport open_report(const RunParts& parts, accounts::Account account, Mode run) {
  AccountSettings settings = parts.configuration.for_account(account);
  const Mode mode = mode_for(settings, run);
  return {std::move(account), std::move(settings), mode, parts.context.clock.now(), {}, {}, {}, false};
}

Outcome not_carried_out(const Decision& decision, OutcomeStatus status, base::Instant at, std::string detail) {
  Outcome outcome = rotation::make_outcome(decision, status, at);
  if (!detail.empty()) outcome.decision.detail = std::move(detail);
  return outcome;
}

std::vector<Decision> keep_to_plan(AccountWork& work, UserReport& user, std::vector<Decision> decisions) {
  const bool dry_run = work.report.settings.dry_run;
  std::string drifted;
  if (dry_run != work.plan->dry_run) drifted = dry_run ? "the account is in dry run now" : "the account is no longer in dry run";
  rotation::KeptToPlan kept = rotation::keep_to_plan(work.plan->find(user.facts.name), drifted, user.facts, std::move(decisions));
  const base::Instant now = work.parts.context.clock.now();
  for (const Decision& step : kept.stale) user.outcomes.push_back(not_carried_out(step, OutcomeStatus::stale, now, ""));
  work.report.due_since_plan += kept.unplanned;
  return std::move(kept.decisions);
}

namespace {

JournalEntry begun_now(const AccountWork& work, const base::UserName& user, const Decision& decision) {
  return {work.report.account.id, user, decision, work.parts.context.clock.now(), work.parts.run.id, std::nullopt, std::nullopt};
}

/// The keys that earlier runs listed of this user are not to be relied on from now on, whatever becomes of the action.
void forget_keys(AccountWork& work, const base::UserName& user) {
  rotation::KeyCache& cache = work.workplace.cache();
  cache.forget(user);
  const Result<void> saved = cache.save();
  if (!saved) work.parts.log.debug("keys_not_forgotten", {{"error", base::describe(saved.error())}});
}

Task<Outcome> action_of(rotation::Executor& executor, rotation::UserFacts seen, Decision decision) {
  const bool asked_for = decision.reason == rotation::Reason::forced_rotation || decision.reason == rotation::Reason::compromised_key;
  if (!asked_for) return executor.perform(std::move(seen), std::move(decision));
  aws::IamUser user{std::move(seen.name), std::move(seen.arn)};
  if (decision.action == Action::deactivate) return executor.switch_off_now(std::move(user), std::move(decision));
  return executor.rotate_now(std::move(user), std::move(decision));
}

/// Why a person had asked for the rotation that was interrupted; empty when nobody had, or when another host's journal knows.
std::string order_behind(const AccountWork& work, const rotation::UserFacts& facts, const Decision& decision) {
  for (const JournalEntry& entry : work.parts.journal->left_by_earlier_runs(work.report.account.id, facts.name)) {
    const rotation::Reason reason = entry.decision.reason;
    const bool ordered = reason == rotation::Reason::forced_rotation || reason == rotation::Reason::compromised_key;
    if (ordered && entry.decision.action == decision.action && entry.decision.key == decision.key) return entry.decision.detail;
  }
  return {};
}

/// Finishes or undoes an interrupted rotation, between two lines of the journal.
Task<std::optional<Outcome>> settle(AccountWork& work, rotation::UserFacts facts) {
  Journal& journal = *work.parts.journal;
  Decision decision;
  decision.action = Action::rotate;
  decision.reason = rotation::Reason::interrupted_rotation;
  const auto& existed = facts.ledger.value().intent->keys;
  if (!existed.empty()) decision.key = existed.front();
  const std::string order = order_behind(work, facts, decision);
  const JournalEntry entry = begun_now(work, facts.name, decision);
  const Result<void> begun = journal.begin(entry);
  if (!begun) co_return rotation::make_failure(decision, begun.error(), entry.begun);
  forget_keys(work, facts.name);
  std::optional<Outcome> settled = co_await work.workplace.settlement().settle(std::move(facts));
  if (settled) {
    if (!order.empty()) settled->decision.detail += "; asked for: " + order;
    journal.end(entry, *settled);
  } else {
    journal.drop(entry);  // another host's run is at work and tells by itself
  }
  co_return settled;
}

/// What earlier runs did for this user and told nobody. Done after an interrupted rotation is settled: what is not recorded
/// on the user by then did not happen.
Task<void> look_back(AccountWork& work, aws::IamUser user) {
  Journal& journal = *work.parts.journal;
  const std::vector<JournalEntry> left = journal.left_by_earlier_runs(work.report.account.id, user.name);
  if (left.empty()) co_return;
  rotation::UserFacts facts = co_await work.workplace.auditor().facts(user, rotation::Reading::everything);
  UserReport found{std::move(facts), {}};
  for (const JournalEntry& entry : left) {
    if (entry.only_look) {
      journal.drop(entry);
      continue;
    }
    auto became = rotation::what_became_of(entry.decision, entry.begun, found.facts);
    if (became.is_unknown()) continue;
    Outcome outcome = became.is_known() ? became.value() : Outcome();
    if (entry.done) {
      outcome.decision = entry.decision;
      outcome.status = OutcomeStatus::done;
      outcome.at = *entry.done;
      outcome.new_key = entry.new_key;
    } else if (became.is_absent()) {
      journal.drop(entry);
      continue;
    }
    if (outcome.decision.due) outcome.decision.days_left = rotation::days_until(*outcome.decision.due, work.parts.context.clock.now());
    if (outcome.new_key) {
      Result<rotation::SecretLocation> location = co_await work.workplace.store().locate(user.name);
      if (location) outcome.secret = std::move(*location);
    }
    journal.end(entry, outcome);
    found.outcomes.push_back(std::move(outcome));
  }
  if (!found.outcomes.empty()) work.report.earlier.push_back(std::move(found));
}

}  // namespace

Task<Outcome> perform(AccountWork& work, rotation::UserFacts seen, Decision decision) {
  Journal& journal = *work.parts.journal;
  const JournalEntry entry = begun_now(work, seen.name, decision);
  const bool noted = Journal::concerns(decision);
  if (noted) {
    const Result<void> begun = journal.begin(entry);
    // Nobody may hear of it then; a compromised key is switched off all the same.
    const bool must_be_noted = decision.action != Action::deactivate || decision.reason != rotation::Reason::compromised_key;
    if (!begun && must_be_noted) co_return rotation::make_failure(decision, begun.error(), entry.begun);
  }
  forget_keys(work, seen.name);
  Task<Outcome> action = action_of(work.workplace.executor(), std::move(seen), std::move(decision));
  Outcome outcome = co_await std::move(action);
  work.parts.log.info("action", {{"account", work.report.account.id.str()},
                                 {"user", entry.user.str()},
                                 {"action", to_string(entry.decision.action)},
                                 {"access_key_id", entry.decision.key ? base::last_four(*entry.decision.key) : ""},
                                 {"outcome", to_string(outcome.status)},
                                 {"error", outcome.error ? base::describe(*outcome.error) : ""}});
  if (noted) journal.end(entry, outcome);
  co_return outcome;
}

bool touches_aws(const Decision& decision) {
  return decision.is_change() || decision.note != rotation::LedgerNote::none;
}

namespace {

/// By notify.require_warning.
std::optional<Decision> waiting(const AccountWork& work, const rotation::UserFacts& facts, const Decision& decision, base::Instant now) {
  if (!work.report.settings.notify.require_warning || !decision.key) return std::nullopt;
  const Journal& journal = *work.parts.journal;
  if (journal.was_warned(work.report.account.id, facts.name, *decision.key, decision.action, now)) return std::nullopt;
  return rotation::waiting_for_warning(decision, facts);
}

}  // namespace

Task<Outcome> act(AccountWork& work, rotation::UserFacts& facts, Decision decision) {
  const RunParts& parts = work.parts;
  const base::Instant now = parts.context.clock.now();
  if (!touches_aws(decision)) co_return not_carried_out(decision, OutcomeStatus::done, now, "");
  if (work.report.mode != Mode::enforce) co_return not_carried_out(decision, OutcomeStatus::dry_run, now, "");
  if (const auto put_off = waiting(work, facts, decision, now)) co_return not_carried_out(*put_off, OutcomeStatus::done, now, "");
  if (decision.is_change() && !parts.budget.take(work.report.account.id)) {
    co_return not_carried_out(decision, OutcomeStatus::held_back, now,
                              "limits.max_changes or limits.max_changes_per_account is used up for this run");
  }
  Outcome outcome = co_await perform(work, facts, std::move(decision));
  facts.read_at.reset();
  co_return outcome;
}

namespace {

bool is_interrupted(const rotation::UserFacts& facts) {
  return facts.ledger.is_known() && facts.ledger.value().intent && facts.keys.is_known();
}

}  // namespace

Task<void> catch_up(AccountWork& work, aws::IamUser user, UserReport& report, rotation::Reading reading) {
  const bool left = !work.parts.journal->left_by_earlier_runs(work.report.account.id, user.name).empty();
  if (!left && !is_interrupted(report.facts)) co_return;
  if (!work.parts.gate.is_open()) {
    const bool passed = co_await work.parts.gate.pass();
    if (!passed) co_return;
    // Somebody else may have finished it meanwhile.
    report.facts = co_await work.workplace.auditor().facts(user, reading);
  }
  if (is_interrupted(report.facts)) {
    std::optional<Outcome> settled = co_await settle(work, report.facts);
    if (settled) {
      report.outcomes.push_back(std::move(*settled));
      report.facts = co_await work.workplace.auditor().facts(user, reading);
    }
  }
  co_await look_back(work, std::move(user));
}

}  // namespace keyward::orchestrator
