#include "rotation/executor.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "base/shell_word.hpp"
#include "rotation/explanation.hpp"
#include "rotation/ledger_changes.hpp"
#include "rotation/rescue.hpp"

namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

// ListAccessKeys may omit a key for some seconds after it was made.
constexpr int k_looks_for_lost_key = 3;
constexpr std::chrono::milliseconds k_look_again{1'000};

// CreateAccessKey, whose answers were lost. More would make and remove keys all night.
constexpr int k_create_attempts = 2;
constexpr const char* k_lost_key = "LostKey";

// Within this time after an intent no other host settles it (settlement.cpp), whatever the dates of answers differ by.
constexpr std::chrono::minutes k_surely_ours{10};

// The managed policies that AWS attaches to a user whose key it found in public begin like this.
constexpr std::string_view k_quarantine = "AWSCompromisedKeyQuarantine";

// Of an account with many users due at once the calls queue for some seconds.
constexpr std::chrono::seconds k_fresh{10};

// IAM, per user.
constexpr std::size_t k_user_tags = 50;

const Decision* same_decision(const std::vector<Decision>& decisions, const Decision& wanted) {
  const auto found = std::ranges::find_if(decisions, [&wanted](const Decision& decision) {
    return decision.action == wanted.action && decision.key == wanted.key && decision.note == wanted.note;
  });
  return found == decisions.end() ? nullptr : &*found;
}

Error not_possible(std::string why) { return Error{ErrorKind::conflict, "rotate", "NotPossible", "", std::move(why)}; }

/// Without these facts no key is made that a person orders.
std::optional<Error> not_readable(const UserFacts& facts) {
  if (facts.keys.is_unknown()) return not_possible("the access keys could not be read: " + facts.keys.why());
  if (facts.ledger.is_unknown()) return not_possible("keyward's record on the user could not be read: " + facts.ledger.why());
  return std::nullopt;
}

/// Whether an error of the store says something about the store, and not about one user's secret.
bool of_the_store(const Error& error) {
  switch (error.kind) {
    case ErrorKind::conflict:
    case ErrorKind::invalid:
    case ErrorKind::not_found:
    case ErrorKind::limit_exceeded: return false;
    default: return true;
  }
}

std::string what_changed(const std::vector<Decision>& now) {
  return "the user's keys changed since they were audited; the rules now say " + std::string(to_string(now[0].action)) +
         " (" + std::string(to_string(now[0].reason)) + ")";
}

}  // namespace

std::optional<Error> not_switchable(const UserFacts& facts, const AccessKeyId& key) {
  if (facts.keys.is_unknown() || contains(ids_of(facts), key)) return std::nullopt;
  return not_possible("the user has no access key " + base::last_four(key));
}

std::optional<Error> not_rotatable(const UserFacts& facts, const Decision& decision) {
  if (std::optional<Error> why = not_readable(facts)) return why;
  if (!facts.rotated_secret.empty()) {
    return not_possible("Secrets Manager makes this user's keys; order one there: aws secretsmanager rotate-secret --secret-id " +
                        base::shell_word(facts.rotated_secret));
  }
  if (ledger_of(facts).intent) return not_possible("another run may be rotating this user right now; try again in 15 minutes");
  const auto& keys = facts.keys.value();
  if (keys.empty()) return not_possible("the user has no access key");
  if (keys.size() > 1) return not_possible("the user has two access keys already; AWS allows no third. Delete one first, or wait for its date");
  if (keys[0].status != KeyStatus::active && decision.reason != Reason::compromised_key) {
    return not_possible("the user's only access key is inactive");
  }
  return std::nullopt;
}

Outcome Executor::unanswered(Decision decision, Error error) const {
  Outcome result = failed(std::move(decision), std::move(error));
  const ErrorKind kind = result.error->kind;
  result.in_doubt = kind == ErrorKind::transient || kind == ErrorKind::ambiguous || kind == ErrorKind::deadline_exceeded;
  return result;
}

/// The turn of a rotation, before its user is read again: what is read must not grow old in the queue.
Task<Executor::Trial> Executor::turn_to_rotate() {
  Trial trial = co_await store_trials_.acquire();
  if (store_works_) trial.reset();
  co_return trial;
}

/// Whether a key may be made from what is known. That cuts nobody off, so what was read moments ago will do: whoever made a
/// key meanwhile has taken the second place of two, or IAM gives it to one of us. (A date in the future is no age.)
bool Executor::is_fresh(const UserFacts& facts) const {
  if (!facts.read_at) return false;
  const auto age = parts_.clock.now() - *facts.read_at;
  return age >= std::chrono::seconds(0) && age <= k_fresh;
}

Task<Outcome> Executor::perform(UserFacts seen, Decision decision) {
  Trial trial;
  if (decision.action == Action::rotate) trial = co_await turn_to_rotate();
  UserFacts facts = std::move(seen);
  if (decision.action != Action::rotate || !is_fresh(facts)) {
    const aws::IamUser user{facts.name, facts.arn};
    facts = co_await parts_.auditor.facts(user, Reading::everything);
  }
  const std::vector<Decision> decisions = decide(facts, parts_.policy, parts_.clock.now());
  const Decision* confirmed = same_decision(decisions, decision);
  if (confirmed == nullptr) {
    Outcome stale = outcome(decision, OutcomeStatus::stale);
    stale.decision.detail = what_changed(decisions);
    co_return stale;
  }
  Decision current = *confirmed;
  switch (current.action) {
    case Action::rotate: {
      Outcome rotated = co_await rotate(std::move(facts), std::move(current), false, std::move(trial));
      co_return rotated;
    }
    case Action::deactivate: {
      Outcome deactivated = co_await deactivate(std::move(facts), std::move(current));
      co_return deactivated;
    }
    case Action::remove: {
      Outcome removed = co_await remove(std::move(facts), std::move(current));
      co_return removed;
    }
    default: {
      if (current.note == LedgerNote::none) co_return outcome(std::move(current), OutcomeStatus::done);
      Outcome noted = co_await note(std::move(facts), std::move(current));
      co_return noted;
    }
  }
}

std::optional<Error> Executor::obstacle(const UserFacts& facts) const {
  if (store_failures_ >= k_store_failures) {
    return Error{ErrorKind::limit_exceeded, "rotate", "StoreFailing", "",
                 "the store failed for " + std::to_string(store_failures_) + " users of this account; no further key is made there in this run"};
  }
  if (facts.ledger.is_absent() && facts.tags.is_known() && facts.tags.value().size() >= k_user_tags) {
    return Error{ErrorKind::limit_exceeded, "rotate", "TooManyTags", "",
                 "the user has " + std::to_string(k_user_tags) + " tags, so there is no room for keyward's record; remove one"};
  }
  return std::nullopt;
}

/// A trial that failed is not given to another user: then more keys than k_store_failures would be made.
void Executor::note_store_failure(const Error& error, Trial& trial) {
  if (!of_the_store(error)) return;
  ++store_failures_;
  if (trial) failed_trials_.push_back(std::move(*trial));
  trial.reset();
  if (store_failures_ >= k_store_failures) failed_trials_.clear();  // whoever waits is told
}

/// Why AWS itself or our ignorance forbids a new key for a user whose key is compromised; nothing when nothing does.
Task<std::optional<Error>> Executor::quarantine(base::UserName user) {
  Result<std::vector<std::string>> policies = co_await parts_.iam.attached_policies(user);
  if (!policies) co_return policies.error();
  for (const std::string& policy : *policies) {
    if (!policy.starts_with(k_quarantine)) continue;
    co_return Error{ErrorKind::conflict, "rotate", "Quarantined", "",
                    "AWS has put the user into quarantine (policy " + policy +
                        "). Find out what was done with the key, then detach the policy and give the same command once more"};
  }
  co_return std::nullopt;
}

Task<Outcome> Executor::switch_off_now(aws::IamUser user, Decision decision) {
  UserFacts facts = co_await parts_.auditor.facts(user, Reading::everything);
  if (std::optional<Error> why = not_switchable(facts, *decision.key)) co_return failed(std::move(decision), std::move(*why));
  const bool recordable = facts.keys.is_known() && !facts.ledger.is_unknown();
  if (recordable) {
    Outcome deactivated = co_await switch_off(std::move(facts), std::move(decision));
    co_return deactivated;
  }
  // A record that cannot be read is not replaced, and the key is switched off all the same: every minute counts.
  Result<std::string> done = co_await parts_.iam.deactivate_access_key(facts.name, *decision.key);
  if (!done) co_return unanswered(std::move(decision), done.error());
  const std::string why = facts.keys.is_unknown() ? facts.keys.why() : facts.ledger.why();
  co_return switched_off_unrecorded(std::move(decision), Error{ErrorKind::conflict, "rotate", "NotRecorded", "", why});
}

Task<Outcome> Executor::rotate_now(aws::IamUser user, Decision decision) {
  Trial trial = co_await turn_to_rotate();
  UserFacts facts = co_await parts_.auditor.facts(user, Reading::everything);
  if (std::optional<Error> why = not_rotatable(facts, decision)) co_return failed(std::move(decision), std::move(*why));
  if (decision.reason == Reason::compromised_key) {
    std::optional<Error> forbidden = co_await quarantine(user.name);
    if (forbidden) co_return failed(std::move(decision), std::move(*forbidden));
  }
  decision.key = facts.keys.value()[0].id;
  Outcome rotated = co_await rotate(std::move(facts), std::move(decision), true, std::move(trial));
  co_return rotated;
}

Task<Outcome> Executor::rotate(UserFacts facts, Decision decision, bool forced, Trial trial) {
  const AccessKeyId old_key = *decision.key;

  if (std::optional<Error> why = obstacle(facts)) {
    Outcome held = failed(std::move(decision), *why);
    if (store_failures_ >= k_store_failures) held.status = OutcomeStatus::held_back;
    co_return held;
  }
  Result<std::optional<aws::SecretDescription>> storable = co_await parts_.store.check(facts.name);
  if (!storable) {
    note_store_failure(storable.error(), trial);
    co_return failed(std::move(decision), storable.error());
  }

  // Before the first change, so that a user who cannot be tagged is left as he is.
  Ledger ledger = ledger_put_right(facts);
  const base::Instant begun = parts_.clock.now();
  const std::string store_mark = parts_.store.mark(facts.name);
  ledger.intent = Intent{run_.id, begun, ids_of(facts), forced, store_mark};
  Result<void> intended = co_await record_.write(facts, ledger);
  if (!intended) co_return failed(std::move(decision), intended.error());
  facts.ledger = Fact<Ledger>::known(ledger);

  // A key whose secret cannot be stored must not be made.
  Result<PreparedSecret> prepared = co_await parts_.store.prepare(facts.name, facts.arn, std::move(*storable));
  if (!prepared) {
    Result<void> cleared = co_await record_.clear_intent(facts);
    if (!cleared) parts_.log.warn("intent_not_cleared", {{"user", facts.name.str()}, {"error", base::describe(cleared.error())}});
    note_store_failure(prepared.error(), trial);
    co_return failed(std::move(decision), prepared.error());
  }
  const SecretLocation& location = prepared->location;

  // From here to the end nothing may be cancelled: a key exists or may exist that only this coroutine can store.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());

  Result<aws::CreatedAccessKey> created = co_await create_key(facts);
  if (!created) {
    // Without a trace of a key the intent has served. In doubt it stays, so that the next run looks again: the answer was
    // lost, or somebody made a key since we looked. That may be another host's run, whose record ours has replaced.
    const bool in_doubt = created.error().kind == ErrorKind::ambiguous || created.error().kind == ErrorKind::limit_exceeded;
    if (!in_doubt) {
      Result<void> cleared = co_await record_.clear_intent(facts);
      if (!cleared) parts_.log.warn("intent_not_cleared", {{"user", facts.name.str()}, {"error", base::describe(cleared.error())}});
    }
    Outcome unsuccessful = failed(std::move(decision), created.error());
    if (created.error().code == k_lost_key) {
      unsuccessful.status = OutcomeStatus::recovery_needed;
      unsuccessful.todo = {"keyward recover"};
    } else if (in_doubt) {
      unsuccessful.in_doubt = true;
      unsuccessful.error->message += "; the next run looks whether a key was made";
    }
    co_return unsuccessful;
  }

  base::Secret to_store = created->secret.clone();
  Result<void> ready = co_await parts_.store.put_pending(location, facts.name, created->id, std::move(to_store));
  if (!ready) note_store_failure(ready.error(), trial);
  if (ready) ready = co_await parts_.prover.prove(created->id, std::move(created->secret), facts.arn);
  if (ready) {
    // What was seen of the secret holds as long as no other host can have begun to settle this rotation.
    const bool late = parts_.clock.now() - begun > k_surely_ours;
    std::string current = late ? std::string() : prepared->current;
    ready = co_await parts_.store.promote_from(std::move(current), location, facts.name, created->id);
    if (!ready) {
      // The label may have moved although the answer was lost: then the rotation goes on.
      Result<StoredState> state = co_await parts_.store.state(facts.name, created->id);
      if (!state) {
        // Whether the key is current is unknown, so it is not removed: its owner may be fetching it already. The intent
        // stays, and the next run finishes or undoes the rotation.
        Outcome unsettled = failed(std::move(decision), ready.error());
        unsettled.in_doubt = true;
        unsettled.error->message += "; the new key is stored, the next run settles the rotation";
        co_return unsettled;
      }
      if (*state == StoredState::current) {
        Result<void> tidied = co_await parts_.store.promote(location, facts.name, created->id);
        if (!tidied) parts_.log.warn("pending_label_left", {{"user", facts.name.str()}, {"error", base::describe(tidied.error())}});
        ready = Result<void>();
      }
    }
    if (ready) {
      store_works_ = true;
      store_failures_ = 0;
      failed_trials_.clear();
    } else {
      note_store_failure(ready.error(), trial);
    }
  }
  if (!ready) {
    Outcome unsuccessful = failed(decision, ready.error());
    Result<void> undone = co_await undo(facts, location, created->id);
    if (!undone) {
      unsuccessful.status = OutcomeStatus::recovery_needed;
      unsuccessful.new_key = created->id;
      unsuccessful.error->message += "; and the new key could not be removed: " + base::describe(undone.error());
      unsuccessful.todo = removal_commands(facts.name, created->id);
    }
    co_return unsuccessful;
  }

  // This host may have slept since it began, and another may have taken the key for left behind.
  if (parts_.clock.now() - begun > k_surely_ours) {
    Result<bool> there = co_await record_.has_key(facts.name, created->id);
    if (!there || !*there) {
      Outcome overtaken = failed(std::move(decision), there ? overtaken_error() : there.error());
      overtaken.in_doubt = true;
      co_return overtaken;
    }
  }

  record_rotation(ledger, Rotation{created->id, old_key, parts_.clock.now(), forced, store_mark});
  Outcome rotated = outcome(std::move(decision), OutcomeStatus::done);
  rotated.new_key = created->id;
  rotated.request_id = created->request_id;
  rotated.secret = location;
  Result<void> recorded = co_await record_.write(facts, ledger);
  if (!recorded) {
    // Stored, proved and current: nothing is lost. The intent is still there and the next run records the rotation.
    rotated.status = OutcomeStatus::failed;
    rotated.in_doubt = true;
    rotated.error = recorded.error();
    rotated.error->message += "; the new key is stored and works, the next run records it";
  }
  co_return rotated;
}

/// CreateAccessKey has no idempotency token. A lost answer is cleared up by looking at the keys, then tried once more.
/// Errors: `ambiguous` when a key may be left, code "LostKey" when one is or nobody can tell.
Task<Result<aws::CreatedAccessKey>> Executor::create_key(UserFacts facts) {
  for (int attempt = 1;; ++attempt) {
    Result<aws::CreatedAccessKey> created = co_await parts_.iam.create_access_key(facts.name);
    if (created || created.error().kind != ErrorKind::ambiguous) co_return created;
    parts_.log.warn("create_access_key_ambiguous", {{"user", facts.name.str()}, {"error", base::describe(created.error())}});
    Error error = created.error();
    Result<bool> removed = co_await remove_lost_key(facts);
    if (!removed) {
      error.message += "; " + base::describe(removed.error());
      if (removed.error().kind != ErrorKind::conflict) error.code = k_lost_key;
      co_return error;
    }
    if (attempt < k_create_attempts) continue;
    if (*removed) error.kind = ErrorKind::transient;  // certain: what the call made is gone
    co_return error;
  }
}

/// Deletes a key that was not there when the intent was written and is not stored: its secret is lost. False when there is
/// none to be seen. Errors: `conflict` when it is stored, so that another run is at work on it.
Task<Result<bool>> Executor::remove_lost_key(UserFacts facts) {
  const std::vector<AccessKeyId> known = facts.ledger.value().intent->keys;
  for (int look = 0; look < k_looks_for_lost_key; ++look) {
    if (look > 0) co_await parts_.sleeper.sleep_for(k_look_again);
    Result<std::vector<aws::AccessKeyMetadata>> listed = co_await parts_.iam.list_access_keys(facts.name);
    if (!listed) co_return listed.error();
    for (const aws::AccessKeyMetadata& key : *listed) {
      if (contains(known, key.id)) continue;
      // The answer was lost before anything could be stored: a stored key is that of another host's run.
      Result<StoredState> state = co_await parts_.store.state(facts.name, key.id);
      if (!state) co_return state.error();
      if (*state != StoredState::absent) {
        co_return Error{ErrorKind::conflict, "rotate", "KeysChanged", "", "another run made and stored a key of this user"};
      }
      Result<std::string> removed = co_await parts_.iam.delete_access_key(facts.name, key.id);
      if (!removed) co_return removed.error();
      parts_.log.warn("lost_key_removed", {{"user", facts.name.str()}, {"access_key_id", base::last_four(key.id)}});
      co_return true;
    }
  }
  co_return false;
}

/// Takes a key of an unfinished rotation away: the key first, because only the key is dangerous.
Task<Result<void>> Executor::undo(UserFacts facts, SecretLocation location, AccessKeyId key) {
  Result<std::string> removed = co_await parts_.iam.delete_access_key(facts.name, key);
  if (!removed) co_return removed.error();
  Result<void> dropped = co_await parts_.store.drop_pending(location, facts.name, key);
  if (!dropped) parts_.log.warn("pending_label_left", {{"user", facts.name.str()}, {"error", base::describe(dropped.error())}});
  Result<void> cleared = co_await record_.clear_intent(facts);
  if (!cleared) parts_.log.warn("intent_not_cleared", {{"user", facts.name.str()}, {"error", base::describe(cleared.error())}});
  co_return Result<void>();
}

/// What was stored under other settings, or by the rotation of a secret, cannot be asked for now. Who works with the new key
/// has it; who still works with the old one may not.
std::optional<Error> Executor::replacement_unseen(const UserFacts& facts, const Rotation& rotation) const {
  const base::Instant lately = facts.rotated_secret.empty() ? parts_.clock.now() - k_in_use : rotation.at;
  bool old_in_use = false;
  for (const KeyFacts& key : facts.keys.value()) {
    if (key.id == rotation.new_key && is_adopted(key)) return std::nullopt;
    if (key.id != rotation.old_key) continue;
    old_in_use = key.last_use.is_unknown() || (key.last_use.is_known() && key.last_use.value().at > lately);
  }
  if (!old_in_use) return std::nullopt;
  return Error{ErrorKind::conflict, "deactivate", "ReplacementNotSeen", "",
               "this key is in use and nobody has used the key " + base::last_four(rotation.new_key) +
                   ", which replaces it; whether that one is stored cannot be seen, because it was not stored with the settings under `store` "
                   "that are in force now. This one stays on; let the application use the new key, or delete it: the next run then makes another"};
}

/// Promise 2: the key that replaces this one must still be there to be fetched on the day when the old one goes.
Task<std::optional<Error>> Executor::replacement_lost(UserFacts facts, AccessKeyId old_key) {
  const std::optional<Rotation> rotation = ledger_of(facts).rotation;
  if (!rotation || rotation->old_key != old_key) co_return std::nullopt;
  if (rotation->store != parts_.store.mark(facts.name)) co_return replacement_unseen(facts, *rotation);
  Result<bool> held = co_await parts_.store.holds(facts.name, rotation->new_key);
  if (!held) co_return held.error();
  if (*held) co_return std::nullopt;
  co_return Error{ErrorKind::conflict, "deactivate", "ReplacementNotStored", "",
                  "the secret of the key " + base::last_four(rotation->new_key) +
                      ", which replaces this one, is no longer in the store, so this one stays on; bring the secret back, or delete the key " +
                      base::last_four(rotation->new_key) + ": the next run then makes another"};
}

Task<Outcome> Executor::deactivate(UserFacts facts, Decision decision) {
  std::optional<Error> lost = co_await replacement_lost(facts, *decision.key);
  if (lost) co_return failed(std::move(decision), std::move(*lost));
  Outcome result = co_await switch_off(std::move(facts), std::move(decision));
  co_return result;
}

/// Switches a key off, between two records of it.
Task<Outcome> Executor::switch_off(UserFacts facts, Decision decision) {
  // Recorded first as begun: an inactive key of which the record says nothing was switched off by somebody else.
  Ledger ledger = ledger_of_existing(facts);
  ledger.deactivated.erase(*decision.key);
  ledger.deactivating.insert_or_assign(*decision.key, parts_.clock.now());
  Result<void> begun = co_await record_.write(facts, ledger);
  // A compromised key is not left on for want of a record.
  if (!begun && decision.reason != Reason::compromised_key) co_return failed(std::move(decision), begun.error());
  Result<std::string> done = co_await parts_.iam.deactivate_access_key(facts.name, *decision.key);
  if (!done) co_return unanswered(std::move(decision), done.error());
  record_deactivation(ledger, *decision.key, parts_.clock.now());
  Result<void> recorded = co_await record_.write(facts, ledger);
  if (!recorded) co_return switched_off_unrecorded(std::move(decision), recorded.error());
  Outcome switched_off = outcome(std::move(decision), OutcomeStatus::done);
  switched_off.request_id = std::move(*done);
  co_return switched_off;
}

Outcome Executor::switched_off_unrecorded(Decision decision, Error error) const {
  Outcome result = failed(std::move(decision), std::move(error));
  result.in_doubt = true;
  result.error->message += "; the key is inactive but that is not recorded, so its recovery grace starts with the next run";
  return result;
}

Task<Outcome> Executor::remove(UserFacts facts, Decision decision) {
  Result<std::string> done = co_await parts_.iam.delete_access_key(facts.name, *decision.key);
  if (!done) co_return unanswered(std::move(decision), done.error());
  // What the ledger says of the key is forgotten at the next change: entries of keys that are gone decide nothing.
  Outcome deleted = outcome(std::move(decision), OutcomeStatus::done);
  deleted.request_id = std::move(*done);
  co_return deleted;
}

Task<Outcome> Executor::note(UserFacts facts, Decision decision) {
  Ledger ledger = ledger_put_right(facts);
  record_note(ledger, decision, parts_.clock.now());
  Result<void> recorded = co_await record_.write(facts, ledger);
  if (!recorded) co_return failed(std::move(decision), recorded.error());
  co_return outcome(std::move(decision), OutcomeStatus::done);
}

}  // namespace keyward::rotation
