#include "rotation/explanation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "life_histories.hpp"
#include "property.hpp"

namespace keyward::rotation {
namespace {

using base::Instant;
using std::chrono::days;

const Instant k_today = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(2);

TEST(Explanation, EveryRowHasANameAndWordsOfItsOwn) {
  std::set<std::string_view> names, words;
  for (int row = 0; row <= static_cast<int>(k_last_row); ++row) {
    EXPECT_FALSE(to_string(static_cast<Row>(row)).empty()) << row;
    names.insert(to_string(static_cast<Row>(row)));
    words.insert(in_words(static_cast<Row>(row)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(k_last_row) + 1);
  EXPECT_EQ(words.size(), names.size());
}

TEST(Explanation, SaysWhenARuleThatDidNotFireWould) {
  UserFacts facts{*base::UserName::parse("svc"), *base::Arn::parse("arn:aws:iam::111122223333:user/svc"), {}, {}, {}, {}, {}};
  facts.keys = Fact<std::vector<KeyFacts>>::known(
      {{*base::AccessKeyId::parse("AKIAEXAMPLE000000001"), KeyStatus::active, k_today - days(78), Fact<KeyUse>::absent()}});
  facts.exemption = Fact<ExemptionFact>::absent();
  facts.ledger = Fact<Ledger>::absent();
  const Explained explained = explain(facts, Policy{}, k_today);
  const auto due = std::ranges::find(explained.rules, Row::one_due, &RuleLine::row);
  ASSERT_NE(due, explained.rules.end());
  EXPECT_FALSE(due->fired);
  EXPECT_EQ(due->from, k_today + days(12));
  EXPECT_EQ(std::ranges::find(explained.rules, true, &RuleLine::fired)->row, Row::one_not_due);
}

bool same(const std::vector<Decision>& a, const std::vector<Decision>& b) {
  return std::ranges::equal(a, b, [](const Decision& x, const Decision& y) {
    return x.action == y.action && x.reason == y.reason && x.key == y.key && x.due == y.due && x.days_left == y.days_left && x.note == y.note &&
           x.detail == y.detail;
  });
}

TEST(ExplanationProperties, ExplainingChangesNothingAndOneRuleFiresForEachDecision) {
  expect_property("explain() decides what decide() decides, by one rule for each decision", [] {
    const life::Life life = life::simulate(*life::histories(life::k_anything));
    for (const life::Run& run : life.runs) {
      const Explained explained = explain(run.facts, run.policy, run.at);
      RC_ASSERT(same(explained.decisions, decide(run.facts, run.policy, run.at)));
      std::vector<std::optional<base::AccessKeyId>> fired, decided;
      for (const RuleLine& line : explained.rules) {
        if (line.fired) fired.push_back(line.key);
        RC_ASSERT(line.fired || !line.why.empty());
        RC_ASSERT(line.fired || !line.from || *line.from + days(1) >= run.at);
      }
      for (const Decision& decision : explained.decisions) decided.push_back(decision.key);
      RC_ASSERT(fired == decided);
    }
  });
}

}  // namespace
}  // namespace keyward::rotation
