#include "rotation/settlement.hpp"

#include <algorithm>

#include "base/shell_word.hpp"
#include "rotation/explanation.hpp"
#include "rotation/rescue.hpp"

namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

// Longer than any rotation takes, with limits.verify_timeout at its most (5 minutes) and slow answers. An intent of another
// machine's run that is younger may be at work.
constexpr std::chrono::minutes k_longest_rotation{15};

// Secrets Manager tries a rotation that failed again by itself, for as long as this at least.
constexpr std::chrono::hours k_secret_rotation_retries{24};

}  // namespace

bool may_be_unfinished(const KeyFacts& key, const Intent& intent) {
  const bool at_that_time = key.created >= intent.at - k_clock_spread && key.created <= intent.at + k_longest_rotation;
  return at_that_time && !is_adopted(key);
}

/// The keys are not those of the interrupted rotation: somebody made or deleted some meanwhile.
Task<Outcome> Settlement::leave_to_person(UserFacts facts, Decision decision, std::vector<AccessKeyId> made) {
  std::vector<Suspect> suspects;
  std::string states;
  for (const AccessKeyId& key : made) {
    Result<StoredState> state = co_await parts_.store.state(facts.name, key);
    if (!state) co_return failed(std::move(decision), state.error());
    suspects.emplace_back(key, *state);
    const char* stored = *state == StoredState::current ? "stored and current" : *state == StoredState::pending ? "stored, not proved" : "not stored";
    states += (states.empty() ? "" : ", ") + base::last_four(key) + " is " + stored;
  }
  Outcome left = failed(std::move(decision), Error{ErrorKind::conflict, "recover", "KeysChanged", "",
                                                   "the user's keys are not those of the interrupted rotation (" + states +
                                                       "); a person must decide which of them stay"});
  left.status = OutcomeStatus::recovery_needed;
  left.todo = rescue_commands(facts.name, suspects, parts_.auditor.ledger_tag());
  co_return left;
}

/// Whether its key is current only the secret tells, which a run may not read: Secrets Manager has to end what it began.
Outcome Settlement::left_to_secret(const UserFacts& facts, Decision decision) const {
  const std::string secret = facts.rotated_secret.empty() ? "the user's secret" : "the secret " + facts.rotated_secret;
  Outcome left = failed(std::move(decision), Error{ErrorKind::conflict, "recover", "SecretRotationUnfinished", "",
                                                   "Secrets Manager began to rotate " + secret +
                                                       " and did not finish; the old key stays on and nothing was removed"});
  if (!facts.rotated_secret.empty()) left.todo = {"aws secretsmanager rotate-secret --secret-id " + base::shell_word(facts.rotated_secret)};
  return left;
}

Task<std::optional<Outcome>> Settlement::settle(UserFacts facts) {
  const Intent intent = *facts.ledger.value().intent;
  const bool ours = intent.run == run_.id || (run_.is_dead && run_.is_dead(intent.run));
  if (!ours && parts_.clock.now() - intent.at < k_longest_rotation) co_return std::nullopt;

  const bool by_secret = intent.run.starts_with(k_secret_rotation_run);
  if (by_secret && parts_.clock.now() - intent.at < k_secret_rotation_retries) co_return std::nullopt;

  Decision decision;
  decision.action = Action::rotate;
  decision.reason = Reason::interrupted_rotation;
  decision.detail = "begun by run " + intent.run + " on " + base::format_iso8601(intent.at);

  if (by_secret) co_return left_to_secret(facts, std::move(decision));
  std::vector<AccessKeyId> made;
  std::optional<AccessKeyId> old_key;
  for (const KeyFacts& key : facts.keys.value()) {
    if (contains(intent.keys, key.id)) {
      old_key = key.id;
    } else {
      made.push_back(key.id);
    }
  }
  decision.key = old_key;
  const std::vector<AccessKeyId> known = ids_of(facts);
  Ledger ledger = ledger_of(facts);
  ledger.intent.reset();
  ledger.forget_all_but(known);
  if (made.empty()) {
    Result<void> cleared = co_await record_.close(facts, std::move(ledger), known);
    if (!cleared) co_return failed(std::move(decision), cleared.error());
    decision.action = Action::note;
    decision.detail += "; no key had been made";
    co_return outcome(std::move(decision), OutcomeStatus::done);
  }
  if (made.size() > 1) {
    Outcome left = co_await leave_to_person(std::move(facts), std::move(decision), std::move(made));
    co_return left;
  }
  if (!intent.store.empty() && intent.store != parts_.store.mark(facts.name)) {
    Outcome elsewhere = failed(std::move(decision), Error{ErrorKind::conflict, "recover", "StoreChanged", "",
                                                          "the rotation was begun when `store` was configured differently, and only there can be seen "
                                                          "whether its key " + base::last_four(made.front()) + " was stored"});
    elsewhere.status = OutcomeStatus::recovery_needed;
    elsewhere.todo = {"keyward recover   # with the settings under `store` that were in force on " + base::format_iso8601(intent.at)};
    co_return elsewhere;
  }
  const AccessKeyId new_key = made.front();
  const auto unfinished = std::ranges::find(facts.keys.value(), new_key, &KeyFacts::id);
  if (unfinished->status != KeyStatus::active) {
    Result<void> forgotten = co_await record_.close(facts, std::move(ledger), known);
    if (!forgotten) co_return failed(std::move(decision), forgotten.error());
    decision.action = Action::note;
    decision.detail += "; its key " + base::last_four(new_key) + " was switched off meanwhile, so it replaces nothing";
    co_return outcome(std::move(decision), OutcomeStatus::done);
  }
  Result<StoredState> state = co_await parts_.store.state(facts.name, new_key);
  if (!state) co_return failed(std::move(decision), state.error());
  // A person took the old key away meanwhile. With the new one in its place the rotation is as good as done.
  if (!old_key && *state == StoredState::current && !intent.keys.empty()) old_key = intent.keys.front();
  if (!old_key) {
    Outcome left = co_await leave_to_person(std::move(facts), std::move(decision), std::move(made));
    co_return left;
  }
  Result<SecretLocation> location = co_await parts_.store.locate(facts.name);
  if (!location && location.error().kind != ErrorKind::not_found) co_return failed(std::move(decision), location.error());
  if (location && *state == StoredState::current) {
    Result<void> promoted = co_await parts_.store.promote(*location, facts.name, new_key);
    if (!promoted) co_return failed(std::move(decision), promoted.error());
    // Another host may have been faster, and of another opinion.
    Result<bool> there = co_await record_.has_key(facts.name, new_key);
    if (!there) co_return failed(std::move(decision), there.error());
    if (!*there) co_return failed(std::move(decision), overtaken_error());
    ledger.rotation = Rotation{new_key, *old_key, parts_.clock.now(), intent.forced, intent.store};
    Result<void> recorded = co_await record_.write(facts, ledger);
    if (!recorded) co_return failed(std::move(decision), recorded.error());
    Outcome finished = outcome(std::move(decision), OutcomeStatus::done);
    finished.new_key = new_key;
    finished.secret = *location;
    co_return finished;
  }
  if (unfinished->last_use.is_unknown()) {
    co_return failed(std::move(decision), Error{ErrorKind::conflict, "recover", "FactUnknown", "",
                                                "when the key " + base::last_four(new_key) + " was last used could not be read: " +
                                                    unfinished->last_use.why()});
  }
  if (!may_be_unfinished(*unfinished, intent)) {
    Result<void> forgotten = co_await record_.close(facts, std::move(ledger), known);
    if (!forgotten) co_return failed(std::move(decision), forgotten.error());
    decision.action = Action::note;
    decision.detail += "; the key " + base::last_four(new_key) + " was made or is used by somebody else and stays";
    co_return outcome(std::move(decision), OutcomeStatus::done);
  }
  // The only key that works is not removed, unless keyward itself switched the other one off for this rotation.
  const auto replaced = std::ranges::find(facts.keys.value(), *old_key, &KeyFacts::id);
  const bool other_works = replaced != facts.keys.value().end() && replaced->status == KeyStatus::active;
  if (!other_works && !ledger.deactivated.contains(*old_key) && !ledger.deactivating.contains(*old_key)) {
    Outcome left = co_await leave_to_person(std::move(facts), std::move(decision), std::move(made));
    co_return left;
  }
  // Not proved to be anybody's: its owner never heard of it, so nothing can depend on it.
  Result<std::string> removed = co_await parts_.iam.delete_access_key(facts.name, new_key);
  if (!removed) {
    Outcome stuck = failed(std::move(decision), removed.error());
    stuck.status = OutcomeStatus::recovery_needed;
    stuck.new_key = new_key;
    stuck.todo = removal_commands(facts.name, new_key);
    co_return stuck;
  }
  if (location) {
    Result<void> dropped = co_await parts_.store.drop_pending(*location, facts.name, new_key);
    if (!dropped) parts_.log.warn("pending_label_left", {{"user", facts.name.str()}, {"error", base::describe(dropped.error())}});
  }
  ledger.forget_all_but({*old_key});
  // A deleted key may be listed for some seconds yet.
  Result<void> cleared = co_await record_.close(facts, std::move(ledger), known);
  if (!cleared) co_return failed(std::move(decision), cleared.error());
  decision.action = Action::note;
  decision.detail += "; its unfinished key " + base::last_four(new_key) + " was removed";
  co_return outcome(std::move(decision), OutcomeStatus::done);
}

}  // namespace keyward::rotation
