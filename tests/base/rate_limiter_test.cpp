#include "base/rate_limiter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "base/task_group.hpp"
#include "support/sanitized.hpp"
#include "support/virtual_time.hpp"

namespace keyward::base {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// Those who come to a limiter, in virtual time.
struct Crowd {
  asio::io_context loop;
  test::VirtualTime time;
  std::vector<double> went;  ///< seconds

  Task<void> go(RateLimiter& limiter, milliseconds after) {
    co_await time.sleep_for(after);
    co_await limiter.acquire();
    went.push_back(time.seconds());
  }
  Task<void> arrive(TaskGroup& group, RateLimiter& limiter, const std::vector<milliseconds>& arrivals) {
    for (const milliseconds after : arrivals) {
      Task<void> child = go(limiter, after);
      co_await group.spawn(std::move(child));
    }
  }
  /// Each comes so long after the beginning.
  void all_go(RateLimiter& limiter, const std::vector<milliseconds>& arrivals) {
    const auto body = [&](TaskGroup& group) { return arrive(group, limiter, arrivals); };
    time.run(loop, run_group(100'000, body));
  }
};

struct RateLimiterTest : testing::Test, Crowd {};

/// No stretch of time holds more than per_second * t + burst of what went.
bool keeps(const std::vector<double>& went, double per_second, double burst) {
  for (std::size_t first = 0; first < went.size(); ++first) {
    for (std::size_t last = first; last < went.size(); ++last) {
      const auto count = static_cast<double>(last - first + 1);
      if (count > per_second * (went[last] - went[first]) + burst + 1e-6) return false;
    }
  }
  return true;
}

TEST_F(RateLimiterTest, WithoutCeilingAndThrottlingNobodyWaits) {
  RateLimiter limiter({}, time);
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(limiter.try_acquire());
}

TEST_F(RateLimiterTest, LetsABurstGoAndThenItsRate) {
  RateLimiter limiter({.per_second = 10, .burst = 4}, time);
  all_go(limiter, std::vector<milliseconds>(24));
  ASSERT_EQ(went.size(), 24u);
  EXPECT_EQ(went[3], 0);
  EXPECT_NEAR(went[4], 0.1, 0.002);
  EXPECT_NEAR(went[23], 2.0, 0.002);
}

TEST_F(RateLimiterTest, LosesNothingToTimersOfWholeMilliseconds) {
  RateLimiter limiter({.per_second = 540, .burst = 54}, time);
  all_go(limiter, std::vector<milliseconds>(10'000));
  EXPECT_NEAR(went.back(), (10'000 - 54) / 540.0, 0.01);
}

std::vector<milliseconds> some_arrivals() {
  std::vector<milliseconds> arrivals;
  for (const int after : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5000))) arrivals.emplace_back(after);
  return arrivals;
}

TEST(RateLimiter, NeverLetsMoreThroughThanRateTimesTimePlusBurst) {
  EXPECT_TRUE(rc::check("at most rate * t + burst", [] {
    const double per_second = *rc::gen::inRange(1, 200);
    const double burst = *rc::gen::inRange(1, 50);
    Crowd crowd;
    RateLimiter limiter({per_second, burst}, crowd.time);
    const std::vector<milliseconds> arrivals = some_arrivals();
    crowd.all_go(limiter, arrivals);
    RC_ASSERT(crowd.went.size() == arrivals.size());
    RC_ASSERT(keeps(crowd.went, per_second, burst));
  }));
}

TEST(RateLimiter, AfterThrottlingNeverLetsMoreThroughThanTheLearnedRate) {
  EXPECT_TRUE(rc::check("at most the highest learned rate * t + a tenth of a second's worth", [] {
    const double found = *rc::gen::inRange(1, 200);
    Crowd crowd;
    RateLimiter limiter({}, crowd.time);
    limiter.begin_with(found);
    limiter.throttled(crowd.time.now());
    crowd.all_go(limiter, some_arrivals());
    const double highest = limiter.per_second();
    RC_ASSERT(keeps(crowd.went, highest, std::max(1.0, 0.1 * highest)));
  }));
}

TEST_F(RateLimiterTest, ThrottlingSlowsThoseWhoWaitAlready) {
  RateLimiter limiter({.per_second = 10, .burst = 1}, time);
  const auto throttle = [](RateLimiter& slowed, test::VirtualTime& its_time) -> Task<void> {
    co_await its_time.sleep_for(1050ms);
    slowed.throttled(its_time.now());
  };
  asio::co_spawn(loop, throttle(limiter, time), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
  all_go(limiter, std::vector<milliseconds>(40));
  ASSERT_EQ(went.size(), 40u);
  EXPECT_NEAR(went[10], 1.0, 0.01);
  // Eleven in the first second, weighted by their age: about seven a second passed, of which seven tenths are left.
  EXPECT_GT(went[11] - went[10], 0.15);
  EXPECT_GT(went[39] - went[11], 28 / 10.0);
}

TEST_F(RateLimiterTest, IsFirstComeFirstServed) {
  RateLimiter limiter({.per_second = 10, .burst = 1}, time);
  // Comes in the very moment of the next turn, before the one whose turn it is has woken.
  const auto push_in = [](RateLimiter& its_limiter, test::VirtualTime& its_time, bool& went_first) -> Task<void> {
    co_await its_time.sleep_for(100ms);
    went_first = its_limiter.try_acquire();
  };
  bool pushed_in = false;
  asio::co_spawn(loop, push_in(limiter, time, pushed_in), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
  loop.poll();
  std::string order;
  const auto enter = [&](char name) {
    asio::co_spawn(loop, limiter.acquire(),
                   [&order, name](std::exception_ptr) { order += name; });
    loop.restart();
    loop.poll();
  };
  for (const char name : {'a', 'b', 'c', 'd'}) enter(name);
  EXPECT_EQ(order, "a");
  time.run(loop, time.sleep_for(150ms));
  EXPECT_EQ(order, "ab");
  EXPECT_FALSE(pushed_in);
  time.run(loop, time.sleep_for(1s));
  EXPECT_EQ(order, "abcd");
  EXPECT_TRUE(limiter.try_acquire());
}

TEST_F(RateLimiterTest, NoTurnIsLostOnOneWhoLeaves) {
  RateLimiter limiter({.per_second = 1, .burst = 1}, time);
  ASSERT_TRUE(limiter.try_acquire());
  std::string order;
  const auto enter = [&](char name, asio::cancellation_slot slot) {
    auto on_end = [&order, name](std::exception_ptr failure) { order += failure ? '!' : name; };
    asio::co_spawn(loop, limiter.acquire(), asio::bind_cancellation_slot(slot, on_end));
    loop.restart();
    loop.poll();
  };
  asio::cancellation_signal sleeping, queueing;
  enter('a', sleeping.slot());
  enter('b', queueing.slot());
  enter('c', {});
  sleeping.emit(asio::cancellation_type::terminal);
  queueing.emit(asio::cancellation_type::terminal);
  time.run(loop, time.sleep_for(1001ms));
  EXPECT_EQ(order, "!!c");
}

/// A service with a token bucket of its own, and clients that keep `workers` calls on the way to it.
struct ThrottlingService : Crowd {
  double per_second, burst;
  double tokens = burst, filled = 0;
  int calls = 0, throttled = 0;

  ThrottlingService(double its_rate, double its_burst) : per_second(its_rate), burst(its_burst) {}

  bool admits() {
    tokens = std::min(burst, tokens + (time.seconds() - filled) * per_second);
    filled = time.seconds();
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  }
  Task<void> work(RateLimiter& limiter, double until) {
    while (time.seconds() < until) {
      co_await limiter.acquire();
      const auto sent_at = time.now();
      co_await time.sleep_for(30ms);
      ++calls;
      const bool admitted = admits();
      co_await time.sleep_for(30ms);
      if (!admitted) {
        ++throttled;
        limiter.throttled(sent_at);
        co_await time.sleep_for(500ms);
      }
    }
  }
  Task<void> start(TaskGroup& group, RateLimiter& limiter, int workers, double until) {
    for (int i = 0; i < workers; ++i) {
      Task<void> child = work(limiter, until);
      co_await group.spawn(std::move(child));
    }
  }
  void work_until(RateLimiter& limiter, int workers, double until) {
    const auto body = [&](TaskGroup& group) { return start(group, limiter, workers, until); };
    time.run(loop, run_group(1000, body));
  }
};

TEST(RateLimiter, FindsTheRateOfAServiceAndStaysThere) {
  const struct {
    double per_second;
    double burst;
    int workers;
  } services[] = {{2, 2, 8}, {5, 5, 8}, {5, 20, 8}, {20, 20, 8}, {50, 50, 16}, {600, 600, 256}};
  for (const auto& row : services) {
    if (test::k_sanitized && row.workers > 16) continue;
    SCOPED_TRACE(row.per_second);
    ThrottlingService service(row.per_second, row.burst);
    RateLimiter limiter({}, service.time);
    service.work_until(limiter, row.workers, 60);
    const int first_calls = service.calls, first_throttled = service.throttled;
    service.work_until(limiter, row.workers, 660);
    const double calls = service.calls - first_calls;
    const double throttled = service.throttled - first_throttled;
    // One call every ten seconds, and a little more where many are on their way, is spent on asking whether more goes.
    EXPECT_LT(throttled, 60 + 0.001 * calls) << "of " << calls;
    EXPECT_GT(calls - throttled, 0.85 * 600 * row.per_second);
  }
}

}  // namespace
}  // namespace keyward::base
