#include "base/retry.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "support/run.hpp"

namespace keyward::base {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(RetryCause, FollowsFromKindAndIdempotency) {
  const struct {
    ErrorKind kind;
    RetryCause idempotent;
    RetryCause non_idempotent;
  } table[] = {
      {ErrorKind::throttled, RetryCause::throttled, RetryCause::throttled},
      {ErrorKind::transient, RetryCause::transient, RetryCause::none},
      {ErrorKind::deadline_exceeded, RetryCause::none, RetryCause::none},
      {ErrorKind::ambiguous, RetryCause::none, RetryCause::none},
      {ErrorKind::expired_credentials, RetryCause::none, RetryCause::none},
      {ErrorKind::denied, RetryCause::none, RetryCause::none},
      {ErrorKind::not_found, RetryCause::none, RetryCause::none},
      {ErrorKind::limit_exceeded, RetryCause::none, RetryCause::none},
      {ErrorKind::conflict, RetryCause::none, RetryCause::none},
      {ErrorKind::invalid, RetryCause::none, RetryCause::none},
      {ErrorKind::internal, RetryCause::none, RetryCause::none},
  };
  for (const auto& row : table) {
    EXPECT_EQ(retry_cause(row.kind, Idempotency::idempotent), row.idempotent) << to_string(row.kind);
    EXPECT_EQ(retry_cause(row.kind, Idempotency::non_idempotent), row.non_idempotent) << to_string(row.kind);
  }
}

TEST(Backoff, DoublesItsCeilingUpToTheCap) {
  const Backoff backoff;
  const struct {
    RetryCause cause;
    int retry;
    milliseconds ceiling;
  } table[] = {
      {RetryCause::transient, 1, 50ms},          {RetryCause::transient, 2, 100ms},
      {RetryCause::transient, 3, 200ms},         {RetryCause::transient, 9, 12800ms},
      {RetryCause::transient, 10, 20000ms},      {RetryCause::throttled, 1, 1000ms},
      {RetryCause::throttled, 5, 16000ms},       {RetryCause::throttled, 6, 20000ms},
      {RetryCause::throttled, 1000000, 20000ms},
  };
  for (const auto& row : table) EXPECT_EQ(backoff.ceiling(row.cause, row.retry), row.ceiling) << row.retry;
}

TEST(Backoff, JittersOverTheWholeRangeAndHonoursTheServersHint) {
  const Backoff backoff;
  const struct {
    double random;
    std::optional<milliseconds> hint;
    milliseconds delay;
  } table[] = {
      {0.0, std::nullopt, 0ms},     {0.5, std::nullopt, 500ms},
      {0.999, std::nullopt, 999ms}, {0.5, 100ms, 500ms},     // a hint never shortens the delay
      {0.5, 3000ms, 3000ms},        {0.5, 60000ms, 5500ms},  // five seconds more than ours, at most
  };
  for (const auto& row : table) EXPECT_EQ(backoff.delay(RetryCause::throttled, 1, row.random, row.hint), row.delay);
}

TEST(RetryHint, TakesWholeMillisecondsOnly) {
  EXPECT_EQ(parse_retry_hint("1500"), 1500ms);
  EXPECT_EQ(parse_retry_hint("0"), 0ms);
  for (const char* text : {"", "-1", "1.5", "soon", "12 ", "99999999999999999999999"}) {
    EXPECT_EQ(parse_retry_hint(text), std::nullopt) << text;
  }
}

TEST(RetryBudget, RunsDryAndRecoversWithSuccesses) {
  RetryBudget budget;
  int retries = 0;
  while (budget.take(RetryCause::transient)) ++retries;
  EXPECT_EQ(retries, 500 / 14);
  EXPECT_EQ(budget.left(), 500 - 35 * 14);
  EXPECT_TRUE(budget.take(RetryCause::throttled));
  EXPECT_EQ(budget.left(), 5);
  budget.refund(RetryCause::throttled);
  EXPECT_EQ(budget.left(), 10);
  budget.refund(RetryCause::none);
  EXPECT_EQ(budget.left(), 11);
  for (int i = 0; i < 1000; ++i) budget.refund(RetryCause::transient);
  EXPECT_EQ(budget.left(), 500);
}

TEST(RunRetryBudget, EndsTheRetriesOfAllWhenNothingSucceeds) {
  RunRetryBudget run;
  int retries = 0;
  for (int client = 0; client < 10'000; ++client) {
    RetryBudget budget(&run);
    while (budget.take(RetryCause::throttled)) ++retries;
  }
  EXPECT_EQ(retries, RunRetryBudget::k_capacity / RetryBudget::k_throttled_cost);
}

TEST(RunRetryBudget, EverySuccessPaysForOneThrottledCallHoweverLongTheRun) {
  RunRetryBudget run;
  for (int i = 0; i < 1'000'000; ++i) {
    RetryBudget budget(&run);
    ASSERT_TRUE(budget.take(RetryCause::throttled));
    budget.refund(RetryCause::throttled);
  }
  EXPECT_EQ(run.left(), RunRetryBudget::k_capacity);
}

TEST(RunRetryBudget, IsNotChargedForARetryThatTheClientMayNotMake) {
  RunRetryBudget run;
  RetryBudget budget(&run);
  while (budget.take(RetryCause::throttled)) {
  }
  EXPECT_EQ(run.left(), RunRetryBudget::k_capacity - RetryBudget::k_capacity);
}

class FakeSleeper final : public Sleeper {
 public:
  Task<void> sleep_for(milliseconds duration) override {
    slept.push_back(duration);
    co_return;
  }
  std::vector<milliseconds> slept;
};

/// Fails as told, then succeeds.
struct ScriptedCall {
  std::vector<ErrorKind> failures;
  std::optional<milliseconds> hint{};
  std::vector<int> attempts{};
  bool give_up = false;

  Task<Attempt<std::string>> attempt(int number) {
    attempts.push_back(number);
    Attempt<std::string> outcome{std::string("done"), hint};
    if (attempts.size() <= failures.size()) {
      Error error;
      error.kind = failures[attempts.size() - 1];
      outcome.result = std::move(error);
      outcome.give_up = give_up;
    }
    co_return outcome;
  }
};

struct RetryLoopTest : testing::Test {
  boost::asio::io_context loop;
  RetryBudget budget;
  std::mt19937_64 random{42};
  FakeSleeper sleeper;

  Result<std::string> call(ScriptedCall& scripted, RetryRules rules) {
    const RetryTools tools{budget, random, sleeper};
    return test::run(loop, with_retries<std::string>(scripted, rules, tools));
  }
};

TEST_F(RetryLoopTest, TriesAgainUntilItSucceedsAndGivesTheLastCostBack) {
  ScriptedCall scripted{{ErrorKind::throttled, ErrorKind::transient}};
  const auto result = call(scripted, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, "done");
  EXPECT_EQ(scripted.attempts, (std::vector<int>{1, 2, 3}));
  ASSERT_EQ(sleeper.slept.size(), 2u);
  EXPECT_LT(sleeper.slept[0], 1000ms);
  EXPECT_LT(sleeper.slept[1], 100ms);
  EXPECT_EQ(budget.left(), 500 - 5);
}

TEST_F(RetryLoopTest, EndsWithTheLastErrorAfterTheLastAttempt) {
  ScriptedCall scripted{std::vector<ErrorKind>(10, ErrorKind::transient)};
  const auto result = call(scripted, {.max_attempts = 4});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::transient);
  EXPECT_EQ(scripted.attempts.size(), 4u);
}

TEST_F(RetryLoopTest, SendsAnAmbiguousOrNonIdempotentCallOnceButAThrottledOneAgain) {
  ScriptedCall ambiguous{{ErrorKind::ambiguous}};
  EXPECT_FALSE(call(ambiguous, {}));
  EXPECT_EQ(ambiguous.attempts.size(), 1u);
  ScriptedCall transient{{ErrorKind::transient}};
  EXPECT_FALSE(call(transient, {.idempotency = Idempotency::non_idempotent}));
  EXPECT_EQ(transient.attempts.size(), 1u);
  ScriptedCall throttled{{ErrorKind::throttled}};
  EXPECT_TRUE(call(throttled, {.idempotency = Idempotency::non_idempotent}));
  EXPECT_EQ(throttled.attempts.size(), 2u);
}

TEST_F(RetryLoopTest, NeverSleepsPastTheDeadline) {
  ScriptedCall scripted{{ErrorKind::throttled}, 4000ms};
  const auto result = call(scripted, {.deadline = Deadline::after(3000ms)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::throttled);
  EXPECT_TRUE(sleeper.slept.empty());
  EXPECT_EQ(budget.left(), 500);
}

TEST_F(RetryLoopTest, StopsWhenTheBudgetIsEmpty) {
  while (budget.take(RetryCause::throttled)) {
  }
  ScriptedCall scripted{{ErrorKind::throttled}};
  EXPECT_FALSE(call(scripted, {}));
  EXPECT_EQ(scripted.attempts.size(), 1u);
}

TEST_F(RetryLoopTest, DoesNotMultiplyTheRetriesOfWhatIsBelow) {
  ScriptedCall scripted{{ErrorKind::throttled}};
  scripted.give_up = true;
  EXPECT_FALSE(call(scripted, {}));
  EXPECT_EQ(scripted.attempts.size(), 1u);
  EXPECT_EQ(budget.left(), 500);
}

TEST_F(RetryLoopTest, WaitsAsLongAsTheServerAsks) {
  ScriptedCall scripted{{ErrorKind::throttled}, 2500ms};
  EXPECT_TRUE(call(scripted, {}));
  EXPECT_EQ(sleeper.slept, std::vector<milliseconds>{2500ms});
}

}  // namespace
}  // namespace keyward::base
