#include "orchestrator/account_worker.hpp"

#include <algorithm>

#include "aws/iam_client.hpp"
#include "aws/secrets_manager_client.hpp"
#include "base/task_group.hpp"
#include "rotation/auditor.hpp"
#include "rotation/begun_action.hpp"
#include "rotation/key_prover.hpp"
#include "rotation/secret_store.hpp"

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

aws::Writes writes_of(Mode mode) { return writes(mode) ? aws::Writes::allowed : aws::Writes::refused; }

/// The sessions and tools for one account. In enforce mode with a weaker audit_role, facts are read with that and the
/// stronger role is assumed only when there is something to change.
class Workplace {
 public:
  Workplace(const RunParts& parts, const accounts::Account& account, const AccountSettings& settings, Mode mode,
            std::optional<base::Instant> previous_run)
      : parts_(parts),
        reader_(session(account, parts.configuration.audit_role, reader_writes(parts.configuration, mode))),
        writer_(session(account, parts.configuration.member_role, writes_of(mode))),
        reader_iam_(reader_.caller()),
        writer_iam_(writer().caller()),
        auditor_(reader_iam_, account.id, parts.configuration.users, settings.policy, parts.context.clock, previous_run),
        store_region_(settings.store.region.value_or(parts.region)),
        store_caller_(store_caller(settings, mode)),
        store_client_(*store_caller_),
        store_(store_client_, settings.store, account.id, store_region_),
        prover_(parts.context, parts.region,
                {parts.configuration.limits.verify_interval, parts.configuration.limits.verify_timeout, 3}),
        executor_({writer_iam_, auditor_, store_, prover_, settings.policy, parts.context.clock, parts.context.sleeper, parts.log},
                  parts.run) {
    reader_.caller().limit_rate(parts.configuration.limits.calls_per_second_per_account);
    writer_.caller().limit_rate(parts.configuration.limits.calls_per_second_per_account);
    store_caller_->limit_rate(parts.configuration.limits.calls_per_second_per_account);
  }

  rotation::Auditor& auditor() { return auditor_; }
  rotation::Executor& executor() { return executor_; }
  rotation::SecretStore& store() { return store_; }

 private:
  static bool one_role(const Configuration& configuration) { return configuration.audit_role == configuration.member_role; }
  static aws::Writes reader_writes(const Configuration& configuration, Mode mode) {
    return one_role(configuration) ? writes_of(mode) : aws::Writes::refused;
  }
  accounts::Session& writer() { return one_role(parts_.configuration) ? reader_ : writer_; }

  accounts::RoleSettings role(const std::string& name) const {
    const Configuration& configuration = parts_.configuration;
    return {parts_.partition, name, configuration.role_session_name, configuration.external_id};
  }
  accounts::Session session(const accounts::Account& account, const std::string& role_name, aws::Writes writes) const {
    const accounts::RoleSettings settings = role(role_name);
    return accounts::Session(parts_.context, parts_.hub, parts_.region, accounts::role_arn(settings, account.id), settings, writes);
  }

  /// Member store: the account's own session. Central store: the store's role, or the caller itself.
  accounts::Session* central_role(const AccountSettings& settings, Mode mode) {
    if (settings.store.target != rotation::StoreTarget::central || !settings.store.role) return nullptr;
    store_role_.emplace(parts_.context, parts_.hub, parts_.region, *settings.store.role, role(""), writes_of(mode));
    return &*store_role_;
  }
  std::unique_ptr<aws::Caller> store_caller(const AccountSettings& settings, Mode mode) {
    aws::CredentialProvider* identity = &writer().credentials();
    if (accounts::Session* role_session = central_role(settings, mode)) {
      identity = &role_session->credentials();
    } else if (settings.store.target == rotation::StoreTarget::central) {
      identity = parts_.hub.get();
    }
    return std::make_unique<aws::Caller>(parts_.context, *identity, store_region_, writes_of(mode));
  }

  const RunParts& parts_;
  accounts::Session reader_;
  accounts::Session writer_;
  aws::IamClient reader_iam_;
  aws::IamClient writer_iam_;
  rotation::Auditor auditor_;
  base::Region store_region_;
  std::optional<accounts::Session> store_role_;
  std::unique_ptr<aws::Caller> store_caller_;
  aws::SecretsManagerClient store_client_;
  rotation::SecretStore store_;
  rotation::KeyProver prover_;
  rotation::Executor executor_;
};

Outcome not_carried_out(const Decision& decision, OutcomeStatus status, base::Instant at, std::string detail) {
  Outcome outcome;
  outcome.decision = decision;
  outcome.status = status;
  outcome.at = at;
  if (!detail.empty()) outcome.decision.detail = std::move(detail);
  return outcome;
}

bool touches_aws(const Decision& decision) {
  return decision.is_change() || decision.note != rotation::LedgerNote::none;
}

/// What the coroutines of one account share; lives in work_account() until all of them have ended.
struct AccountWork {
  const RunParts& parts;
  Workplace& workplace;
  AccountReport& report;
};

JournalEntry begun_now(const AccountWork& work, const base::UserName& user, const Decision& decision) {
  return {work.report.account.id, user, decision, work.parts.context.clock.now(), work.parts.run.id, std::nullopt, std::nullopt};
}

Outcome not_begun(const Decision& decision, base::Instant at, base::Error error) {
  Outcome outcome = not_carried_out(decision, OutcomeStatus::failed, at, "");
  outcome.error = std::move(error);
  return outcome;
}

Task<Outcome> action_of(rotation::Executor& executor, aws::IamUser user, Decision decision) {
  const bool asked_for = decision.reason == rotation::Reason::forced_rotation || decision.reason == rotation::Reason::compromised_key;
  if (!asked_for) return executor.perform(std::move(user), std::move(decision));
  if (decision.action == Action::deactivate) return executor.switch_off_now(std::move(user), std::move(decision));
  return executor.rotate_now(std::move(user), std::move(decision));
}

/// Carries a decision out between two lines of the journal.
Task<Outcome> perform(AccountWork& work, aws::IamUser user, Decision decision) {
  Journal& journal = *work.parts.journal;
  const JournalEntry entry = begun_now(work, user.name, decision);
  const bool noted = Journal::concerns(decision);
  if (noted) {
    const Result<void> begun = journal.begin(entry);
    if (!begun) co_return not_begun(decision, entry.begun, begun.error());
  }
  Task<Outcome> action = action_of(work.workplace.executor(), std::move(user), std::move(decision));
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

/// Finishes or undoes an interrupted rotation, between two lines of the journal.
Task<std::optional<Outcome>> settle(AccountWork& work, rotation::UserFacts facts) {
  Journal& journal = *work.parts.journal;
  Decision decision;
  decision.action = Action::rotate;
  decision.reason = rotation::Reason::interrupted_rotation;
  const auto& existed = facts.ledger.value().intent->keys;
  if (!existed.empty()) decision.key = existed.front();
  const JournalEntry entry = begun_now(work, facts.name, decision);
  const Result<void> begun = journal.begin(entry);
  if (!begun) co_return not_begun(decision, entry.begun, begun.error());
  std::optional<Outcome> settled = co_await work.workplace.executor().settle(std::move(facts));
  if (settled) {
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

/// What a dry run says of an order.
Task<Outcome> only_said(const rotation::UserFacts& facts, Decision decision, base::Instant now) {
  std::optional<base::Error> why;
  if (decision.action == Action::rotate) why = rotation::not_rotatable(facts, decision);
  Outcome said = not_carried_out(decision, why ? OutcomeStatus::failed : OutcomeStatus::dry_run, now, "");
  said.error = std::move(why);
  co_return said;
}

/// What earlier runs left to be done for this user; the facts are those after it.
Task<void> catch_up(AccountWork& work, aws::IamUser user, UserReport& report, rotation::Reading reading) {
  const bool interrupted = report.facts.ledger.is_known() && report.facts.ledger.value().intent && report.facts.keys.is_known();
  if (interrupted) {
    std::optional<Outcome> settled = co_await settle(work, report.facts);
    if (settled) {
      report.outcomes.push_back(std::move(*settled));
      report.facts = co_await work.workplace.auditor().facts(user, reading);
    }
  }
  co_await look_back(work, std::move(user));
}

void list_interrupted(UserReport& report, base::Instant now) {
  if (!report.facts.ledger.is_known() || !report.facts.ledger.value().intent) return;
  const rotation::Intent& intent = *report.facts.ledger.value().intent;
  Decision decision;
  decision.action = Action::hold;
  decision.reason = rotation::Reason::interrupted_rotation;
  if (!intent.keys.empty()) decision.key = intent.keys.front();
  report.outcomes.push_back(not_carried_out(decision, OutcomeStatus::done, now,
                                            "begun by run " + intent.run + " on " + base::format_iso8601(intent.at)));
}

/// One decision of one user: carried out, only told, or refused by a limit.
Task<Outcome> act(AccountWork& work, aws::IamUser user, Decision decision) {
  const RunParts& parts = work.parts;
  const base::Instant now = parts.context.clock.now();
  if (!touches_aws(decision)) co_return not_carried_out(decision, OutcomeStatus::done, now, "");
  if (work.report.mode != Mode::enforce) co_return not_carried_out(decision, OutcomeStatus::dry_run, now, "");
  if (decision.is_change() && !parts.budget.take(work.report.account.id)) {
    co_return not_carried_out(decision, OutcomeStatus::held_back, now,
                              "limits.max_changes or limits.max_changes_per_account is used up for this run");
  }
  Outcome outcome = co_await perform(work, std::move(user), std::move(decision));
  co_return outcome;
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
    if (mode == Mode::recover) co_await catch_up(work, user, report, rotation::Reading::everything);
    if (mode == Mode::list_interrupted) list_interrupted(report, parts.context.clock.now());
    co_return;
  }
  // A run that died may have left something on a user whose keys are too young to be looked at closely.
  const bool unfinished = mode == Mode::enforce && !parts.journal->left_by_earlier_runs(work.report.account.id, user.name).empty();
  const auto reading = unfinished ? rotation::Reading::everything : rotation::Reading::as_needed;
  report.facts = co_await workplace.auditor().facts(user, reading);
  if (mode == Mode::enforce) co_await catch_up(work, user, report, reading);
  const std::vector<Decision> decisions = rotation::decide(report.facts, work.report.settings.policy, parts.context.clock.now());
  for (const Decision& decision : decisions) {
    if (mode == Mode::enforce && touches_aws(decision) && !parts.may_begin()) {
      work.report.cut_short = true;
      break;
    }
    Outcome outcome = co_await act(work, user, decision);
    report.outcomes.push_back(std::move(outcome));
    // The decisions of a user build on each other (delete one key, then make another).
    if (decision.is_change() && report.outcomes.back().status != OutcomeStatus::done) break;
  }
}

Task<void> work_users(AccountWork& work, const std::vector<aws::IamUser>& users, base::TaskGroup& group) {
  for (std::size_t i = 0; i < users.size(); ++i) {
    Task<void> child = work_user(work, users[i], work.report.users[i]);
    co_await group.spawn(std::move(child));
  }
}

}  // namespace

namespace {

/// By keyward, and recorded: the order was given before.
bool is_switched_off(const rotation::UserFacts& facts, const base::AccessKeyId& id) {
  if (!facts.keys.is_known() || !facts.ledger.is_known()) return false;
  const auto key = std::ranges::find(facts.keys.value(), id, &rotation::KeyFacts::id);
  const bool inactive = key != facts.keys.value().end() && key->status == rotation::KeyStatus::inactive;
  return inactive && facts.ledger.value().deactivated.contains(id);
}

bool is_replaced(const rotation::UserFacts& facts, const base::AccessKeyId& id) {
  const auto& rotation = facts.ledger.value().rotation;
  return !facts.ledger.value().intent && rotation && rotation->old_key == id;
}

}  // namespace

Mode mode_for(const AccountSettings& settings, Mode run) {
  if (!settings.dry_run) return run;
  return run == Mode::enforce ? Mode::dry_run : run == Mode::recover ? Mode::list_interrupted : run;
}

Task<AccountReport> work_account(RunParts parts, accounts::Account account, Mode mode,
                                 std::optional<base::Instant> previous_run) {
  AccountReport report{account, parts.configuration.for_account(account), mode, parts.context.clock.now(), {}, {}, {}, false};
  report.mode = mode_for(report.settings, mode);
  Workplace workplace(parts, report.account, report.settings, report.mode, previous_run);

  Result<std::vector<aws::IamUser>> users = co_await workplace.auditor().users();
  if (!users) {
    report.failure = users.error();
    co_return report;
  }
  for (const aws::IamUser& user : *users) {
    report.users.push_back({rotation::UserFacts{user.name, user.arn, {}, {}, {}, {}, previous_run}, {}});
  }
  AccountWork work{parts, workplace, report};
  const auto body = [&work, &users](base::TaskGroup& group) { return work_users(work, *users, group); };
  co_await base::run_group(k_users_in_flight, body);
  if (report.cut_short) std::erase_if(report.users, [](const UserReport& user) { return user.outcomes.empty(); });
  co_return report;
}

Task<AccountReport> rotate_user(RunParts parts, accounts::Account account, RotationOrder order) {
  AccountReport report{account, parts.configuration.for_account(account), Mode::enforce, parts.context.clock.now(), {}, {}, {}, false};
  report.mode = mode_for(report.settings, Mode::enforce);
  Workplace workplace(parts, report.account, report.settings, report.mode, std::nullopt);
  Result<std::vector<aws::IamUser>> users = co_await workplace.auditor().users();
  if (!users) {
    report.failure = users.error();
    co_return report;
  }
  const auto found = std::ranges::find(*users, order.user, &aws::IamUser::name);
  if (found == users->end()) {
    report.failure = base::Error{base::ErrorKind::not_found, "rotate", k_no_such_user, "",
                                 "account " + account.id.str() + " has no IAM user " + order.user.str()};
    co_return report;
  }
  const aws::IamUser user = *found;
  rotation::UserFacts facts = co_await workplace.auditor().facts(user, rotation::Reading::everything);
  UserReport& rotated = report.users.emplace_back(UserReport{std::move(facts), {}});
  AccountWork work{parts, workplace, report};

  Decision decision;
  decision.reason = order.compromised ? rotation::Reason::compromised_key : rotation::Reason::forced_rotation;
  decision.detail = order.reason;
  const auto carry_out = [&](Decision what) {
    const base::Instant now = parts.context.clock.now();
    return report.mode == Mode::enforce ? perform(work, user, std::move(what)) : only_said(rotated.facts, std::move(what), now);
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
