#include <algorithm>
#include <set>

#include "property.hpp"
#include "rotation/decision.hpp"

// What must hold for any user whatsoever, also for records that no life of a user leads to (life_properties_test.cpp).
namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Instant;
using std::chrono::days;

const Instant k_now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

AccessKeyId key_id(int index) { return *AccessKeyId::parse("AKIA000000000000000" + std::to_string(index)); }

Instant any_day() { return k_now - days(*rc::gen::inRange(0, 400)); }

Fact<KeyUse> any_use() {
  const int choice = *rc::gen::inRange(0, 10);
  if (choice == 0) return Fact<KeyUse>::unknown("Throttling");
  if (choice < 4) return Fact<KeyUse>::absent();
  return Fact<KeyUse>::known({any_day(), *rc::gen::element<std::string>("s3", "sts"), "us-east-1"});
}

Ledger any_ledger(int keys) {
  Ledger ledger;
  const auto maybe = [](int percent) { return *rc::gen::inRange(0, 100) < percent; };
  for (int i = 0; i < keys; ++i) {
    if (maybe(10)) ledger.deactivating.emplace(key_id(i), any_day());
    if (maybe(25)) ledger.deactivated.emplace(key_id(i), any_day());
    if (maybe(25)) ledger.first_seen_inactive.emplace(key_id(i), any_day());
    if (maybe(25)) ledger.announced.emplace(key_id(i), any_day());
    if (maybe(10)) ledger.reactivated.emplace(key_id(i), any_day());
  }
  if (maybe(50)) ledger.rotation = Rotation{key_id(keys - 1), key_id(*rc::gen::inRange(0, 2)), any_day(), maybe(20)};
  if (maybe(10)) ledger.intent = Intent{"run", any_day(), {key_id(0)}, false};
  return ledger;
}

UserFacts any_user() {
  UserFacts facts{*base::UserName::parse("svc"), *base::Arn::parse("arn:aws:iam::111122223333:user/svc"), {}, {}, {}, {}, {}};
  const int count = *rc::gen::inRange(0, 3);
  std::vector<KeyFacts> keys;
  for (int i = 0; i < count; ++i) {
    const KeyStatus status = *rc::gen::element(KeyStatus::active, KeyStatus::active, KeyStatus::active, KeyStatus::inactive);
    keys.push_back({key_id(i), status, any_day(), any_use()});
  }
  std::ranges::sort(keys, {}, &KeyFacts::created);
  facts.keys = Fact<std::vector<KeyFacts>>::known(std::move(keys));
  facts.exemption = Fact<ExemptionFact>::absent();
  const int ledger = *rc::gen::inRange(0, 10);
  if (ledger == 0) {
    facts.ledger = Fact<Ledger>::unknown("AccessDenied");
  } else if (ledger < 3 || count == 0) {
    facts.ledger = Fact<Ledger>::absent();
  } else {
    facts.ledger = Fact<Ledger>::known(any_ledger(count));
  }
  return facts;
}

Policy any_policy() {
  Policy policy;
  policy.conflict = *rc::gen::element(ConflictRule::retire_lru, ConflictRule::delete_lru, ConflictRule::hold);
  policy.unused_keys = *rc::gen::element(UnusedRule::rotate, UnusedRule::retire);
  policy.hold_while_in_use = days(*rc::gen::inRange(0, 20));
  return policy;
}

const KeyFacts& key_of(const UserFacts& facts, const Decision& decision) {
  return *std::ranges::find(facts.keys.value(), *decision.key, &KeyFacts::id);
}

bool destroys(const Decision& decision) { return decision.action == Action::deactivate || decision.action == Action::remove; }

TEST(DecideProperties, HoldForAnyUser) {
  expect_property("decide keeps its promises for any facts", [] {
    const UserFacts facts = any_user();
    const Policy policy = any_policy();
    const auto decisions = decide(facts, policy, k_now);
    RC_ASSERT(!decisions.empty());

    std::set<std::string> spoken_of;
    for (const Decision& decision : decisions) {
      if (decision.key) RC_ASSERT(spoken_of.insert(decision.key->str()).second);
      if (decision.is_change()) {
        // Nothing is changed while a rotation is unfinished or keyward's own record is unreadable.
        RC_ASSERT(!facts.ledger.is_unknown());
        RC_ASSERT(!(facts.ledger.is_known() && facts.ledger.value().intent));
      }
      if (!destroys(decision)) continue;
      const KeyFacts& key = key_of(facts, decision);
      // Switched off once more, only to complete the record.
      if (decision.action == Action::deactivate && key.status == KeyStatus::inactive) continue;
      RC_ASSERT(!key.last_use.is_unknown());
      const Ledger ledger = facts.ledger.is_known() ? facts.ledger.value() : Ledger{};
      if (decision.action == Action::deactivate) {
        // Prepared by a rotation of keyward's, or announced, with the full grace since (less the daily slack).
        const bool replaced = ledger.rotation && ledger.rotation->new_key != key.id && ledger.rotation->at + policy.install_grace <= k_now + k_daily_slack;
        const auto told = ledger.announced.find(key.id);
        const bool announced = told != ledger.announced.end() && told->second + policy.install_grace <= k_now + k_daily_slack;
        RC_ASSERT(replaced || announced);
      } else if (policy.conflict != ConflictRule::delete_lru) {
        RC_ASSERT(key.status == KeyStatus::inactive);
        const auto off = ledger.deactivated.find(key.id);
        const auto seen = ledger.first_seen_inactive.find(key.id);
        const bool rested = (off != ledger.deactivated.end() && off->second + policy.recovery_grace <= k_now + k_daily_slack) ||
                            (seen != ledger.first_seen_inactive.end() && seen->second + policy.recovery_grace <= k_now + k_daily_slack);
        RC_ASSERT(rested);
      }
    }
    // A new key is made only where there is room for it.
    const auto removed = std::ranges::count(decisions, Action::remove, &Decision::action);
    const auto rotated = std::ranges::count(decisions, Action::rotate, &Decision::action);
    RC_ASSERT(rotated == 0 || static_cast<long>(facts.keys.value().size()) - removed == 1);
  });
}

}  // namespace
}  // namespace keyward::rotation
