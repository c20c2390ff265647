#include "rotation/user_plan.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace keyward::rotation {
namespace {

using base::AccessKeyId;

const base::Instant k_now = *base::parse_iso8601("2026-11-21T02:30:00Z");
const AccessKeyId k_key = *AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA");
const AccessKeyId k_other = *AccessKeyId::parse("AKIABBBBBBBBBBBBBBBB");

KeyFacts key(const AccessKeyId& id, int age_days) {
  return {id, KeyStatus::active, k_now - std::chrono::days(age_days), Fact<KeyUse>::known({k_now - std::chrono::days(2), "s3", "us-east-1"})};
}

UserFacts user(std::vector<KeyFacts> keys = {key(k_key, 94)}) {
  return {*base::UserName::parse("svc"), *base::Arn::parse("arn:aws:iam::111122223333:user/svc"),
          Fact<std::vector<KeyFacts>>::known(std::move(keys)), Fact<ExemptionFact>::absent(), {}, Fact<Ledger>::absent(), std::nullopt};
}

std::vector<Decision> decided(const UserFacts& facts) { return decide(facts, Policy{}, k_now); }

UserPlan planned(const UserFacts& facts) { return {facts, steps_of(decided(facts))}; }

UserFacts with_keys(std::vector<KeyFacts> keys) { return user(std::move(keys)); }

TEST(UserPlan, HoldsAsLongAsNothingChanged) {
  const UserFacts facts = user();
  const UserPlan plan = planned(facts);
  ASSERT_EQ(plan.steps.size(), 1U);
  EXPECT_EQ(plan.steps[0].action, Action::rotate);
  const KeptToPlan kept = keep_to_plan(&plan, "", facts, decided(facts));
  ASSERT_EQ(kept.decisions.size(), 1U);
  EXPECT_EQ(kept.decisions[0].action, Action::rotate);
  EXPECT_TRUE(kept.stale.empty());
  EXPECT_EQ(kept.unplanned, 0);
}

TEST(UserPlan, ANewerUseAloneIsNoDrift) {
  UserFacts later = user();
  KeyFacts used = key(k_key, 94);
  used.last_use = Fact<KeyUse>::known({k_now, "ec2", "eu-west-1"});
  later.keys = Fact<std::vector<KeyFacts>>::known({used});
  EXPECT_EQ(drift(user(), later), "");
}

TEST(UserPlan, AUseThatChangesTheReasonMakesTheStepStale) {
  KeyFacts unused = key(k_key, 94);
  unused.last_use = Fact<KeyUse>::absent();
  const UserPlan plan = planned(with_keys({unused}));
  const UserFacts later = user();
  const KeptToPlan kept = keep_to_plan(&plan, "", later, decided(later));
  ASSERT_EQ(kept.stale.size(), 1U);
  EXPECT_EQ(kept.stale[0].detail, "the rules now say rotate (expired_active_key)");
}

struct Change {
  const char* says;
  std::function<void(UserFacts&)> make;
};

TEST(UserPlan, WhateverElseChangedIsToldAndNothingIsDone) {
  const auto keys = [](UserFacts& facts, std::vector<KeyFacts> now) { facts.keys = Fact<std::vector<KeyFacts>>::known(std::move(now)); };
  const std::vector<Change> changes{
      {"the user is gone", [](UserFacts& facts) { facts.gone = true; }},
      {"the key …AAAA is gone", [&](UserFacts& facts) { keys(facts, {}); }},
      {"the key …BBBB is new", [&](UserFacts& facts) { keys(facts, {key(k_key, 94), key(k_other, 1)}); }},
      {"the key …AAAA was active and is inactive now",
       [&](UserFacts& facts) {
         KeyFacts off = key(k_key, 94);
         off.status = KeyStatus::inactive;
         keys(facts, {off});
       }},
      {"the key …AAAA has another date of creation", [&](UserFacts& facts) { keys(facts, {key(k_key, 95)}); }},
      {"the access keys can no longer be read: denied",
       [](UserFacts& facts) { facts.keys = Fact<std::vector<KeyFacts>>::unknown("denied"); }},
      {"the user is exempt now: vacation", [](UserFacts& facts) { facts.exemption = Fact<ExemptionFact>::known({"vacation"}); }},
      {"whether the user is exempt can no longer be read: denied",
       [](UserFacts& facts) { facts.exemption = Fact<ExemptionFact>::unknown("denied"); }},
      {"keyward's record on the user has changed",
       [](UserFacts& facts) {
         Ledger ledger;
         ledger.announced[k_key] = k_now;
         facts.ledger = Fact<Ledger>::known(ledger);
       }},
      {"keyward's record on the user can no longer be read: denied",
       [](UserFacts& facts) { facts.ledger = Fact<Ledger>::unknown("denied"); }},
  };
  const UserPlan plan = planned(user());
  for (const Change& change : changes) {
    UserFacts now = user();
    change.make(now);
    EXPECT_EQ(drift(plan.facts, now), change.says);
    const KeptToPlan kept = keep_to_plan(&plan, "", now, now.gone ? std::vector<Decision>() : decided(now));
    ASSERT_EQ(kept.stale.size(), 1U) << change.says;
    EXPECT_EQ(kept.stale[0].action, Action::rotate);
    EXPECT_EQ(kept.stale[0].detail, change.says);
    for (const Decision& decision : kept.decisions) EXPECT_FALSE(is_step(decision)) << change.says;
  }
}

TEST(UserPlan, WhatCameDueSinceIsCountedAndNotDone) {
  const UserFacts facts = user();
  const KeptToPlan kept = keep_to_plan(nullptr, "", facts, decided(facts));
  EXPECT_EQ(kept.unplanned, 1);
  ASSERT_EQ(kept.decisions.size(), 1U);
  EXPECT_FALSE(is_step(kept.decisions[0]));
  EXPECT_EQ(kept.decisions[0].key, k_key);
  EXPECT_EQ(kept.decisions[0].detail, "due, and not in the plan: rotate");
}

TEST(UserPlan, AHoldThatWasNotPlannedIsToldAndNotRecorded) {
  Decision held;
  held.action = Action::hold;
  held.reason = Reason::reactivated;
  held.key = k_key;
  held.note = LedgerNote::reactivated;
  const KeptToPlan kept = keep_to_plan(nullptr, "", user(), {held});
  ASSERT_EQ(kept.decisions.size(), 1U);
  EXPECT_EQ(kept.decisions[0].action, Action::hold);
  EXPECT_EQ(kept.decisions[0].note, LedgerNote::none);
}

TEST(UserPlan, NothingHoldsInAnAccountThatIsNotWhatItWas) {
  const UserFacts facts = user();
  const UserPlan plan = planned(facts);
  const KeptToPlan kept = keep_to_plan(&plan, "the account is no longer in dry run", facts, decided(facts));
  ASSERT_EQ(kept.stale.size(), 1U);
  EXPECT_EQ(kept.stale[0].detail, "the account is no longer in dry run");
  // It is stale, so it did not come due since.
  EXPECT_EQ(kept.unplanned, 0);
  EXPECT_TRUE(kept.decisions.empty());
}

TEST(UserPlan, BothStepsOfAConflictStayInTheirOrder) {
  Policy policy;
  policy.conflict = ConflictRule::delete_lru;
  KeyFacts other = key(k_other, 200);
  other.last_use = Fact<KeyUse>::known({k_now - std::chrono::days(1), "s3", "us-east-1"});
  const UserFacts facts = with_keys({key(k_key, 300), other});
  const std::vector<Decision> decisions = decide(facts, policy, k_now);
  const UserPlan plan{facts, steps_of(decisions)};
  ASSERT_EQ(plan.steps.size(), 2U);
  const KeptToPlan kept = keep_to_plan(&plan, "", facts, decisions);
  ASSERT_EQ(kept.decisions.size(), 2U);
  EXPECT_EQ(kept.decisions[0].action, Action::remove);
  EXPECT_EQ(kept.decisions[1].action, Action::rotate);
}

}  // namespace
}  // namespace keyward::rotation
