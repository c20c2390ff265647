#include "rotation/decision.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

// The table of docs/policy.md, row by row. Ages are days before `k_now`.
namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Instant;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const Instant k_now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + hours(2);
const AccessKeyId k_a = *AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA");
const AccessKeyId k_b = *AccessKeyId::parse("AKIABBBBBBBBBBBBBBBB");

Instant ago(int d) { return k_now - days(d); }

KeyFacts active(const AccessKeyId& id, int age, int used_days_ago = 1) {
  return {id, KeyStatus::active, ago(age), Fact<KeyUse>::known({ago(used_days_ago), "s3", "eu-central-1"})};
}
KeyFacts never_used(const AccessKeyId& id, int age) { return {id, KeyStatus::active, ago(age), Fact<KeyUse>::absent()}; }
KeyFacts never_used_inactive(const AccessKeyId& id, int age) { return {id, KeyStatus::inactive, ago(age), Fact<KeyUse>::absent()}; }
KeyFacts inactive(const AccessKeyId& id, int age) {
  return {id, KeyStatus::inactive, ago(age), Fact<KeyUse>::known({ago(age - 1), "s3", "eu-central-1"})};
}

/// Used by keyward's proof of it and by nobody else.
KeyFacts proved(const AccessKeyId& id, int age) {
  return {id, KeyStatus::active, ago(age), Fact<KeyUse>::known({ago(age) + minutes(1), "sts", "us-east-1"})};
}

KeyFacts used(KeyFacts key, int days_ago) {
  key.last_use = Fact<KeyUse>::known({ago(days_ago) + minutes(15), "s3", "eu-central-1"});
  return key;
}

/// A user, built in the order in which one would tell it.
struct User {
  explicit User(std::vector<KeyFacts> keys) : facts{*base::UserName::parse("svc"), *base::Arn::parse("arn:aws:iam::111122223333:user/svc"), {}, {}, {}, {}, ago(1)} {
    facts.keys = Fact<std::vector<KeyFacts>>::known(std::move(keys));
    facts.exemption = Fact<ExemptionFact>::absent();
    facts.ledger = Fact<Ledger>::absent();
  }
  User& with(Ledger ledger) {
    facts.ledger = Fact<Ledger>::known(std::move(ledger));
    return *this;
  }
  User& rotated(int days_ago, bool forced = false) {
    return with_ledger([&](Ledger& l) { l.rotation = Rotation{k_a, k_b, ago(days_ago), forced}; });
  }
  User& with_rotated_secret() {
    facts.rotated_secret = "app/credentials";
    return *this;
  }
  User& switched_off(const AccessKeyId& key, int days_ago) {
    return with_ledger([&](Ledger& l) { l.deactivated.emplace(key, ago(days_ago)); });
  }
  User& begun_switching_off(const AccessKeyId& key, int days_ago) {
    return with_ledger([&](Ledger& l) { l.deactivating.emplace(key, ago(days_ago)); });
  }
  User& seen_inactive(const AccessKeyId& key, int days_ago) {
    return with_ledger([&](Ledger& l) { l.first_seen_inactive.emplace(key, ago(days_ago)); });
  }
  User& told(const AccessKeyId& key, int days_ago) {
    return with_ledger([&](Ledger& l) { l.announced.emplace(key, ago(days_ago)); });
  }
  template <class F>
  User& with_ledger(F change) {
    Ledger ledger = facts.ledger.is_known() ? facts.ledger.value() : Ledger{};
    change(ledger);
    return with(std::move(ledger));
  }
  UserFacts facts;
};

struct Expected {
  Action action;
  Reason reason;
  AccessKeyId key;
};

struct Row {
  const char* says;
  User user;
  std::vector<Expected> expected;
  Policy policy = {};
};

Policy with(ConflictRule conflict) {
  Policy policy;
  policy.conflict = conflict;
  return policy;
}
Policy with(UnusedRule unused) {
  Policy policy;
  policy.unused_keys = unused;
  return policy;
}

Policy delete_and_retire() {
  Policy policy = with(ConflictRule::delete_lru);
  policy.unused_keys = UnusedRule::retire;
  return policy;
}

std::vector<Row> table() {
  using enum Action;
  using enum Reason;
  return {
      // B active, younger than 90 days
      {"a young key is left alone", User({active(k_b, 75)}), {{none, key_compliant, k_b}}},
      {"14 days before", User({active(k_b, 76)}), {{warn, key_pending_rotation, k_b}}},
      {"between stages nothing is repeated", User({active(k_b, 77)}), {{none, key_compliant, k_b}}},
      {"7 days before", User({active(k_b, 83)}), {{warn, key_pending_rotation, k_b}}},
      {"3 days before", User({active(k_b, 87)}), {{warn, key_pending_rotation, k_b}}},
      {"1 day before", User({active(k_b, 89)}), {{warn, key_pending_rotation, k_b}}},

      // B active, 90 days or older, no A
      {"day 90", User({active(k_b, 90)}), {{rotate, expired_active_key, k_b}}},
      {"long overdue", User({active(k_b, 400)}), {{rotate, expired_active_key, k_b}}},

      // A active and made by keyward, B active
      {"day 99: grace not over", User({active(k_b, 99), active(k_a, 9)}).rotated(9), {{warn, key_pending_deactivation, k_b}}},
      {"day 98: between stages", User({active(k_b, 98), active(k_a, 8)}).rotated(8), {{none, key_compliant, k_b}}},
      {"day 100", User({active(k_b, 100), active(k_a, 10)}).rotated(10), {{deactivate, install_grace_period_end, k_b}}},
      {"rotated late: the grace is full", User({active(k_b, 130), active(k_a, 9)}).rotated(9), {{warn, key_pending_deactivation, k_b}}},
      {"rotated early: B is not yet 100 days old", User({active(k_b, 50), active(k_a, 20)}).rotated(20), {{none, key_compliant, k_b}}},
      {"forced: B's age does not matter", User({active(k_b, 15), active(k_a, 10)}).rotated(10, true), {{deactivate, install_grace_period_end, k_b}}},

      // A active, B inactive
      {"9 days inactive", User({inactive(k_b, 109), active(k_a, 19)}).rotated(19).switched_off(k_b, 9),
       {{warn, key_pending_deletion, k_b}, {none, key_compliant, k_a}}},
      {"10 days inactive", User({inactive(k_b, 110), active(k_a, 20)}).rotated(20).switched_off(k_b, 10),
       {{remove, recovery_grace_period_end, k_b}, {none, key_compliant, k_a}}},
      {"its replacement is gone", User({inactive(k_b, 140)}).with_ledger([](Ledger& l) {
         l.rotation = Rotation{k_a, k_b, ago(50), false};
         l.deactivated.emplace(k_b, ago(40));
       }), {{hold, replacement_missing, k_b}}},

      // A deactivation that was begun and not recorded as done
      {"switched off: done again, and then recorded", User({inactive(k_b, 101), active(k_a, 11)}).rotated(11).begun_switching_off(k_b, 1),
       {{deactivate, install_grace_period_end, k_b}, {none, key_compliant, k_a}}},
      {"a young one that keyward replaced, switched off by somebody: the day matters, for its grace may start over",
       User({inactive(k_b, 40), active(k_a, 3)}).rotated(3, true), {{note, first_seen_inactive, k_b}, {none, key_compliant, k_a}}},
      {"a young one an hour ago", User({inactive(k_b, 20)}).begun_switching_off(k_b, 0), {{deactivate, install_grace_period_end, k_b}}},
      {"not switched off yet", User({active(k_b, 101), active(k_a, 11)}).rotated(11).begun_switching_off(k_b, 1),
       {{deactivate, install_grace_period_end, k_b}}},
      {"the newer key: no roll-back", User({active(k_b, 220), inactive(k_a, 170)}).begun_switching_off(k_a, 1),
       {{deactivate, install_grace_period_end, k_a}, {wait, waiting_for_other_key, k_b}}},

      // B deactivated by keyward for a key of another origin, which is gone or inactive since
      {"the other key was deleted", User({inactive(k_b, 250)}).switched_off(k_b, 40), {{hold, replacement_missing, k_b}}},
      {"the other key was switched off", User({inactive(k_b, 250), inactive(k_a, 90)}).switched_off(k_b, 40).seen_inactive(k_a, 2),
       {{hold, replacement_missing, k_b}, {none, key_compliant, k_a}}},
      {"nobody ever used it", User({never_used_inactive(k_b, 120)}).switched_off(k_b, 10), {{remove, recovery_grace_period_end, k_b}}},

      // B inactive, not by keyward
      {"first seen inactive today", User({inactive(k_b, 300), active(k_a, 50)}), {{note, first_seen_inactive, k_b}, {none, key_compliant, k_a}}},
      {"seen 9 days ago", User({inactive(k_b, 300), active(k_a, 50)}).seen_inactive(k_b, 9),
       {{warn, key_pending_deletion, k_b}, {none, key_compliant, k_a}}},
      {"seen 10 days ago", User({inactive(k_b, 300), active(k_a, 50)}).seen_inactive(k_b, 10),
       {{remove, recovery_grace_period_end, k_b}, {none, key_compliant, k_a}}},
      {"seen long ago but not 110 days old", User({inactive(k_b, 105), active(k_a, 50)}).seen_inactive(k_b, 40),
       {{none, key_compliant, k_b}, {none, key_compliant, k_a}}},
      {"A overdue meanwhile", User({inactive(k_b, 300), active(k_a, 95)}).seen_inactive(k_b, 2),
       {{none, key_compliant, k_b}, {wait, waiting_for_other_key, k_a}}},
      {"the only key, inactive, not yet seen", User({inactive(k_b, 300)}), {{note, first_seen_inactive, k_b}}},

      // A and B active, neither made by keyward, B due
      {"B not near", User({active(k_b, 60), active(k_a, 50)}), {{none, key_compliant, k_b}}},
      {"A is used and counts: announced first", User({active(k_b, 200), active(k_a, 50)}), {{warn, key_pending_deactivation, k_b}}},
      {"announced 9 days ago", User({active(k_b, 200), active(k_a, 50)}).told(k_b, 9), {{warn, key_pending_deactivation, k_b}}},
      {"announced 10 days ago", User({active(k_b, 200), active(k_a, 50)}).told(k_b, 10), {{deactivate, install_grace_period_end, k_b}}},
      {"announced 23 days ago: still", User({active(k_b, 200), active(k_a, 50)}).told(k_b, 23), {{deactivate, install_grace_period_end, k_b}}},
      {"announced 61 days ago: forgotten", User({active(k_b, 200), active(k_a, 50)}).told(k_b, 61), {{warn, key_pending_deactivation, k_b}}},
      {"two independent keys in use, ages 90 and 80: nothing is cut off", User({active(k_b, 90), active(k_a, 80)}),
       {{warn, key_pending_deactivation, k_b}}},
      {"A unused and young: waited for", User({active(k_b, 95), never_used(k_a, 3)}), {{wait, waiting_for_new_key_use, k_b}}},
      {"A unused and old: a conflict, A is the less used", User({active(k_b, 95), never_used(k_a, 30)}),
       {{warn, key_pending_deactivation, k_a}, {wait, waiting_for_other_key, k_b}}},

      // the record that A is keyward's was lost: nobody has A
      {"A only proved and young: waited for", User({active(k_b, 95), proved(k_a, 3)}), {{wait, waiting_for_new_key_use, k_b}}},
      {"A only proved: the less used, though B was used before that proof", User({active(k_b, 95, 20), proved(k_a, 10)}),
       {{warn, key_pending_deactivation, k_a}, {wait, waiting_for_other_key, k_b}}},
      {"A only proved, delete_lru", User({active(k_b, 95, 20), proved(k_a, 10)}),
       {{remove, conflict_two_used_keys, k_a}, {rotate, expired_active_key, k_b}}, with(ConflictRule::delete_lru)},

      // conflict
      {"retire_lru announces", User({active(k_b, 200, 1), active(k_a, 150, 5)}),
       {{warn, key_pending_deactivation, k_a}, {wait, waiting_for_other_key, k_b}}},
      {"retire_lru deactivates after the announcement", User({active(k_b, 200, 1), active(k_a, 150, 5)}).told(k_a, 10),
       {{deactivate, conflict_two_used_keys, k_a}, {wait, waiting_for_other_key, k_b}}},
      {"in conflict since yesterday, but its owner was told another date", User({active(k_b, 97, 5), active(k_a, 91, 1)}).told(k_b, 11),
       {{warn, key_pending_deactivation, k_b}, {wait, waiting_for_other_key, k_a}}},
      {"and on that date", User({active(k_b, 100, 5), active(k_a, 94, 1)}).told(k_b, 14),
       {{deactivate, conflict_two_used_keys, k_b}, {wait, waiting_for_other_key, k_a}}},
      {"the owner starts using the other: it is announced anew", User({active(k_b, 200, 5), active(k_a, 150, 1)}).told(k_a, 10),
       {{warn, key_pending_deactivation, k_b}, {wait, waiting_for_other_key, k_a}}},
      {"retired by keyward, the newer one: deleted after its grace", User({active(k_b, 220), inactive(k_a, 170)}).switched_off(k_a, 10),
       {{remove, recovery_grace_period_end, k_a}, {wait, waiting_for_other_key, k_b}}},
      {"delete_lru", User({active(k_b, 200, 1), active(k_a, 150, 5)}),
       {{remove, conflict_two_used_keys, k_a}, {rotate, expired_active_key, k_b}}, with(ConflictRule::delete_lru)},
      {"delete_lru, the other never used and to be retired", User({never_used(k_b, 200), never_used(k_a, 150)}), {{remove, conflict_two_used_keys, k_b}},
       delete_and_retire()},
      {"delete_lru, on the day on which a key is active again", User({active(k_b, 200, 1), active(k_a, 150, 5)}).seen_inactive(k_a, 15),
       {{note, conflict_two_used_keys, k_a}}, with(ConflictRule::delete_lru)},
      {"hold", User({active(k_b, 200), active(k_a, 150)}), {{hold, conflict_two_used_keys, k_b}}, with(ConflictRule::hold)},

      // A inactive by somebody else, B active
      {"rolled back", User({active(k_b, 120), inactive(k_a, 30)}).rotated(30), {{hold, rolled_back, k_b}, {note, first_seen_inactive, k_a}}},
      {"rolled back, A not by keyward", User({active(k_b, 120), inactive(k_a, 30)}), {{hold, rolled_back, k_b}, {note, first_seen_inactive, k_a}}},
      {"rolled back and recorded", User({active(k_b, 120), inactive(k_a, 30)}).rotated(30).seen_inactive(k_a, 25), {{hold, rolled_back, k_b}}},
      {"announced by keyward, so not a roll-back", User({active(k_b, 120), inactive(k_a, 100)}).told(k_a, 12),
       {{note, first_seen_inactive, k_a}, {wait, waiting_for_other_key, k_b}}},
      {"a deactivation was undone", User({active(k_b, 120), active(k_a, 30)}).rotated(30).switched_off(k_b, 20), {{hold, reactivated, k_b}}},
      {"undone beside an inactive key", User({inactive(k_b, 120), active(k_a, 30)}).seen_inactive(k_b, 1).switched_off(k_a, 20),
       {{none, key_compliant, k_b}, {hold, reactivated, k_a}}},
      {"undone, and the newer key switched off", User({active(k_b, 120), inactive(k_a, 30)}).rotated(30).switched_off(k_b, 20),
       {{hold, rolled_back, k_b}, {note, first_seen_inactive, k_a}}},

      // Seen inactive and active again
      {"the roll-back is undone: the grace starts over", User({active(k_b, 120), active(k_a, 30)}).rotated(30).seen_inactive(k_a, 25),
       {{warn, key_pending_deactivation, k_b}}},
      {"so it does when B is switched on again", User({active(k_b, 120), active(k_a, 30)}).rotated(30).seen_inactive(k_b, 25),
       {{warn, key_pending_deactivation, k_b}}},
      {"9 days later", User({active(k_b, 129), active(k_a, 39)}).rotated(39).told(k_b, 9), {{warn, key_pending_deactivation, k_b}}},
      {"10 days later", User({active(k_b, 130), active(k_a, 40)}).rotated(40).told(k_b, 10), {{deactivate, install_grace_period_end, k_b}}},
      {"not made by keyward: an old announcement does not count", User({active(k_b, 200), active(k_a, 50)}).told(k_b, 20).seen_inactive(k_a, 15),
       {{warn, key_pending_deactivation, k_b}}},
      {"nothing prepared: the record is put right", User({active(k_b, 60), active(k_a, 50)}).seen_inactive(k_a, 15), {{note, key_compliant, k_b}}},
      {"alone: the record is put right with the warning", User({active(k_b, 76)}).seen_inactive(k_b, 40), {{warn, key_pending_rotation, k_b}}},
      {"the recovery grace of the other key starts over",
       User({inactive(k_b, 140), active(k_a, 50)}).rotated(50).switched_off(k_b, 40).seen_inactive(k_a, 35),
       {{note, first_seen_inactive, k_b}, {none, key_compliant, k_a}}},
      {"9 days later", User({inactive(k_b, 149), active(k_a, 59)}).rotated(59).switched_off(k_b, 49).seen_inactive(k_b, 9),
       {{warn, key_pending_deletion, k_b}, {none, key_compliant, k_a}}},

      // Inactive, but used since that was recorded
      {"seen inactive, then used: its grace starts over", User({used(inactive(k_b, 300), 3), active(k_a, 50)}).seen_inactive(k_b, 20),
       {{note, first_seen_inactive, k_b}, {none, key_compliant, k_a}}},
      {"deactivated by keyward, then used", User({used(inactive(k_b, 120), 3), active(k_a, 30)}).rotated(30).switched_off(k_b, 20),
       {{note, first_seen_inactive, k_b}, {none, key_compliant, k_a}}},
      {"used in the hour of its deactivation", User({used(inactive(k_b, 110), 10), active(k_a, 20)}).rotated(20).switched_off(k_b, 10),
       {{remove, recovery_grace_period_end, k_b}, {none, key_compliant, k_a}}},

      // keys made by the rotation of a secret
      {"in time", User({active(k_b, 40)}).with_rotated_secret(), {{none, key_compliant, k_b}}},
      {"the day before: no warning, because no run will rotate it", User({active(k_b, 89)}).with_rotated_secret(), {{none, key_compliant, k_b}}},
      {"overdue: a run makes none", User({active(k_b, 90)}).with_rotated_secret(), {{wait, rotated_by_secret, k_b}}},
      {"overdue and never used", User({never_used(k_b, 90)}).with_rotated_secret(), {{wait, rotated_by_secret, k_b}}},
      {"replaced: the old key goes after its grace", User({active(k_b, 50), active(k_a, 10)}).rotated(10, true).with_rotated_secret(),
       {{deactivate, install_grace_period_end, k_b}}},
      {"switched off: deleted after its grace", User({inactive(k_b, 60), active(k_a, 20)}).rotated(20, true).switched_off(k_b, 10).with_rotated_secret(),
       {{remove, recovery_grace_period_end, k_b}, {none, key_compliant, k_a}}},

      // never used and overdue
      {"rotate", User({never_used(k_b, 90)}), {{rotate, unused_expired_key, k_b}}},
      {"retire: announced", User({never_used(k_b, 90)}), {{warn, key_pending_deactivation, k_b}}, with(UnusedRule::retire)},
      {"retire: announced 14 days before its day", User({never_used(k_b, 90)}).told(k_b, 14), {{deactivate, unused_expired_key, k_b}}, with(UnusedRule::retire)},
      {"a replacement that nobody used is not replaced again", User({never_used(k_a, 90)}).rotated(90).told(k_a, 14),
       {{deactivate, unused_expired_key, k_a}}},
  };
}

TEST(Decide, FollowsTheTable) {
  for (const Row& row : table()) {
    SCOPED_TRACE(row.says);
    const auto decisions = decide(row.user.facts, row.policy, k_now);
    ASSERT_EQ(decisions.size(), row.expected.size());
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      EXPECT_EQ(to_string(decisions[i].action), to_string(row.expected[i].action));
      EXPECT_EQ(to_string(decisions[i].reason), to_string(row.expected[i].reason));
      ASSERT_TRUE(decisions[i].key);
      EXPECT_EQ(*decisions[i].key, row.expected[i].key);
    }
  }
}

TEST(Decide, DoesNotCareInWhichOrderTheKeysAreListed) {
  for (const Row& row : table()) {
    SCOPED_TRACE(row.says);
    User turned = row.user;
    std::vector<KeyFacts> keys = turned.facts.keys.value();
    std::ranges::reverse(keys);
    turned.facts.keys = Fact<std::vector<KeyFacts>>::known(std::move(keys));
    const auto decisions = decide(turned.facts, row.policy, k_now);
    ASSERT_EQ(decisions.size(), row.expected.size());
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      EXPECT_EQ(to_string(decisions[i].reason), to_string(row.expected[i].reason));
      EXPECT_EQ(decisions[i].key, row.expected[i].key);
    }
  }
}

TEST(Decide, DoesNothingDestructiveWhenAFactIsUnknown) {
  const auto no_use = Fact<KeyUse>::unknown("Throttling");
  User due_for_deactivation({active(k_b, 120), active(k_a, 20)});
  due_for_deactivation.rotated(20);
  User due_for_deletion({inactive(k_b, 140), active(k_a, 40)});
  due_for_deletion.rotated(40).switched_off(k_b, 20);
  for (User* user : {&due_for_deactivation, &due_for_deletion}) {
    ASSERT_TRUE(decide(user->facts, Policy{}, k_now)[0].is_change());
    User without_use = *user;
    auto keys = without_use.facts.keys.value();
    keys[0].last_use = no_use;
    without_use.facts.keys = Fact<std::vector<KeyFacts>>::known(keys);
    User without_use_of_the_other = *user;
    keys = without_use_of_the_other.facts.keys.value();
    keys[1].last_use = no_use;
    without_use_of_the_other.facts.keys = Fact<std::vector<KeyFacts>>::known(keys);
    User without_ledger = *user;
    without_ledger.facts.ledger = Fact<Ledger>::unknown("AccessDenied");
    User without_keys = *user;
    without_keys.facts.keys = Fact<std::vector<KeyFacts>>::unknown("AccessDenied");
    for (const User* blind : {&without_use, &without_use_of_the_other, &without_ledger, &without_keys}) {
      for (const Decision& decision : decide(blind->facts, Policy{}, k_now)) {
        EXPECT_FALSE(decision.is_change());
      }
      EXPECT_EQ(decide(blind->facts, Policy{}, k_now)[0].reason, Reason::fact_unknown);
    }
  }
}

TEST(Decide, RecordsThatAKeyIsActiveAgain) {
  using enum LedgerNote;
  const auto note_of = [](const User& user) { return decide(user.facts, Policy{}, k_now)[0].note; };
  EXPECT_EQ(note_of(User({active(k_b, 120), active(k_a, 30)}).rotated(30).seen_inactive(k_a, 25)), announced);
  EXPECT_EQ(note_of(User({active(k_b, 60), active(k_a, 50)}).seen_inactive(k_a, 25)), active_again);
  EXPECT_EQ(note_of(User({active(k_b, 76)}).seen_inactive(k_b, 40)), active_again);
  EXPECT_EQ(note_of(User({active(k_b, 120), inactive(k_a, 30)}).rotated(30).seen_inactive(k_a, 20).switched_off(k_b, 15)), reactivated);
  EXPECT_EQ(note_of(User({active(k_b, 120), inactive(k_a, 30)}).rotated(30).seen_inactive(k_a, 20)), none);
}

TEST(Decide, TreatsUnreadableMembershipAsExempt) {
  User user({active(k_b, 200)});
  user.facts.exemption = Fact<ExemptionFact>::unknown("iam:GetGroup: AccessDenied");
  const auto decisions = decide(user.facts, Policy{}, k_now);
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0].action, Action::none);
  EXPECT_EQ(decisions[0].reason, Reason::exemption_unreadable);
  user.facts.exemption = Fact<ExemptionFact>::known({"member of the group"});
  EXPECT_EQ(decide(user.facts, Policy{}, k_now)[0].reason, Reason::exempt_user);
}

TEST(Decide, WaitsForAnInterruptedRotation) {
  User user({active(k_b, 95), active(k_a, 0)});
  user.with_ledger([](Ledger& l) { l.intent = Intent{"run", ago(0), {k_b}, false}; });
  const auto decisions = decide(user.facts, Policy{}, k_now);
  EXPECT_EQ(decisions[0].action, Action::wait);
  EXPECT_EQ(decisions[0].reason, Reason::interrupted_rotation);
}

// What a credential report that is some hours old may not show, of a user of whom it shows one young active key or none.
TEST(Decide, LeavesForTomorrowWhatAReportMayNotShow) {
  const auto decides = [](const User& user) { return decide(user.facts, Policy{}, k_now).front().action; };
  const auto aged = [](KeyFacts key, hours age) {
    key.created = k_now - age;
    return key;
  };
  const auto begun = [](User user) {
    return user.with_ledger([](Ledger& l) { l.intent = Intent{"r", ago(3), {k_b}, true}; });
  };
  const auto unreadable = [](User user) {
    user.facts.ledger = Fact<Ledger>::unknown("edited by hand");
    return user;
  };
  const auto kept = [](User user) {
    return user.with_ledger([](Ledger& l) { l.reactivated.emplace(k_b, ago(5)); });
  };
  const KeyFacts young = active(k_b, 20);
  const KeyFacts new_one = aged(never_used(k_a, 0), hours(6));
  const KeyFacts yesterdays = aged(never_used(k_a, 0), hours(7));

  EXPECT_EQ(decides(unreadable(User({young, new_one}))), Action::none);
  EXPECT_EQ(decides(unreadable(User({young, yesterdays}))), Action::hold);
  EXPECT_EQ(decides(begun(User({young, new_one}))), Action::none);
  EXPECT_EQ(decides(begun(User({young, yesterdays}))), Action::wait);
  EXPECT_EQ(decides(unreadable(User({new_one}))), Action::none);
  EXPECT_EQ(decides(unreadable(User({inactive(k_b, 20)}))), Action::none);
  EXPECT_EQ(decides(unreadable(User({inactive(k_b, 80)}))), Action::hold);
  EXPECT_EQ(decides(begun(User({inactive(k_b, 20)}))), Action::none);
  // The report shows that it was switched, and when.
  EXPECT_EQ(decides(User({inactive(k_b, 20)}).switched_off(k_b, 0)), Action::none);
  EXPECT_EQ(decides(User({inactive(k_b, 20)}).switched_off(k_b, 1)), Action::hold);
  EXPECT_EQ(decides(kept(User({young, new_one}))), Action::hold);
  // Something is near.
  EXPECT_EQ(decides(unreadable(User({active(k_b, 80), new_one}))), Action::hold);
}

TEST(Decide, DoesNotTakeKeywardsOwnProofForUse) {
  User user({never_used(k_a, 95)});
  user.rotated(95);
  auto keys = user.facts.keys.value();
  keys[0].last_use = Fact<KeyUse>::known({ago(95) + minutes(10), "sts", "us-east-1"});
  user.facts.keys = Fact<std::vector<KeyFacts>>::known(keys);
  EXPECT_EQ(decide(user.facts, Policy{}, k_now)[0].reason, Reason::key_pending_deactivation);
  keys[0].last_use = Fact<KeyUse>::known({ago(95) + hours(2), "sts", "us-east-1"});
  user.facts.keys = Fact<std::vector<KeyFacts>>::known(keys);
  EXPECT_EQ(decide(user.facts, Policy{}, k_now)[0].action, Action::rotate);
}

TEST(Decide, HoldsAKeyThatIsStillUsedUpToTheLimit) {
  Policy policy;
  policy.hold_while_in_use = days(5);
  const auto at_age = [&](int age, int used) {
    User user({active(k_b, age, used), active(k_a, age - 90)});
    user.rotated(age - 90);
    return decide(user.facts, policy, k_now)[0];
  };
  EXPECT_EQ(at_age(100, 0).reason, Reason::held_while_in_use);
  EXPECT_EQ(at_age(104, 0).reason, Reason::held_while_in_use);
  EXPECT_EQ(at_age(105, 0).action, Action::deactivate);
  EXPECT_EQ(at_age(101, 5).action, Action::deactivate);

  // The daily use of a job that starts a little later every day.
  User jittery({active(k_b, 101), active(k_a, 11)});
  jittery.rotated(11);
  auto keys = jittery.facts.keys.value();
  for (const auto& [late, reason] : {std::pair(minutes(50), Reason::held_while_in_use), std::pair(minutes(70), Reason::install_grace_period_end)}) {
    keys[0].last_use = Fact<KeyUse>::known({ago(1) - late, "s3", "eu-central-1"});
    jittery.facts.keys = Fact<std::vector<KeyFacts>>::known(keys);
    EXPECT_EQ(decide(jittery.facts, policy, k_now)[0].reason, reason);
  }
}

TEST(WaitingForWarning, IsWhatADeactivationOrDeletionBecomesAndNothingElse) {
  const User user({active(k_b, 100, 0)});
  const auto becomes = [&user](Action action, Reason reason) {
    Decision decision;
    decision.action = action;
    decision.reason = reason;
    decision.key = k_b;
    decision.due = k_now;
    const auto waiting = waiting_for_warning(decision, user.facts);
    if (waiting) {
      EXPECT_EQ(waiting->action, Action::wait);
      EXPECT_EQ(waiting->key, decision.key);
      EXPECT_EQ(waiting->due, decision.due);
    }
    return waiting ? std::optional(waiting->reason) : std::nullopt;
  };
  EXPECT_EQ(becomes(Action::deactivate, Reason::install_grace_period_end), Reason::deactivation_waits_for_warning);
  EXPECT_EQ(becomes(Action::deactivate, Reason::unused_expired_key), Reason::deactivation_waits_for_warning);
  EXPECT_EQ(becomes(Action::remove, Reason::recovery_grace_period_end), Reason::deletion_waits_for_warning);
  EXPECT_EQ(becomes(Action::remove, Reason::conflict_two_used_keys), Reason::deletion_waits_for_warning);
  EXPECT_FALSE(becomes(Action::deactivate, Reason::compromised_key));
  for (const Action other : {Action::rotate, Action::warn, Action::note, Action::hold, Action::none}) {
    EXPECT_FALSE(becomes(other, Reason::expired_active_key));
  }
}

TEST(WaitingForWarning, IsNotForADeactivationThatWasBegun) {
  User user({active(k_b, 100, 0)});
  Ledger ledger;
  ledger.deactivating[k_b] = k_now;
  user.facts.ledger = Fact<Ledger>::known(ledger);
  Decision decision;
  decision.action = Action::deactivate;
  decision.key = k_b;
  EXPECT_FALSE(waiting_for_warning(decision, user.facts));
  decision.action = Action::remove;
  EXPECT_TRUE(waiting_for_warning(decision, user.facts));
}

TEST(Decide, AnnouncesAMissedStageOnceAndTheStrongestOnly) {
  User user({active(k_b, 88)});
  user.facts.previous_run = ago(10);  // 12 days before its date: stages 7 and 3 were missed
  const auto decision = decide(user.facts, Policy{}, k_now)[0];
  EXPECT_EQ(decision.action, Action::warn);
  EXPECT_EQ(decision.days_left, 2);
  user.facts.previous_run = ago(1);
  EXPECT_EQ(decide(user.facts, Policy{}, k_now)[0].action, Action::none);
  user.facts.previous_run = k_now - minutes(5);
  EXPECT_EQ(decide(user.facts, Policy{}, k_now)[0].action, Action::none);
}

TEST(Decide, CountsADateAsReachedUpToAnHourEarly) {
  for (const auto& [early, action] : {std::pair(minutes(50), Action::rotate), std::pair(minutes(70), Action::warn)}) {
    User user({active(k_b, 90)});
    auto keys = user.facts.keys.value();
    keys[0].created = ago(90) + early;
    user.facts.keys = Fact<std::vector<KeyFacts>>::known(keys);
    EXPECT_EQ(decide(user.facts, Policy{}, k_now)[0].action, action) << early.count();
  }
}

TEST(OutOfPolicy, CountsHandoverAndExemption) {
  User alone({active(k_b, 90)});
  EXPECT_TRUE(out_of_policy(alone.facts.keys.value()[0], alone.facts, Policy{}, k_now));
  User handing_over({active(k_b, 95), active(k_a, 5)});
  handing_over.rotated(5);
  EXPECT_FALSE(out_of_policy(handing_over.facts.keys.value()[0], handing_over.facts, Policy{}, k_now));
  alone.facts.exemption = Fact<ExemptionFact>::known({"group"});
  EXPECT_FALSE(out_of_policy(alone.facts.keys.value()[0], alone.facts, Policy{}, k_now));
}

}  // namespace
}  // namespace keyward::rotation
