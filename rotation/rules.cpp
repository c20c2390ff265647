#include "rotation/rules.hpp"

#include <algorithm>
#include <tuple>

namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Instant;
using std::chrono::days;

// GetCallerIdentity proves a new key and thereby marks it as used. A use of STS within this time after the key was made
// was ours: the proof takes up to limits.verify_timeout and IAM records uses in steps of 15 minutes.
constexpr std::chrono::minutes k_own_proof{30};

// An announcement whose date passed so long ago (the user was exempt, or keyward did not run) prepares nobody any more.
constexpr days k_announcement_lasts{14};

// A key works for a while after it was deactivated, until IAM has spread that, and uses are dated in steps of 15 minutes.
constexpr std::chrono::minutes k_still_working{30};

/// The stage of `warn_days` that `now` has crossed since the previous run; 0 for none. Several at once count as the last.
int crossed_stage(Instant due, const Policy& policy, Instant now, std::optional<Instant> previous_run) {
  const int left = days_until(due, now);
  if (left <= 0) return 0;
  // Without a memory of an earlier run the job is taken to be daily: a stage is then announced on its own day only.
  const int left_before = days_until(due, previous_run.value_or(now - days(1)));
  int crossed = 0;
  for (const int stage : policy.warn_days) {
    if (left <= stage && stage < left_before && (crossed == 0 || stage < crossed)) crossed = stage;
  }
  return crossed;
}

/// The decisions about one user's keys. Every rule is one function, named after its row in docs/policy.md.
class Rules {
 public:
  Rules(const UserFacts& facts, const Policy& policy, Instant now, Recorder& recorder)
      : facts_(facts), policy_(policy), now_(now), recorder_(recorder) {
    if (facts.ledger.is_known()) ledger_ = &facts.ledger.value();
  }

  std::vector<Decision> decide() {
    if (const auto left_alone = not_taking_part()) return {*left_alone};
    if (facts_.keys.is_unknown()) {
      recorder_.fired(Row::keys_unreadable, nullptr);
      return {unknown("the access keys could not be read: " + facts_.keys.why())};
    }
    const std::vector<KeyFacts>& keys = older_first(facts_.keys.value());
    if (keys.empty()) {
      recorder_.fired(Row::no_keys, nullptr);
      return {plain(Action::none, Reason::no_keys)};
    }
    for (const KeyFacts& key : keys) {
      if (key.status != KeyStatus::unrecognized) continue;
      recorder_.fired(Row::status_unrecognized, &key);
      return {unknown("a key has a status that this version does not know", &key)};
    }
    if (keys.size() == 1 && keys[0].status == KeyStatus::active && !is_near(due_for_rotation(keys[0]))) {
      recorder_.fired(Row::nothing_near, &keys[0]);
      recorder_.passed(Row::one_due, &keys[0], "its date has not come", due_for_rotation(keys[0]));
      return {plain(Action::none, Reason::key_compliant, &keys[0], due_for_rotation(keys[0]))};
    }
    std::vector<Decision> decisions = by_record(keys);
    const auto speaks = [](const Decision& decision) { return decision.action != Action::none; };
    if (!may_be_unreported(keys) || std::ranges::none_of(decisions, speaks)) return decisions;
    recorder_.overruled(Row::too_recent, &keys[0], recorder_.until());
    return {plain(Action::none, Reason::key_compliant, &keys[0], due_for_rotation(keys[0]))};
  }

 private:
  /// They mostly are in this order, and copies cost more than all the rules.
  const std::vector<KeyFacts>& older_first(const std::vector<KeyFacts>& keys) {
    const auto by_age = [](const KeyFacts& a, const KeyFacts& b) { return std::tie(a.created, a.id) < std::tie(b.created, b.id); };
    // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): the facts outlive the rules
    if (std::ranges::is_sorted(keys, by_age)) return keys;
    sorted_ = keys;
    std::ranges::sort(sorted_, by_age);
    return sorted_;
  }

  std::vector<Decision> by_record(const std::vector<KeyFacts>& keys) {
    if (facts_.ledger.is_unknown()) {
      recorder_.fired(Row::record_unreadable, nullptr);
      return {unknown("keyward's record on the user could not be read: " + facts_.ledger.why())};
    }
    if (ledger_->intent) {
      recorder_.fired(Row::interrupted, nullptr);
      return {plain(Action::wait, Reason::interrupted_rotation, nullptr, std::nullopt,
                    "a rotation begun by run " + ledger_->intent->run + " was interrupted and is settled first")};
    }
    forget_inactivity_of_active(keys);
    if (keys.size() == 1) return corrected(one_key(keys[0]));
    if (keys.size() == 2) return corrected(two_keys(keys[0], keys[1]));
    recorder_.fired(Row::more_than_two, nullptr);
    return {unknown("the user has more than two access keys")};
  }

  // ---- what a credential report may not show yet

  /// Row "no key is near, and one at most is older than six hours". Some hours ago the user may have had one young active key
  /// or none, and then an audit by credential report does not look at him. It decides what one of every user decides, because
  /// such a user is left alone whoever looks. Not so when the record has long said of the older key that keyward or somebody
  /// else switched it off: then the report shows that too.
  bool may_be_unreported(const std::vector<KeyFacts>& keys) {
    const KeyFacts* settled = nullptr;
    for (const KeyFacts& key : keys) {
      if (is_near(due_for_rotation(key))) return false;
      // Begun by us: the next run ends it, and the owner is told.
      if (ledger_->deactivating.contains(key.id)) return false;
      if (is_unreported(key.created)) continue;
      if (settled != nullptr) return false;
      settled = &key;
    }
    if (settled == nullptr || !facts_.ledger.is_known() || ledger_->intent) return true;
    const auto switched = recorded_switch(facts_.ledger.value(), settled->id);
    return !switched || is_unreported(*switched);
  }

  // ---- a record that no longer holds

  void forget_inactivity_of_active(const std::vector<KeyFacts>& keys) {
    active_again_ = std::ranges::any_of(keys, [this](const KeyFacts& key) {
      return key.status == KeyStatus::active && ledger_->first_seen_inactive.contains(key.id);
    });
    if (!active_again_) return;
    std::vector<AccessKeyId> active;
    for (const KeyFacts& key : keys) {
      if (key.status == KeyStatus::active) active.push_back(key.id);
    }
    corrected_ = *ledger_;
    corrected_.forget_inactivity_of(active);
    ledger_ = &corrected_;
  }

  /// A key that was seen inactive and is active again: the record is put right along with what else is decided.
  std::vector<Decision> corrected(std::vector<Decision> decisions) const {
    const auto writes = [](const Decision& decision) { return decision.note != LedgerNote::none; };
    if (!active_again_ || std::ranges::any_of(decisions, writes)) return decisions;
    const auto open = std::ranges::find_if_not(decisions, &Decision::is_change);
    if (open == decisions.end()) return decisions;
    open->note = LedgerNote::active_again;
    if (open->action == Action::none) open->action = Action::note;
    return decisions;
  }

  // ---- who takes part

  std::optional<Decision> not_taking_part() {
    if (facts_.exemption.is_unknown()) {
      recorder_.fired(Row::exemption_unreadable, nullptr);
      return plain(Action::none, Reason::exemption_unreadable, nullptr, std::nullopt,
                   "whether the user is exempt could not be read, so it counts as exempt: " + facts_.exemption.why());
    }
    if (facts_.exemption.is_known()) {
      recorder_.fired(Row::exempt, nullptr);
      return plain(Action::none, Reason::exempt_user, nullptr, std::nullopt, facts_.exemption.value().reason);
    }
    recorder_.passed(Row::exempt, nullptr, "the user takes part");
    return std::nullopt;
  }

  // ---- one key

  std::vector<Decision> one_key(const KeyFacts& key) {
    if (key.status == KeyStatus::inactive) return {inactive(key, nullptr)};
    return {single_active(key)};
  }

  /// Rows "younger than 90 days", "90 days or older, no A", "never used and overdue".
  Decision single_active(const KeyFacts& key) {
    if (const auto kept = kept_by_owner(key)) return *kept;
    const Instant due = due_for_rotation(key);
    const bool retire_when_unused = policy_.unused_keys == UnusedRule::retire || made_by_keyward(key);
    if (retire_when_unused) {
      if (const auto blind = unknown_use_of_any(key, nullptr)) return *blind;
    }
    if (retire_when_unused && !is_adopted(key)) {
      recorder_.passed(Row::one_due, &key, "nobody has used the key, so it is retired and not replaced");
      return announced_deactivation(Row::unused, key, due, Reason::unused_expired_key, "the key was never used");
    }
    recorder_.passed(Row::unused, &key, retire_when_unused ? "the key was used" : "an unused key is replaced once (policy.unused_keys)");
    if (!facts_.rotated_secret.empty()) return rotated_by_secret(key, due);
    const Reason reason = key.last_use.is_absent() ? Reason::unused_expired_key : Reason::expired_active_key;
    return pending({Row::one_not_due, Row::one_due}, Action::rotate, reason, Reason::key_pending_rotation, key, due);
  }

  /// Row "its keys are made by the rotation of a secret". A key of a run's own would lie in another secret, which nobody reads.
  Decision rotated_by_secret(const KeyFacts& key, Instant due) {
    if (!is_reached(due)) {
      recorder_.fired(Row::one_not_due, &key);
      recorder_.passed(Row::rotated_by_secret, &key, "its date has not come", due);
      return plain(Action::none, Reason::key_compliant, &key, due);
    }
    recorder_.fired(Row::rotated_by_secret, &key);
    return plain(Action::wait, Reason::rotated_by_secret, &key, std::nullopt,
                 "overdue; its keys are made when Secrets Manager rotates the secret " + facts_.rotated_secret);
  }

  // ---- two keys

  std::vector<Decision> two_keys(const KeyFacts& older, const KeyFacts& newer) {
    const bool older_active = older.status == KeyStatus::active;
    const bool newer_active = newer.status == KeyStatus::active;
    if (older_active && newer_active) return both_active(older, newer);
    if (!older_active && !newer_active) return {inactive(older, &newer), inactive(newer, &older)};
    if (newer_active) return {inactive(older, &newer), beside_inactive(newer)};
    // Announced by keyward and then inactive: our own deactivation whose record was lost, or the owner's answer to it.
    if (ledger_->deactivating.contains(newer.id) || ledger_->deactivated.contains(newer.id) || ledger_->announced.contains(newer.id)) {
      return {inactive(newer, &older), beside_inactive(older)};
    }
    return rolled_back(older, newer);
  }

  /// Row "A inactive, B active". That A was inactive is recorded, so that B gets its full grace should A become active again.
  std::vector<Decision> rolled_back(const KeyFacts& older, const KeyFacts& newer) {
    const bool recorded = made_by_keyward(newer) || inactive_since(newer) || ledger_->deactivated.contains(older.id);
    if (!recorded && !is_near(due_for_rotation(older))) {
      recorder_.fired(Row::rolled_back_young, &older);
      recorder_.passed(Row::rolled_back, &older, "the older key is not near its date", near_from(due_for_rotation(older)));
      return {plain(Action::none, Reason::key_compliant, &older, due_for_rotation(older))};
    }
    Decision held = plain(Action::hold, Reason::rolled_back, &older, std::nullopt,
                          "the newer key " + base::last_four(newer.id) + " was deactivated by somebody else; this key is kept");
    if (ledger_->deactivated.contains(older.id)) held.note = LedgerNote::reactivated;
    recorder_.fired(Row::rolled_back, &older);
    if (inactive_since(newer)) return {held};
    recorder_.fired(Row::rolled_back_seen, &newer);
    return {held, seen_inactive(newer, std::nullopt, "deactivated by somebody else; recorded")};
  }

  /// Row "A active and made by keyward, B active", and the rows for two keys of other origin.
  std::vector<Decision> both_active(const KeyFacts& older, const KeyFacts& newer) {
    for (const KeyFacts* key : {&older, &newer}) {
      if (const auto kept = kept_by_owner(*key)) return {*kept};
    }
    if (made_by_keyward(newer)) return {replaced_by_keyward(older, newer)};
    recorder_.passed(Row::replaced_due, &older, "the newer key was not made by keyward");
    if (!is_near(due_for_rotation(older))) {
      recorder_.fired(Row::pair_young, &older);
      recorder_.passed(Row::pair_replaced, &older, "the older key is not near its date", near_from(due_for_rotation(older)));
      return {plain(Action::none, Reason::key_compliant, &older, due_for_rotation(older))};
    }
    if (const auto blind = unknown_use_of_any(older, &newer)) return {*blind};
    return foreign_pair(older, newer);
  }

  Decision replaced_by_keyward(const KeyFacts& older, const KeyFacts& newer) {
    const Rotation& rotation = *ledger_->rotation;
    Instant due = rotation.at + policy_.install_grace;
    if (!rotation.forced) due = std::max(due, due_for_rotation(older) + policy_.install_grace);
    if (active_again_) {
      recorder_.fired(Row::grace_starts_over, &older);
      return announcement(older, due, "a key was switched off and on again, so the grace starts over");
    }
    if (const auto told = ledger_->announced.find(older.id); told != ledger_->announced.end()) {
      due = std::max(due, told->second + policy_.install_grace);
    }
    if (!is_near(due)) {
      recorder_.fired(Row::replaced_waits, &older);
      recorder_.passed(Row::replaced_due, &older, "its date has not come", due);
      return plain(Action::none, Reason::key_compliant, &older, due);
    }
    if (const auto blind = unknown_use_of_any(older, &newer)) return *blind;
    const Instant hard_limit = due + policy_.hold_while_in_use;
    if (is_reached(due) && !is_reached(hard_limit) && used_lately(older)) {
      recorder_.fired(Row::replaced_in_use, &older);
      recorder_.passed(Row::replaced_due, &older, "the old key is still used", hard_limit);
      return plain(Action::wait, Reason::held_while_in_use, &older, hard_limit,
                   "the old key is still used; it is deactivated on the date shown at the latest");
    }
    if (policy_.hold_while_in_use > days(0)) recorder_.passed(Row::replaced_in_use, &older, "its date has not come, or it is not used any more");
    return pending({Row::replaced_waits, Row::replaced_due}, Action::deactivate, Reason::install_grace_period_end,
                   Reason::key_pending_deactivation, older, due);
  }

  /// Two active keys, neither the newer one made by keyward, the older due or near.
  std::vector<Decision> foreign_pair(const KeyFacts& older, const KeyFacts& newer) {
    const bool older_due = is_reached(due_for_rotation(older));
    const bool newer_due = is_reached(due_for_rotation(newer));
    const bool older_used = is_adopted(older);
    const bool newer_used = is_adopted(newer);
    if (newer_used && !(older_used && newer_due)) {
      return {announced_deactivation(Row::pair_replaced, older, due_beside(older, newer), Reason::install_grace_period_end,
                                     "the newer key " + base::last_four(newer.id) + " is in use and counts as its replacement")};
    }
    recorder_.passed(Row::pair_replaced, &older, newer_used ? "both keys are used and both are due" : "nobody has used the newer key");
    if (!newer_used && !is_reached(newer.created + policy_.install_grace)) {
      recorder_.fired(Row::pair_new_one_unused, &older);
      recorder_.passed(Row::conflict, &older, "the newer key may still come into use", newer.created + policy_.install_grace);
      return {plain(Action::wait, Reason::waiting_for_new_key_use, &older, newer.created + policy_.install_grace,
                    "the newer key " + base::last_four(newer.id) + " has not been used yet")};
    }
    recorder_.passed(Row::pair_new_one_unused, &older, newer_used ? "the newer key is used" : "the newer key had its time");
    if (!older_due) {
      recorder_.fired(Row::pair_not_due, &older);
      recorder_.passed(Row::conflict, &older, "the older key is not due", due_for_rotation(older));
      return {plain(Action::none, Reason::key_compliant, &older, due_for_rotation(older))};
    }
    return conflict(older, newer);
  }

  std::vector<Decision> conflict(const KeyFacts& older, const KeyFacts& newer) {
    const bool older_is_lru = adopted_at_or_never(older) <= adopted_at_or_never(newer);
    const KeyFacts& lru = older_is_lru ? older : newer;
    const KeyFacts& other = older_is_lru ? newer : older;
    const std::string detail = "two active keys and neither is clearly the other's replacement; " +
                               base::last_four(lru.id) + " is the less recently used";
    switch (policy_.conflict) {
      case ConflictRule::hold:
        recorder_.fired(Row::conflict, &older);
        return {plain(Action::hold, Reason::conflict_two_used_keys, &older, std::nullopt, detail)};
      case ConflictRule::delete_lru: {
        recorder_.fired(Row::conflict, &lru);
        // Nothing is deleted on the day on which people are seen to switch keys on.
        if (active_again_) return {plain(Action::note, Reason::conflict_two_used_keys, &lru, std::nullopt, detail)};
        std::vector<Decision> both{plain(Action::remove, Reason::conflict_two_used_keys, &lru, now_, detail)};
        if (std::optional<Decision> alone = rotation_of_the_other(other)) both.push_back(std::move(*alone));
        return both;
      }
      case ConflictRule::retire_lru: break;
    }
    // After the recovery grace the retired key is deleted, and the other one is then alone and rotated.
    Decision retired = announced_deactivation(Row::conflict, lru, due_beside(older, newer), Reason::conflict_two_used_keys, detail);
    recorder_.fired(Row::beside_conflict, &other);
    return {std::move(retired), plain(Action::wait, Reason::waiting_for_other_key, &other, std::nullopt, "rotated once the other key is gone")};
  }

  /// In the run that deletes one of two keys the other one is alone already; what is not due then is the next run's.
  std::optional<Decision> rotation_of_the_other(const KeyFacts& other) {
    Recorder aside = std::exchange(recorder_, Recorder(now_, nullptr));
    Decision alone = single_active(other);
    if (recorder_.until()) aside.turns(*recorder_.until());
    recorder_ = aside;
    if (alone.action != Action::rotate) return std::nullopt;
    recorder_.fired(Row::one_due, &other);
    return alone;
  }

  // ---- inactive keys

  /// Rows "A active, B inactive" and "B inactive, not by keyward". `other` is the user's other key.
  Decision inactive(const KeyFacts& key, const KeyFacts* other) {
    const bool by_keyward = ledger_->deactivated.contains(key.id);
    if (by_keyward) {
      const bool replaced = ledger_->rotation && ledger_->rotation->old_key == key.id;
      if (replaced && (other == nullptr || other->id != ledger_->rotation->new_key || other->status != KeyStatus::active)) {
        recorder_.fired(Row::replacement_missing, &key);
        return plain(Action::hold, Reason::replacement_missing, &key, std::nullopt,
                     "the key that replaces it is gone or inactive; it is not deleted");
      }
      // Whatever replaced it, it was there when this key was switched off.
      if ((other == nullptr || other->status != KeyStatus::active) && is_adopted(key)) {
        recorder_.fired(Row::replacement_missing, &key);
        return plain(Action::hold, Reason::replacement_missing, &key, std::nullopt,
                     "the user has no other working key any more; it is not deleted");
      }
      recorder_.passed(Row::replacement_missing, &key, "the user has another working key, or nobody used this one");
    } else if (ledger_->deactivating.contains(key.id)) {
      recorder_.fired(Row::deactivation_unfinished, &key);
      return plain(Action::deactivate, Reason::install_grace_period_end, &key, now_,
                   "an earlier run switched it off and could not record that; its recovery grace starts today");
    }
    const Instant earliest = by_keyward ? Instant::min() : due_for_rotation(key) + policy_.install_grace + policy_.recovery_grace;
    const auto since = inactive_since(key);
    // Its grace cannot end before its time, so as long as that is far away the day on which it was seen does not matter. It
    // does for a key that was replaced: switched on again, its install grace starts over.
    const bool replaced = ledger_->rotation && ledger_->rotation->old_key == key.id;
    const auto matters_yet = [&] { return is_near(earliest - policy_.recovery_grace); };
    if (!by_keyward && !replaced && !since && !active_again_ && !matters_yet()) {
      recorder_.fired(Row::inactive_young, &key);
      recorder_.passed(Row::inactive_seen, &key, "it cannot be deleted before its time, whenever it was seen",
                       near_from(earliest - policy_.recovery_grace));
      return plain(Action::none, Reason::key_compliant, &key, earliest, "inactive");
    }
    if (!since || active_again_) {
      recorder_.fired(Row::inactive_seen, &key);
      recorder_.passed(Row::deletion_due, &key, "its recovery grace starts today", std::max(now_ + policy_.recovery_grace, earliest));
      return seen_inactive(key, std::max(now_ + policy_.recovery_grace, earliest),
                           active_again_ ? "the other key was switched off and on again; the recovery grace starts over"
                                         : "deactivated by somebody else; its recovery grace starts today");
    }
    return deletion(key, other, std::max(*since + policy_.recovery_grace, earliest));
  }

  /// Since when the record says that the key is inactive. Nothing when it does not, or when the key was used since: then
  /// somebody switched it on and off again while no run looked.
  std::optional<Instant> inactive_since(const KeyFacts& key) const {
    std::optional<Instant> since;
    for (const auto* entries : {&ledger_->deactivated, &ledger_->first_seen_inactive}) {
      const auto entry = entries->find(key.id);
      if (entry != entries->end()) since = std::max(since.value_or(entry->second), entry->second);
    }
    if (since && key.last_use.is_known() && key.last_use.value().at > *since + k_still_working) return std::nullopt;
    return since;
  }

  Decision seen_inactive(const KeyFacts& key, std::optional<Instant> due, std::string detail) const {
    Decision decision = plain(Action::note, Reason::first_seen_inactive, &key, due, std::move(detail));
    decision.note = LedgerNote::first_seen_inactive;
    return decision;
  }

  Decision deletion(const KeyFacts& key, const KeyFacts* other, Instant due) {
    if (is_near(due)) {
      if (const auto blind = unknown_use_of_any(key, other)) return *blind;
    }
    return pending({Row::deletion_waits, Row::deletion_due}, Action::remove, Reason::recovery_grace_period_end,
                   Reason::key_pending_deletion, key, due);
  }

  /// The active key of a user whose other key is inactive: a new one can only be made when the other is gone.
  Decision beside_inactive(const KeyFacts& key) {
    if (const auto kept = kept_by_owner(key)) return *kept;
    const Instant due = due_for_rotation(key);
    if (!is_reached(due)) {
      recorder_.fired(Row::beside_inactive_not_due, &key);
      recorder_.passed(Row::beside_inactive_due, &key, "its date has not come", due);
      return plain(Action::none, Reason::key_compliant, &key, due);
    }
    recorder_.fired(Row::beside_inactive_due, &key);
    return plain(Action::wait, Reason::waiting_for_other_key, &key, std::nullopt,
                 "overdue; rotated once the inactive key is deleted");
  }

  // ---- somebody undid a deactivation

  std::optional<Decision> kept_by_owner(const KeyFacts& key) {
    const bool is_news = ledger_->deactivated.contains(key.id);
    if (!is_news && !ledger_->reactivated.contains(key.id)) return std::nullopt;
    recorder_.fired(Row::reactivated, &key);
    Decision decision = plain(Action::hold, Reason::reactivated, &key, std::nullopt,
                              "keyward had deactivated this key and somebody activated it again; it is kept until a person decides");
    if (is_news) decision.note = LedgerNote::reactivated;
    return decision;
  }

  // ---- building blocks

  /// A deactivation that no rotation of keyward's has prepared: the owner is told first, and the full install grace runs
  /// from that day, so that the first run in an organization cuts nothing off.
  /// `row` is the one that asks for it.
  Decision announced_deactivation(Row row, const KeyFacts& key, Instant policy_due, Reason reason, std::string detail) {
    const auto told = ledger_->announced.find(key.id);
    if (told != ledger_->announced.end()) {
      const Instant due = std::max(policy_due, told->second + policy_.install_grace);
      if (is_reached(due + k_announcement_lasts)) {
        recorder_.fired(Row::announce, &key);
        recorder_.passed(Row::announced_due, &key, "the date that was announced passed more than two weeks ago",
                         std::max(policy_due, now_ + policy_.install_grace));
        return announcement(key, policy_due, std::move(detail));
      }
      Decision decision = pending({Row::announced_waits, Row::announced_due}, Action::deactivate, reason, Reason::key_pending_deactivation, key, due);
      decision.detail = std::move(detail);
      return decision;
    }
    if (!is_near(policy_due)) {
      recorder_.fired(row, &key);
      recorder_.passed(Row::announce, &key, "its date is more than the first warning away", near_from(policy_due));
      return plain(Action::none, Reason::key_compliant, &key, policy_due, std::move(detail));
    }
    recorder_.fired(Row::announce, &key);
    recorder_.passed(Row::announced_due, &key, "its owner is told first", std::max(policy_due, now_ + policy_.install_grace));
    return announcement(key, policy_due, std::move(detail));
  }

  Decision announcement(const KeyFacts& key, Instant policy_due, std::string detail) const {
    const Instant due = std::max(policy_due, now_ + policy_.install_grace);
    Decision decision = plain(Action::warn, Reason::key_pending_deactivation, &key, due, std::move(detail));
    decision.days_left = days_until(due, now_);
    decision.note = LedgerNote::announced;
    return decision;
  }

  struct Rows {
    Row waits;
    Row due;
  };

  /// The action when its date has come, a warning when a stage was crossed, else nothing yet.
  Decision pending(Rows rows, Action action, Reason reason, Reason warning, const KeyFacts& key, Instant due) {
    if (is_reached(due)) {
      recorder_.fired(rows.due, &key);
      return plain(action, reason, &key, due);
    }
    recorder_.fired(rows.waits, &key);
    recorder_.passed(rows.due, &key, "its date has not come", due);
    for (const int stage : policy_.warn_days) recorder_.turns(due - k_daily_slack - days(stage));
    const int stage = crossed_stage(due, policy_, now_, facts_.previous_run);
    Decision decision = plain(stage > 0 ? Action::warn : Action::none, stage > 0 ? warning : Reason::key_compliant, &key, due);
    decision.days_left = days_until(due, now_);
    return decision;
  }

  Decision plain(Action action, Reason reason, const KeyFacts* key = nullptr, std::optional<Instant> due = std::nullopt,
                 std::string detail = {}) const {
    Decision decision;
    decision.action = action;
    decision.reason = reason;
    decision.due = due;
    decision.detail = std::move(detail);
    if (key != nullptr) {
      decision.key = key->id;
      if (key->last_use.is_known()) decision.last_use = key->last_use.value();
    }
    return decision;
  }

  Decision unknown(std::string what, const KeyFacts* key = nullptr) const {
    return plain(Action::hold, Reason::fact_unknown, key, std::nullopt, std::move(what));
  }

  /// The hold of `key` when the last use of one of the user's keys could not be read: it forbids every destructive step
  /// for the user, whichever key it is of.
  std::optional<Decision> unknown_use_of_any(const KeyFacts& key, const KeyFacts* other) {
    for (const KeyFacts* one : {&key, other}) {
      if (one == nullptr || !one->last_use.is_unknown()) continue;
      recorder_.fired(Row::use_unreadable, &key);
      return unknown("when the key " + base::last_four(one->id) + " was last used could not be read: " + one->last_use.why(), &key);
    }
    return std::nullopt;
  }

  Instant due_for_rotation(const KeyFacts& key) const { return key.created + policy_.rotate_after; }

  /// When one of two keys of other origin is deactivated. The same date whichever it is and for whatever reason: the owner
  /// may have been told it before the keys came into conflict.
  Instant due_beside(const KeyFacts& older, const KeyFacts& newer) const {
    return std::max(due_for_rotation(older), newer.created) + policy_.install_grace;
  }

  bool made_by_keyward(const KeyFacts& key) const { return ledger_->rotation && ledger_->rotation->new_key == key.id; }

  bool used_lately(const KeyFacts& key) {
    recorder_.turns(now_ + std::chrono::seconds(1));  // the next run may see another use
    return key.last_use.is_known() && now_ - key.last_use.value().at <= days(1) + k_daily_slack;  // jobs that run daily come a little late
  }

  static Instant adopted_at_or_never(const KeyFacts& key) { return is_adopted(key) ? key.last_use.value().at : Instant::min(); }

  // ---- dates, and when they come

  bool is_reached(Instant due) {
    recorder_.turns(due - k_daily_slack);
    return reached(due, now_);
  }

  bool is_near(Instant due) {
    recorder_.turns(near_from(due));
    return near(due, policy_, now_);
  }

  Instant near_from(Instant due) const { return due - k_daily_slack - days(first_warning(policy_)); }

  bool is_unreported(Instant at) {
    recorder_.turns(at + k_unreported + std::chrono::seconds(1));
    return at >= now_ - k_unreported;
  }

  const UserFacts& facts_;
  const Policy& policy_;
  Instant now_;
  Recorder& recorder_;
  const Ledger* ledger_ = &corrected_;
  Ledger corrected_;  ///< where the record no longer holds; empty where there is none
  std::vector<KeyFacts> sorted_;
  bool active_again_ = false;  ///< an active key was recorded as seen inactive; ledger_ says so no longer
};

}  // namespace

bool is_adopted(const KeyFacts& key) {
  if (!key.last_use.is_known()) return false;
  const KeyUse& use = key.last_use.value();
  return use.service != "sts" || use.at > key.created + k_own_proof;
}

bool reached(Instant due, Instant now) { return now + k_daily_slack >= due; }

int first_warning(const Policy& policy) { return policy.warn_days.empty() ? 0 : std::ranges::max(policy.warn_days); }

bool near(Instant due, const Policy& policy, Instant now) { return days_until(due, now) <= first_warning(policy); }

std::vector<Decision> apply_rules(const UserFacts& facts, const Policy& policy, Instant now, Recorder& recorder) {
  return Rules(facts, policy, now, recorder).decide();
}

}  // namespace keyward::rotation
