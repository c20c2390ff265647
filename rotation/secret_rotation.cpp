#include "rotation/secret_rotation.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>

#include "base/digest.hpp"
#include "rotation/ledger_changes.hpp"
#include "rotation/rescue.hpp"
#include "rotation/settlement.hpp"

namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

constexpr const char* k_operation = "secret rotation";
constexpr const char* k_current = "AWSCURRENT";
constexpr const char* k_pending = "AWSPENDING";

constexpr auto k_steps = std::to_array<std::string_view>({"createSecret", "setSecret", "testSecret", "finishSecret"});

// ListAccessKeys may omit a key for some seconds after it was made.
constexpr std::chrono::minutes k_surely_listed{5};

Error refused(std::string code, std::string message, ErrorKind kind = ErrorKind::conflict) {
  return Error{kind, k_operation, std::move(code), "", std::move(message)};
}

bool has_label(const aws::SecretDescription& secret, const std::string& version, const char* label) {
  const auto found = secret.version_stages.find(version);
  return found != secret.version_stages.end() && found->second.contains(label);
}

/// Why this is no step of a rotation that Secrets Manager began; nothing when it is.
std::optional<Error> not_in_rotation(const aws::SecretDescription& secret, const std::string& token) {
  if (secret.deleted)
    return refused("SecretScheduledForDeletion", "the secret " + secret.name + " is scheduled for deletion",
                   ErrorKind::invalid);
  if (!secret.rotation_enabled) {
    return refused("RotationNotEnabled",
                   "rotation is not enabled for the secret " + secret.name +
                       "; enable it with: aws secretsmanager rotate-secret --secret-id " + secret.name +
                       " --rotation-lambda-arn ARN --rotation-rules AutomaticallyAfterDays=30",
                   ErrorKind::invalid);
  }
  if (has_label(secret, token, k_current) || has_label(secret, token, k_pending)) return std::nullopt;
  return refused("VersionNotPending",
                 "the version " + token + " of the secret " + secret.name +
                     " carries neither AWSPENDING nor AWSCURRENT, so no rotation is at work on it",
                 ErrorKind::invalid);
}

std::string run_of(const std::string& token) {
  return std::string(k_secret_rotation_run) + base::sha256_hex(token).substr(0, 16);
}

/// Where a run would have to look for the key; it never may.
std::string mark_of(const std::string& arn) {
  return base::sha256_hex("keyward/v1|rotated secret|" + arn).substr(0, 6);
}

const KeyFacts* find(const UserFacts& facts, const AccessKeyId& key) {
  const auto& keys = facts.keys.value();
  const auto found = std::ranges::find(keys, key, &KeyFacts::id);
  return found == keys.end() ? nullptr : &*found;
}

void forget(UserFacts& facts, const AccessKeyId& key) {
  std::erase_if(facts.keys.value(), [&key](const KeyFacts& one) { return one.id == key; });
}

Error no_room(const UserFacts& facts, const AccessKeyId& current, const std::optional<Decision>& next) {
  const auto& keys = facts.keys.value();
  const auto other = std::ranges::find_if(keys, [&current](const KeyFacts& key) { return key.id != current; });
  std::string message = "the user has two access keys and IAM allows no third; the other one, " +
                        base::last_four(other->id) + ", is " +
                        (other->status == KeyStatus::active ? "active" : "inactive");
  if (next && next->due) message += ", and its next date is " + base::format_iso8601(*next->due);
  return refused("TwoKeys",
                 message +
                     ". keyward run deactivates it and deletes it when its graces have run out; the secret keeps its "
                     "key until then",
                 ErrorKind::limit_exceeded);
}

}  // namespace

struct SecretRotation::Turn {
  aws::SecretDescription secret;
  std::string token;
  aws::SecretValue current;             ///< the version with AWSCURRENT
  std::optional<KeyDocument> document;  ///< what it holds; not of a no-op rotation
};

std::optional<RotationStep> parse_rotation_step(std::string_view name) {
  const auto found = std::ranges::find(k_steps, name);
  if (found == k_steps.end()) return std::nullopt;
  return static_cast<RotationStep>(found - k_steps.begin());
}

std::string_view to_string(RotationStep step) noexcept { return k_steps[static_cast<std::size_t>(step)]; }

std::optional<Error> not_rotatable_with_secret(const UserFacts& facts, const AccessKeyId& current) {
  if (facts.gone)
    return refused("UserMissing", "the user " + facts.name.str() + ", whom the secret names, does not exist",
                   ErrorKind::not_found);
  if (facts.keys.is_unknown()) return refused("FactUnknown", "the access keys could not be read: " + facts.keys.why());
  if (facts.ledger.is_unknown())
    return refused("FactUnknown", "keyward's record on the user could not be read: " + facts.ledger.why());
  if (facts.exemption.is_unknown())
    return refused("FactUnknown", "whether the user is exempt could not be read: " + facts.exemption.why());
  if (facts.exemption.is_known()) {
    return refused(
        "ExemptUser",
        "the user " + facts.name.str() + " is exempt (" + facts.exemption.value().reason +
            "), so nobody would ever switch the old key off; end the exemption or the rotation of the secret");
  }
  const KeyFacts* key = find(facts, current);
  if (key == nullptr) {
    return refused("NotTheUsersKey", "the key " + base::last_four(current) +
                                         ", which the secret holds, is not a key of the user " + facts.name.str() +
                                         "; put the key that is used into the secret first");
  }
  if (key->status == KeyStatus::active) return std::nullopt;
  return refused("KeyInactive", "the key " + base::last_four(current) +
                                    ", which the secret holds, is inactive; "
                                    "a rotation would bring access back that somebody has switched off");
}

aws::IamUser SecretRotation::iam_user(const base::UserName& name) const {
  // The path is not known and matters to nobody here.
  return {name,
          base::Arn::parse("arn:" + settings_.partition + ":iam::" + settings_.account.str() + ":user/" + name.str())
              .value()};
}

RotationStepDone SecretRotation::done(const Turn& turn, std::string outcome, std::optional<AccessKeyId> key) const {
  RotationStepDone result{turn.secret.arn, std::move(outcome), !turn.document, {}, std::move(key), {}, {}};
  if (!turn.document) return result;
  result.user = turn.document->user;
  result.notify_email = turn.document->notify_email;
  if (result.key && *result.key != turn.document->key) result.old_key = turn.document->key;
  return result;
}

Task<Result<RotationStepDone>> SecretRotation::perform(RotationStepRequest request) {
  Result<std::optional<aws::SecretDescription>> found = co_await parts_.secrets.describe(request.secret);
  if (!found) co_return found.error();
  if (!*found) co_return refused("SecretMissing", "there is no secret " + request.secret, ErrorKind::not_found);
  if (std::optional<Error> why = not_in_rotation(**found, request.token)) co_return *why;
  Result<std::optional<aws::SecretValue>> current = co_await parts_.values.with_label((*found)->arn, k_current);
  if (!current) co_return current.error();
  if (!*current)
    co_return refused("SecretEmpty",
                      "the secret " + (*found)->name + " has no value yet; put one in before it is rotated",
                      ErrorKind::invalid);
  Result<std::optional<KeyDocument>> document = std::optional<KeyDocument>();
  if (!(*current)->binary) document = parse_key_document((*current)->value);
  if (!document) co_return document.error();

  const std::string tag = settings_.tag_prefix + std::string(k_no_op_tag);
  const auto tagged = (*found)->tags.find(tag);
  const bool no_op_allowed = tagged != (*found)->tags.end() && tagged->second == k_no_op_allowed;
  Turn turn{std::move(**found), std::move(request.token), std::move(**current), std::move(*document)};
  if (turn.document && no_op_allowed) {
    co_return refused(
        "RotatableSecret",
        "the secret " + turn.secret.name + " holds an access key, which can be rotated; take the tag " + tag + " off",
        ErrorKind::invalid);
  }
  if (!turn.document && !no_op_allowed) {
    co_return refused("NotAnAccessKey",
                      "the secret " + turn.secret.name +
                          " holds no access key of an IAM user (USER_NAME, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), "
                          "and keyward rotates nothing else. "
                          "If a rotation that leaves the value as it is will do, say so on the secret: " +
                          tag + "=" + std::string(k_no_op_allowed),
                      ErrorKind::invalid);
  }
  Task<Result<RotationStepDone>> task = turn.document ? rotate_key(request.step, turn) : copy(request.step, turn);
  Result<RotationStepDone> result = co_await std::move(task);
  co_return result;
}

Task<Result<RotationStepDone>> SecretRotation::rotate_key(RotationStep step, Turn& turn) {
  // A key works from the moment it is made: there is no other place where it has to be set.
  if (step == RotationStep::set) return nothing_to_set(turn);
  if (has_label(turn.secret, turn.token, k_current)) return conclude(turn);
  if (step == RotationStep::create) return create(turn);
  return step == RotationStep::test ? test(turn) : finish(turn);
}

Task<Result<RotationStepDone>> SecretRotation::nothing_to_set(Turn& turn) {
  co_return done(turn, "nothing_to_set", std::nullopt);
}

Task<Result<std::optional<KeyDocument>>> SecretRotation::pending_document(Turn& turn) {
  Result<std::optional<aws::SecretValue>> value = co_await parts_.values.version(turn.secret.arn, turn.token);
  if (!value) co_return value.error();
  if (!*value) co_return std::optional<KeyDocument>();
  Result<std::optional<KeyDocument>> document = parse_key_document((*value)->value);
  if (!document) co_return document.error();
  // A copy of the current value is no new key.
  if (*document && (*document)->key == turn.document->key) co_return std::optional<KeyDocument>();
  co_return document;
}

/// Takes AWSPENDING away from a version that can never be promoted, so that the next rotation begins anew.
Task<Error> SecretRotation::set_aside(Turn& turn, Error why) {
  Result<void> dropped = co_await parts_.secrets.move_stage(turn.secret.arn, k_pending, "", turn.token);
  why.message += dropped ? "; AWSPENDING was taken from it, and the next rotation begins anew"
                         : "; and AWSPENDING could not be taken from it: " + base::describe(dropped.error());
  co_return why;
}

Task<Result<RotationStepDone>> SecretRotation::create(Turn& turn) {
  Result<std::optional<KeyDocument>> pending = co_await pending_document(turn);
  if (!pending) co_return pending.error();
  const aws::IamUser user = iam_user(turn.document->user);
  UserFacts facts = co_await parts_.auditor.facts(user, Reading::everything);
  if (*pending) {
    const AccessKeyId key = (*pending)->key;
    const std::optional<Intent> intent = ledger_of(facts).intent;
    const bool fresh = intent && parts_.clock.now() - intent->at < k_surely_listed;
    if (facts.keys.is_unknown() || find(facts, key) != nullptr || fresh) co_return done(turn, "already_created", key);
    Error gone =
        refused("PendingKeyGone", "the key " + base::last_four(key) + ", which waits in the secret, no longer exists");
    gone = co_await set_aside(turn, std::move(gone));
    co_return gone;
  }
  if (std::optional<Error> why = not_rotatable_with_secret(facts, turn.document->key)) co_return *why;
  Result<void> owned = co_await owned_by_writer(turn);
  if (!owned) co_return owned.error();
  Result<UserFacts> tidy = co_await settled(turn, std::move(facts));
  if (!tidy) co_return tidy.error();
  Result<UserFacts> roomy = co_await with_room(turn, std::move(*tidy));
  if (!roomy) co_return roomy.error();
  Result<RotationStepDone> made = co_await make_key(turn, std::move(*roomy));
  co_return made;
}

/// Names of users and ids of keys are no secrets: whoever may write a secret could have himself made a key of anybody.
Task<Result<void>> SecretRotation::owned_by_writer(Turn& turn) {
  const KeyDocument& document = *turn.document;
  Result<void> checked = co_await parts_.prover.check(document.key, document.secret.clone(), settings_.account, document.user);
  if (checked) co_return checked;
  const ErrorKind kind = checked.error().kind;
  const bool answered = kind == ErrorKind::denied || kind == ErrorKind::expired_credentials || kind == ErrorKind::invalid;
  if (!answered) co_return checked;
  co_return refused("NotTheUsersSecret", "the secret access key in the secret " + turn.secret.name + " is not that of the key " +
                                             base::last_four(document.key) + " of the user " + document.user.str() + " (" +
                                             checked.error().code +
                                             "), so no new key is made; put the pair that is used into the secret");
}

/// Ends what an earlier try left behind, of this rotation or of one that was given up.
Task<Result<UserFacts>> SecretRotation::settled(Turn& turn, UserFacts facts) {
  Ledger ledger = ledger_of(facts);
  if (!ledger.intent) co_return facts;
  const Intent intent = *ledger.intent;
  if (!intent.run.starts_with(k_secret_rotation_run)) {
    co_return refused("OtherRun",
                      "the run " + intent.run +
                          " of keyward has begun to rotate this user; if it is over, settle it with: keyward recover");
  }
  std::vector<KeyFacts> made;
  std::ranges::copy_if(facts.keys.value(), std::back_inserter(made),
                       [&intent](const KeyFacts& key) { return !contains(intent.keys, key.id); });
  if (made.empty() || intent.keys.empty()) co_return facts;
  if (made.size() > 1)
    co_return refused("KeysChanged",
                      "both keys of the user came after the rotation began; a person must decide which of them stays");
  const KeyFacts& key = made.front();
  ledger.intent.reset();
  if (key.id == turn.document->key) {
    record_rotation(ledger, Rotation{key.id, intent.keys.front(), parts_.clock.now(), true, intent.store});
  } else if (key.status == KeyStatus::active) {
    if (key.last_use.is_unknown())
      co_return refused("FactUnknown", "when the key " + base::last_four(key.id) +
                                           " was last used could not be read: " + key.last_use.why());
    if (!may_be_unfinished(key, intent)) {
      co_return refused("KeysChanged", "the key " + base::last_four(key.id) +
                                           " was made or is used by somebody else, so there is no room for a new one");
    }
    // Its secret was never stored, or not to be promoted any more: nobody can have it.
    Result<std::string> removed = co_await parts_.iam.delete_access_key(facts.name, key.id);
    if (!removed) co_return removed.error();
    parts_.log.warn("unfinished_key_removed", {{"user", facts.name.str()}, {"access_key_id", base::last_four(key.id)}});
    forget(facts, key.id);
  }
  ledger.forget_all_but(ids_of(facts));
  Result<void> written = co_await record_.write(facts, ledger);
  if (!written) co_return written.error();
  facts.ledger = Fact<Ledger>::known(std::move(ledger));
  co_return facts;
}

/// IAM allows two keys. The other one goes by the rules of the daily run and by no others: deactivated after its grace,
/// deleted after another.
Task<Result<UserFacts>> SecretRotation::with_room(Turn& turn, UserFacts facts) {
  if (facts.keys.value().size() < 2) co_return facts;
  std::optional<Decision> next;
  for (Decision& decision : decide(facts, parts_.policy, parts_.clock.now())) {
    if (!decision.key || *decision.key == turn.document->key) continue;
    next = decision;
    const bool due = decision.action == Action::deactivate || decision.action == Action::remove;
    if (!due || !settings_.may_retire) continue;
    const AccessKeyId key = *decision.key;
    Outcome outcome = co_await parts_.executor.perform(facts, decision);
    if (outcome.status != OutcomeStatus::done) {
      co_return outcome.error ? *outcome.error : refused("KeysChanged", outcome.decision.detail);
    }
    parts_.log.info("room_made", {{"user", facts.name.str()},
                                  {"action", to_string(outcome.decision.action)},
                                  {"access_key_id", base::last_four(key)}});
    const aws::IamUser user = iam_user(facts.name);
    facts = co_await parts_.auditor.facts(user, Reading::everything);
    if (std::optional<Error> why = not_rotatable_with_secret(facts, turn.document->key)) co_return *why;
    if (outcome.decision.action == Action::remove) forget(facts, key);  // a deleted key may be listed for some seconds
    next->due = parts_.clock.now() + parts_.policy.recovery_grace;
    break;
  }
  if (facts.keys.value().size() < 2) co_return facts;
  co_return no_room(facts, turn.document->key, next);
}

/// So that a daily run makes no key for this user, which would lie in a secret that nobody reads.
Task<Result<void>> SecretRotation::mark_user(const Turn& turn, const UserFacts& facts) {
  if (facts.rotated_secret == turn.secret.name) co_return Result<void>();
  Result<void> marked = co_await parts_.iam.tag_user(facts.name, parts_.auditor.secret_tag(), turn.secret.name);
  co_return marked;
}

Task<Result<RotationStepDone>> SecretRotation::make_key(Turn& turn, UserFacts facts) {
  Result<void> marked = co_await mark_user(turn, facts);
  if (!marked) co_return marked.error();
  Ledger ledger = ledger_put_right(facts);
  ledger.intent = Intent{run_of(turn.token), parts_.clock.now(), ids_of(facts), true, mark_of(turn.secret.arn)};
  Result<void> intended = co_await record_.write(facts, ledger);
  if (!intended) co_return intended.error();

  // From here on a key exists or may exist that only this coroutine can store.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  Result<aws::CreatedAccessKey> created = co_await parts_.iam.create_access_key(facts.name);
  if (!created) {
    Error error = created.error();
    if (error.kind == ErrorKind::ambiguous) {
      error.message += "; the next try looks whether a key was made";
      co_return error;
    }
    // Certain: this call made none. If somebody else did, a run of keyward may have, whose record ours has replaced.
    ledger.intent.reset();
    if (error.kind == ErrorKind::limit_exceeded) {
      ledger.intent = Intent{"unknown", parts_.clock.now(), ids_of(facts), false, parts_.store.mark(facts.name)};
    }
    Result<void> cleared = co_await record_.write(facts, ledger);
    if (!cleared)
      parts_.log.warn("intent_not_cleared", {{"user", facts.name.str()}, {"error", base::describe(cleared.error())}});
    co_return error;
  }
  base::Secret document = with_key(*turn.document, created->id, created->secret);
  Result<void> stored = co_await parts_.secrets.put_value(turn.secret.arn, turn.token, std::move(document), k_pending);
  if (stored) co_return done(turn, "created", created->id);

  Error error = stored.error();
  Result<std::optional<KeyDocument>> pending = co_await pending_document(turn);
  if (!pending) {
    error.message += "; whether the new key was stored could not be read, the next try looks";
    co_return error;
  }
  if (*pending && (*pending)->key == created->id) co_return done(turn, "created", created->id);
  facts.ledger = Fact<Ledger>::known(std::move(ledger));
  Result<void> undone = co_await take_back(turn, std::move(facts), created->id);
  if (!undone) error.message += "; and the new key could not be removed: " + base::describe(undone.error());
  co_return error;
}

/// Removes the key of a rotation that will not be finished, and the intent.
Task<Result<void>> SecretRotation::take_back(Turn& turn, UserFacts facts, AccessKeyId key) {
  Result<std::string> removed = co_await parts_.iam.delete_access_key(facts.name, key);
  if (!removed) {
    Error error = removed.error();
    for (const std::string& command : removal_commands(facts.name, key)) error.message += "; " + command;
    co_return error;
  }
  Ledger ledger = ledger_of(facts);
  if (ledger.intent && ledger.intent->run == run_of(turn.token)) {
    ledger.intent.reset();
    Result<void> cleared = co_await record_.write(facts, ledger);
    if (!cleared)
      parts_.log.warn("intent_not_cleared", {{"user", facts.name.str()}, {"error", base::describe(cleared.error())}});
  }
  co_return Result<void>();
}

Error SecretRotation::nothing_there(const Turn& turn) {
  return refused("NothingToPromote", "the version " + turn.token + " of the secret " + turn.secret.name +
                                         " holds no new key; createSecret comes first");
}

Task<Result<RotationStepDone>> SecretRotation::test(Turn& turn) {
  // Not pending_document(): before a first rotation Secrets Manager tries the function with a copy of the current
  // value.
  Result<std::optional<aws::SecretValue>> value = co_await parts_.values.version(turn.secret.arn, turn.token);
  if (!value) co_return value.error();
  Result<std::optional<KeyDocument>> pending = std::optional<KeyDocument>();
  if (*value) pending = parse_key_document((*value)->value);
  if (!pending) co_return pending.error();
  if (!*pending) co_return nothing_there(turn);
  const KeyDocument& document = **pending;
  Result<void> proved =
      co_await parts_.prover.prove(document.key, document.secret.clone(), settings_.account, turn.document->user);
  if (!proved) co_return proved.error();
  co_return done(turn, "proved", document.key);
}

Task<Result<RotationStepDone>> SecretRotation::finish(Turn& turn) {
  Result<std::optional<KeyDocument>> pending = co_await pending_document(turn);
  if (!pending) co_return pending.error();
  if (!*pending) co_return nothing_there(turn);
  const KeyDocument& document = **pending;
  if (!differ_in_key_only(document, *turn.document)) {
    const aws::IamUser user = iam_user(turn.document->user);
    UserFacts facts = co_await parts_.auditor.facts(user, Reading::everything);
    Error error = refused("SecretChanged", "somebody changed the secret " + turn.secret.name +
                                               " while it was rotated, and that is not undone");
    // Only what this rotation made is its to remove, whatever the version says.
    const std::optional<Intent> intent = ledger_of(facts).intent;
    const bool made_here = intent && intent->run == run_of(turn.token) && !contains(intent->keys, document.key);
    if (made_here) {
      Result<void> undone = co_await take_back(turn, std::move(facts), document.key);
      if (!undone) co_return undone.error();
    }
    error = co_await set_aside(turn, std::move(error));
    co_return error;
  }
  // Proved again: only what works at this moment becomes current.
  Result<void> proved =
      co_await parts_.prover.prove(document.key, document.secret.clone(), settings_.account, turn.document->user);
  if (!proved) co_return proved.error();
  Result<void> promoted = co_await promote(turn);
  if (!promoted) co_return promoted.error();
  RotationStepDone result = done(turn, "promoted", document.key);
  Result<RotationStepDone> concluded = co_await conclude(turn);
  if (!concluded) co_return concluded.error();
  co_return result;
}

Task<Result<void>> SecretRotation::promote(Turn& turn) {
  // AWS moves the label only from the version that we saw it on.
  Result<void> moved = co_await parts_.secrets.move_stage(turn.secret.arn, k_current, turn.token, turn.current.version);
  if (moved) co_return moved;
  Result<std::optional<aws::SecretDescription>> now = co_await parts_.secrets.describe(turn.secret.arn);
  if (now && *now && has_label(**now, turn.token, k_current)) co_return Result<void>();
  // cppcheck-suppress identicalConditionAfterEarlyExit ; a result of nothing or an error is no truth value
  co_return moved;
}

/// The new key is current: it is recorded, unless it was.
Task<Result<RotationStepDone>> SecretRotation::conclude(Turn& turn) {
  const aws::IamUser user = iam_user(turn.document->user);
  UserFacts facts = co_await parts_.auditor.facts(user, Reading::everything);
  if (facts.ledger.is_unknown())
    co_return refused("FactUnknown", "keyward's record on the user could not be read: " + facts.ledger.why());
  Result<std::optional<aws::SecretValue>> value = co_await parts_.values.version(turn.secret.arn, turn.token);
  if (!value) co_return value.error();
  Result<std::optional<KeyDocument>> document = std::optional<KeyDocument>();
  if (*value) document = parse_key_document((*value)->value);
  if (!document) co_return document.error();
  if (!*document)
    co_return refused("SecretChanged", "the version " + turn.token + " of the secret " + turn.secret.name +
                                           " holds no access key any more");
  const AccessKeyId key = (*document)->key;
  Ledger ledger = ledger_of(facts);
  const bool begun_here = ledger.intent && ledger.intent->run == run_of(turn.token) && !ledger.intent->keys.empty();
  if (begun_here) {
    const AccessKeyId old_key = ledger.intent->keys.front();
    record_rotation(ledger, Rotation{key, old_key, parts_.clock.now(), true, mark_of(turn.secret.arn)});
    Result<void> recorded = co_await record_.write(facts, ledger);
    if (!recorded) co_return recorded.error();
  }
  co_return done(turn, "already_promoted", key);
}

/// A rotation that changes nothing, for secrets whose owner said that this will do.
Task<Result<RotationStepDone>> SecretRotation::copy(RotationStep step, Turn& turn) {
  if (turn.current.binary)
    co_return refused("BinarySecret",
                      "the secret " + turn.secret.name + " is binary, which a no-op rotation does not copy",
                      ErrorKind::invalid);
  if (has_label(turn.secret, turn.token, k_current)) co_return done(turn, "already_promoted", std::nullopt);
  if (step == RotationStep::set) co_return done(turn, "nothing_to_set", std::nullopt);
  Result<std::optional<aws::SecretValue>> pending = co_await parts_.values.version(turn.secret.arn, turn.token);
  if (!pending) co_return pending.error();
  if (!*pending && step == RotationStep::create) {
    Result<void> stored =
        co_await parts_.secrets.put_value(turn.secret.arn, turn.token, turn.current.value.clone(), k_pending);
    if (!stored) co_return stored.error();
    co_return done(turn, "copied", std::nullopt);
  }
  if (!*pending)
    co_return refused("NothingToPromote", "the version " + turn.token + " of the secret " + turn.secret.name +
                                              " is empty; createSecret comes first");
  if ((*pending)->value.expose() != turn.current.value.expose()) {
    Error changed = refused("SecretChanged", "somebody changed the secret " + turn.secret.name +
                                                 " meanwhile, and an old copy of it does not become current");
    changed = co_await set_aside(turn, std::move(changed));
    co_return changed;
  }
  if (step != RotationStep::finish)
    co_return done(turn, step == RotationStep::create ? "copied" : "unchanged", std::nullopt);
  Result<void> promoted = co_await promote(turn);
  if (!promoted) co_return promoted.error();
  parts_.log.warn("secret_not_rotated",
                  {{"secret", turn.secret.name}, {"why", "no-op rotation: the value is what it was"}});
  co_return done(turn, "unchanged", std::nullopt);
}

}  // namespace keyward::rotation
