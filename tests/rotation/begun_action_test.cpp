#include "rotation/begun_action.hpp"

#include <gtest/gtest.h>

namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Instant;
using std::chrono::hours;

const Instant k_begun = *base::parse_iso8601("2026-11-21T02:30:00Z");
const Instant k_later = k_begun + std::chrono::seconds(5);
const AccessKeyId k_old = *AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA");
const AccessKeyId k_new = *AccessKeyId::parse("AKIABBBBBBBBBBBBBBBB");

UserFacts user(std::vector<AccessKeyId> keys, Ledger ledger = {}) {
  UserFacts facts{*base::UserName::parse("svc"), *base::Arn::parse("arn:aws:iam::111122223333:user/svc"), {}, {}, {}, {}, {}};
  std::vector<KeyFacts> known;
  for (const AccessKeyId& key : keys) known.push_back({key, KeyStatus::active, k_begun - hours(2000), {}});
  facts.keys = Fact<std::vector<KeyFacts>>::known(std::move(known));
  facts.ledger = Fact<Ledger>::known(std::move(ledger));
  return facts;
}

Decision about(Action action, std::optional<AccessKeyId> key = k_old) {
  Decision decision;
  decision.action = action;
  decision.key = key;
  if (action == Action::warn) decision.note = LedgerNote::announced;
  return decision;
}

TEST(BegunAction, ARotationHappenedWhenTheRecordSaysSo) {
  Ledger ledger;
  ledger.rotation = Rotation{k_new, k_old, k_later, false};
  const auto outcome = what_became_of(about(Action::rotate), k_begun, user({k_old, k_new}, ledger));
  ASSERT_TRUE(outcome.is_known());
  EXPECT_EQ(outcome.value().status, OutcomeStatus::done);
  EXPECT_EQ(outcome.value().at, k_later);
  EXPECT_EQ(outcome.value().new_key, k_new);
}

TEST(BegunAction, ARotationOfAnotherTimeOrKeyIsNotThisOne) {
  Ledger earlier;
  earlier.rotation = Rotation{k_new, k_old, k_begun - hours(1), false};
  EXPECT_TRUE(what_became_of(about(Action::rotate), k_begun, user({k_old, k_new}, earlier)).is_absent());
  Ledger of_another;
  of_another.rotation = Rotation{k_old, k_new, k_later, false};
  EXPECT_TRUE(what_became_of(about(Action::rotate), k_begun, user({k_old}, of_another)).is_absent());
  EXPECT_TRUE(what_became_of(about(Action::rotate), k_begun, user({k_old})).is_absent());
}

TEST(BegunAction, ADeactivationCountsFromItsRecord) {
  Ledger begun;
  begun.deactivating.emplace(k_old, k_later);  // the rules do it again and tell of it then
  EXPECT_TRUE(what_became_of(about(Action::deactivate), k_begun, user({k_old}, begun)).is_absent());
  Ledger done;
  done.deactivated.emplace(k_old, k_later);
  const auto outcome = what_became_of(about(Action::deactivate), k_begun, user({k_old}, done));
  ASSERT_TRUE(outcome.is_known());
  EXPECT_EQ(outcome.value().at, k_later);
}

TEST(BegunAction, ADeletionHappenedWhenTheKeyIsGone) {
  EXPECT_TRUE(what_became_of(about(Action::remove), k_begun, user({k_new})).is_known());
  EXPECT_TRUE(what_became_of(about(Action::remove), k_begun, user({k_old, k_new})).is_absent());
}

TEST(BegunAction, AnAnnouncementCountsFromItsRecord) {
  Ledger announced;
  announced.announced.emplace(k_old, k_later);
  EXPECT_TRUE(what_became_of(about(Action::warn), k_begun, user({k_old}, announced)).is_known());
  EXPECT_TRUE(what_became_of(about(Action::warn), k_begun, user({k_old})).is_absent());
}

TEST(BegunAction, WhatCannotBeReadIsUnknown) {
  UserFacts no_keys = user({k_old});
  no_keys.keys = Fact<std::vector<KeyFacts>>::unknown("denied");
  EXPECT_EQ(what_became_of(about(Action::remove), k_begun, no_keys).why(), "denied");
  UserFacts no_ledger = user({k_old});
  no_ledger.ledger = Fact<Ledger>::unknown("edited");
  EXPECT_EQ(what_became_of(about(Action::rotate), k_begun, no_ledger).why(), "edited");
  EXPECT_TRUE(what_became_of(about(Action::remove), k_begun, no_ledger).is_absent());  // needs no record
}

}  // namespace
}  // namespace keyward::rotation
