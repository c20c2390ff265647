#include "orchestrator/change_budget.hpp"

#include <gtest/gtest.h>

namespace keyward::orchestrator {
namespace {

const base::AccountId k_one = *base::AccountId::parse("222222222222");
const base::AccountId k_two = *base::AccountId::parse("333333333333");

TEST(ChangeBudget, HoldsBackWhatIsBeyondTheAccountsShare) {
  ChangeBudget budget(10, 2);
  EXPECT_TRUE(budget.take(k_one));
  EXPECT_TRUE(budget.take(k_one));
  EXPECT_FALSE(budget.take(k_one));
  EXPECT_TRUE(budget.take(k_two));
}

TEST(ChangeBudget, HoldsBackWhatIsBeyondTheRuns) {
  ChangeBudget budget(3, 2);
  EXPECT_TRUE(budget.take(k_one));
  EXPECT_TRUE(budget.take(k_one));
  EXPECT_FALSE(budget.take(k_one));  // a refusal costs nothing
  EXPECT_TRUE(budget.take(k_two));
  EXPECT_FALSE(budget.take(k_two));
}

}  // namespace
}  // namespace keyward::orchestrator
