#include "rotation/explanation.hpp"

#include "rotation/rules.hpp"

namespace keyward::rotation {
namespace {

struct RowText {
  std::string_view name;
  std::string_view words;
};

RowText text_of(Row row) noexcept {
  switch (row) {
    case Row::exemption_unreadable: return {"exemption_unreadable", "whether the user is exempt could not be read: it counts as exempt"};
    case Row::exempt: return {"exempt", "the user is exempt, or not selected: left alone"};
    case Row::keys_unreadable: return {"keys_unreadable", "the keys could not be read: nothing is done"};
    case Row::no_keys: return {"no_keys", "the user has no access key"};
    case Row::status_unrecognized: return {"status_unrecognized", "a key has a status that this version does not know: nothing is done"};
    case Row::nothing_near: return {"nothing_near", "one active key, more than the first warning away from its date: nothing to do"};
    case Row::record_unreadable: return {"record_unreadable", "keyward's record on the user could not be read: nothing is done"};
    case Row::interrupted: return {"interrupted", "a rotation was interrupted: it is settled first"};
    case Row::more_than_two: return {"more_than_two", "more than two keys: nothing is done"};
    case Row::too_recent: return {"too_recent", "it began within the last hours: decided about from the next day on"};
    case Row::use_unreadable: return {"use_unreadable", "when a key was last used could not be read: no key is switched off or deleted"};
    case Row::reactivated: return {"reactivated", "keyward had deactivated the key and somebody activated it: kept until a person decides"};
    case Row::rolled_back: return {"rolled_back", "somebody deactivated the newer key: the older one is kept until a person decides"};
    case Row::rolled_back_seen: return {"rolled_back_seen", "the newer key is inactive: that is recorded"};
    case Row::rolled_back_young: return {"rolled_back_young", "the newer key is inactive, the older one not near its date: nothing to do"};
    case Row::one_not_due: return {"one_not_due", "one active key, not due: warnings when a stage is crossed"};
    case Row::one_due: return {"one_due", "one active key, due: a new key is made"};
    case Row::unused: return {"unused", "the key was never used and is retired, not replaced"};
    case Row::replaced_waits: return {"replaced_waits", "replaced by keyward, the install grace runs: warnings when a stage is crossed"};
    case Row::replaced_due: return {"replaced_due", "replaced by keyward, the install grace has ended: the old key is deactivated"};
    case Row::replaced_in_use: return {"replaced_in_use", "the old key is still used: its deactivation is held back for some days"};
    case Row::rotated_by_secret:
      return {"rotated_by_secret", "one active key, due, of a user whose keys the rotation of a secret makes: a run makes none"};
    case Row::grace_starts_over: return {"grace_starts_over", "a key was switched off and on again: the install grace starts over"};
    case Row::pair_young: return {"pair_young", "two active keys, the older one not near its date: nothing to do"};
    case Row::pair_replaced:
      return {"pair_replaced", "the newer key is in use and counts as the replacement: the older one is announced, then deactivated"};
    case Row::pair_new_one_unused: return {"pair_new_one_unused", "the newer key was not used yet: it gets its install grace"};
    case Row::pair_not_due: return {"pair_not_due", "two active keys, the older one not due: nothing to do"};
    case Row::conflict: return {"conflict", "two active keys, the older one due, neither clearly the replacement: policy.conflict decides"};
    case Row::beside_conflict: return {"beside_conflict", "the other of two keys in conflict: rotated once it is alone"};
    case Row::announce: return {"announce", "a deactivation that no rotation prepared: its owner is told first"};
    case Row::announced_waits: return {"announced_waits", "an announced deactivation, not due: warnings when a stage is crossed"};
    case Row::announced_due: return {"announced_due", "an announced deactivation, due: the key is deactivated"};
    case Row::replacement_missing: return {"replacement_missing", "the user has no other working key: the inactive key is not deleted"};
    case Row::deactivation_unfinished: return {"deactivation_unfinished", "an earlier run switched the key off and could not record that: done once more"};
    case Row::inactive_young: return {"inactive_young", "inactive, not of keyward's doing, and far from its date: nothing to do"};
    case Row::inactive_seen: return {"inactive_seen", "inactive: recorded, the recovery grace starts"};
    case Row::deletion_waits: return {"deletion_waits", "inactive, the recovery grace runs: warnings when a stage is crossed"};
    case Row::deletion_due: return {"deletion_due", "inactive, the recovery grace has ended: the key is deleted"};
    case Row::beside_inactive_not_due: return {"beside_inactive_not_due", "active beside an inactive key, not due: nothing to do"};
    case Row::beside_inactive_due: return {"beside_inactive_due", "active beside an inactive key, due: rotated once that one is deleted"};
  }
  return {"", ""};
}

}  // namespace

std::string_view to_string(Row row) noexcept { return text_of(row).name; }

std::string_view in_words(Row row) noexcept { return text_of(row).words; }

Explained explain(const UserFacts& facts, const Policy& policy, base::Instant now) {
  Explained explained;
  Recorder recorder(now, &explained.rules);
  explained.decisions = apply_rules(facts, policy, now, recorder);
  return explained;
}

}  // namespace keyward::rotation
