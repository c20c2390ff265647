#include "base/learned_rate.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace keyward::base {
namespace {

using namespace std::chrono_literals;
using Time = LearnedRate::Time;

constexpr Time k_start{1h};

/// Sends evenly for so long and returns the time then.
Time send(LearnedRate& rate, int per_second, std::chrono::seconds duration, Time from = k_start) {
  const auto step = std::chrono::nanoseconds(1s) / per_second;
  const Time end = from + duration;
  for (Time at = from; at < end; at += step) rate.sent(at);
  return end;
}

TEST(RecentCount, IsTheSizeOfABurstAndTheRateOfAStream) {
  RecentCount count;
  for (int i = 0; i < 8; ++i) count.add(1, k_start);
  EXPECT_DOUBLE_EQ(count.at(k_start), 8);
  EXPECT_NEAR(count.at(k_start + 1s), 8 / 2.718, 0.01);
  Time at = k_start;
  for (; at < k_start + 60s; at += 50ms) count.add(1, at);
  EXPECT_NEAR(count.at(at), 20, 1);
  count.add(-100, at);
  EXPECT_EQ(count.at(at), 0);
}

TEST(LearnedRate, IsUnlimitedUntilSomethingIsThrottled) {
  LearnedRate rate;
  const Time now = send(rate, 100, 60s);
  EXPECT_EQ(rate.at(now), LearnedRate::k_unlimited);
  EXPECT_FALSE(rate.limited());
}

TEST(LearnedRate, ThrottlingLeavesSevenTenthsAndItIsBackAfterTenSeconds) {
  for (const int per_second : {3, 10, 100, 1000}) {
    SCOPED_TRACE(per_second);
    LearnedRate rate;
    const Time now = send(rate, per_second, 30s);
    rate.throttled(now - 50ms, now);
    const double too_fast = rate.at(now) / 0.7;
    EXPECT_NEAR(too_fast, per_second, 1.5 + 0.01 * per_second);
    EXPECT_LT(rate.at(now + 9s), too_fast);
    EXPECT_NEAR(rate.at(now + 10s), too_fast, 1e-9 * too_fast);
    // Looks carefully at first whether there is more, then boldly.
    EXPECT_LT(rate.at(now + 15s), 1.04 * too_fast);
    EXPECT_GT(rate.at(now + 30s), 3 * too_fast);
  }
}

TEST(LearnedRate, CallsThrottledTogetherAreOneEvent) {
  LearnedRate rate;
  for (int i = 0; i < 8; ++i) rate.sent(k_start);
  for (int i = 1; i <= 3; ++i) rate.throttled(k_start, k_start + i * 1ms);
  EXPECT_NEAR(rate.at(k_start + 3ms), 0.7 * 5, 0.1) << "five of the eight passed";
  // Sent after the rate was cut: that was still too fast.
  const double cut = rate.at(k_start + 1s);
  rate.sent(k_start + 1s);
  rate.throttled(k_start + 1s, k_start + 1s);
  EXPECT_LT(rate.at(k_start + 1s), 0.71 * cut);
}

TEST(LearnedRate, FromTheFloorToTenASecondTakesLessThanAMinute) {
  LearnedRate rate;
  Time now = k_start;
  for (int i = 0; i < 100; ++i) {
    rate.sent(now);
    rate.throttled(now, now);
    now += 10ms;
  }
  EXPECT_NEAR(rate.at(now), 0.7, 0.01);
  EXPECT_GT(rate.at(now + 60s), 10);
}

TEST(LearnedRate, BeginsWithWhatOthersFoundAndGrowsFromThere) {
  LearnedRate rate;
  rate.begin_with(5, k_start);
  EXPECT_DOUBLE_EQ(rate.at(k_start), 5);
  EXPECT_GT(rate.at(k_start + 5s), 5);
  EXPECT_LT(rate.at(k_start + 5s), 5.5);
  EXPECT_FALSE(rate.was_throttled());
}

TEST(LearnedRate, HandsOnNoMoreThanItSaw) {
  LearnedRate rate;
  rate.begin_with(5, k_start);
  rate.sent(k_start);
  rate.sent(k_start + 5min);
  EXPECT_GT(rate.at(k_start + 5min), 100) << "it has grown with the time alone";
  EXPECT_DOUBLE_EQ(rate.proven(), 5);
}

TEST(LearnedRate, NeverStopsAndNeverFallsWhileNothingIsThrottled) {
  EXPECT_TRUE(rc::check("never stops, never falls by itself", [] {
    LearnedRate rate;
    Time now = k_start;
    Time sent_at = now;
    for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3000))) {
      const double before = rate.at(now);
      now += std::chrono::milliseconds(step / 3);
      RC_ASSERT(rate.at(now) >= before);
      if (step % 3 == 0) {
        const double unthrottled = rate.at(now);
        rate.throttled(sent_at, now);
        RC_ASSERT(rate.at(now) <= unthrottled * (1 + 1e-9));
      } else {
        rate.sent(now);
        sent_at = now;
      }
      RC_ASSERT(rate.at(now) >= 0.7 * LearnedRate::k_least - 1e-9);
    }
  }));
}

}  // namespace
}  // namespace keyward::base
