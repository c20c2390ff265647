#include "orchestrator/user_order.hpp"

#include <gtest/gtest.h>

namespace keyward::orchestrator {
namespace {

using rotation::Action;
using rotation::Fact;
using rotation::KeyStatus;

const base::Instant k_now = *base::parse_iso8601("2026-11-22T00:00:00Z");

rotation::KeyFacts key(const char* id, KeyStatus status, int age_days) {
  return {*base::AccessKeyId::parse(id), status, k_now - std::chrono::days(age_days), {}};
}

rotation::UserFacts user(std::vector<rotation::KeyFacts> keys) {
  rotation::UserFacts facts{*base::UserName::parse("svc"), *base::Arn::parse("arn:aws:iam::111122223333:user/svc"), {}, {}, {}, {}, {}, false};
  facts.keys = Fact<std::vector<rotation::KeyFacts>>::known(std::move(keys));
  facts.exemption = Fact<rotation::ExemptionFact>::absent();
  facts.ledger = Fact<rotation::Ledger>::absent();
  return facts;
}

std::string why_not(const rotation::UserFacts& facts, Action wanted) {
  return why_not_now(facts, rotation::decide(facts, rotation::Policy(), k_now), wanted);
}

TEST(WhyNotNow, SaysWhichKeyIsActiveAndWhatTheRulesSay) {
  EXPECT_EQ(why_not(user({}), Action::remove), "the user has no access key");
  const auto young = user({key("AKIAEXAMPLEEXAMPLE12", KeyStatus::active, 5)});
  EXPECT_NE(why_not(young, Action::remove).find("the key …LE12 is active"), std::string::npos) << why_not(young, Action::remove);
  EXPECT_NE(why_not(young, Action::deactivate).find("next date 2027-02-15"), std::string::npos) << why_not(young, Action::deactivate);
  EXPECT_EQ(why_not(young, Action::deactivate).find("is active"), std::string::npos);
}

}  // namespace
}  // namespace keyward::orchestrator
