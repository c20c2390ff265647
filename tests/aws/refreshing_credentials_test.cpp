#include "aws/refreshing_credentials.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <vector>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using base::Result;

CredentialsPtr expiring(std::string key_id, base::Instant at) {
  auto credentials = long_term_credentials(std::move(key_id));
  credentials->expiration = at;
  credentials->source = "test";
  return credentials;
}

base::Error trouble(ErrorKind kind = ErrorKind::transient) { return {kind, "test", "Trouble", "", "no luck"}; }

struct Refreshing : ::testing::Test {
  FakeWorld world;
  ScriptedCredentials* source = nullptr;
  std::unique_ptr<RefreshingCredentials> provider;

  void start_with(Result<CredentialsPtr> first) {
    auto owned = std::make_unique<ScriptedCredentials>(std::move(first));
    source = owned.get();
    provider = std::make_unique<RefreshingCredentials>(std::move(owned), world.clock);
  }
  std::string key_id() {
    const auto credentials = world.fetch(*provider);
    return credentials ? (*credentials)->access_key_id : credentials.error().code;
  }
  CredentialsPtr one_hour(std::string id) { return expiring(std::move(id), world.host_clock.now() + 1h); }
};

TEST_F(Refreshing, LongTermKeysAreFetchedOnce) {
  start_with(CredentialsPtr(long_term_credentials("A")));
  EXPECT_EQ(key_id(), "A");
  world.host_clock.advance(24h * 365);
  EXPECT_EQ(key_id(), "A");
  EXPECT_EQ(source->fetches, 1);
}

TEST_F(Refreshing, FetchesAnewFifteenMinutesBeforeExpiry) {
  start_with(one_hour("A"));
  EXPECT_EQ(key_id(), "A");
  source->next = expiring("B", world.host_clock.now() + 2h);
  world.host_clock.advance(44min + 59s);
  EXPECT_EQ(key_id(), "A");
  world.host_clock.advance(1s);
  EXPECT_EQ(key_id(), "B");
  EXPECT_EQ(source->fetches, 2);
}

TEST_F(Refreshing, AShortSessionIsNotRenewedAtEveryCall) {
  start_with(expiring("A", world.host_clock.now() + 15min));
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(key_id(), "A");
    world.host_clock.advance(1min);
  }
  EXPECT_EQ(source->fetches, 1);
}

TEST_F(Refreshing, KeepsTheOldOnesUntilTheyReallyExpire) {
  start_with(one_hour("A"));
  EXPECT_EQ(key_id(), "A");
  source->next = trouble();
  world.host_clock.advance(45min);
  EXPECT_EQ(key_id(), "A");
  EXPECT_EQ(source->fetches, 2);
  EXPECT_EQ(key_id(), "A");
  EXPECT_EQ(source->fetches, 2) << "no second attempt at once";
  world.host_clock.advance(RefreshingCredentials::k_pause_after_failure);
  EXPECT_EQ(key_id(), "A");
  EXPECT_EQ(source->fetches, 3);
  world.host_clock.advance(14min + 29s);
  EXPECT_EQ(key_id(), "A");
  world.host_clock.advance(1s);
  EXPECT_EQ(key_id(), "Trouble");
  source->next = one_hour("B");
  EXPECT_EQ(key_id(), "B");
}

TEST_F(Refreshing, ForgetFetchesAnew) {
  start_with(one_hour("A"));
  EXPECT_EQ(key_id(), "A");
  source->next = one_hour("B");
  provider->forget();
  EXPECT_EQ(source->forgotten, 1);
  EXPECT_EQ(key_id(), "B");
}

TEST_F(Refreshing, CredentialsExpiredAtArrivalAreAnError) {
  start_with(expiring("A", world.host_clock.now()));
  const auto credentials = world.fetch(*provider);
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().kind, ErrorKind::expired_credentials);
  EXPECT_EQ(credentials.error().code, "ExpiredAtArrival");
}

TEST_F(Refreshing, AHostClockADayAheadDoesNotMakeGoodCredentialsUseless) {
  AwsClock unsure(world.host_clock);
  const base::Instant true_now = world.host_clock.now() - 24h;
  auto owned = std::make_unique<ScriptedCredentials>(expiring("A", true_now + 1h));
  source = owned.get();
  provider = std::make_unique<RefreshingCredentials>(std::move(owned), unsure);
  EXPECT_EQ(key_id(), "A");
  unsure.learn(true_now);
  const int fetches = source->fetches;
  EXPECT_EQ(key_id(), "A");
  EXPECT_EQ(source->fetches, fetches);
}

/// A source that waits until the test lets it go.
class HeldCredentials final : public CredentialProvider {
 public:
  explicit HeldCredentials(boost::asio::io_context& loop) : gate(loop, boost::asio::steady_timer::time_point::max()) {}
  base::Task<Result<CredentialsPtr>> credentials() override {
    ++fetches;
    if (hold) {
      try {
        co_await gate.async_wait(boost::asio::use_awaitable);
      } catch (const boost::system::system_error&) {
        if (!released) throw;
      }
    }
    co_return next;
  }
  void release() {
    released = true;
    gate.cancel();
  }

  boost::asio::steady_timer gate;
  Result<CredentialsPtr> next = trouble();
  bool hold = true;
  bool released = false;
  int fetches = 0;
};

struct ManyCallers : ::testing::Test {
  FakeWorld world;
  HeldCredentials* source = nullptr;
  std::unique_ptr<RefreshingCredentials> provider;
  std::vector<std::string> endings;

  void SetUp() override {
    auto owned = std::make_unique<HeldCredentials>(world.loop);
    source = owned.get();
    provider = std::make_unique<RefreshingCredentials>(std::move(owned), world.clock);
  }
  void note(const std::exception_ptr& failure, const Result<CredentialsPtr>& result) {
    endings.push_back(failure ? "cancelled" : result ? (*result)->access_key_id : result.error().code);
  }
  void call() {
    boost::asio::co_spawn(world.loop, provider->credentials(),
                          [this](std::exception_ptr failure, Result<CredentialsPtr> result) { note(failure, result); });
    settle();
  }
  void settle() {
    world.loop.restart();
    world.loop.poll();
  }
  CredentialsPtr one_hour(std::string id) { return expiring(std::move(id), world.host_clock.now() + 1h); }
};

TEST_F(ManyCallers, WithoutCredentialsAllWaitForOneFetch) {
  call();
  call();
  call();
  EXPECT_TRUE(endings.empty());
  source->next = one_hour("A");
  source->release();
  settle();
  EXPECT_EQ(endings, (std::vector<std::string>{"A", "A", "A"}));
  EXPECT_EQ(source->fetches, 1);
}

TEST_F(ManyCallers, AFailedFetchFailsAllThatWaitedForIt) {
  call();
  call();
  source->release();
  settle();
  EXPECT_EQ(endings, (std::vector<std::string>{"Trouble", "Trouble"}));
  EXPECT_EQ(source->fetches, 1);
}

TEST_F(ManyCallers, OthersUseTheOldOnesWhileOneRefreshes) {
  source->hold = false;
  source->next = one_hour("A");
  call();
  world.host_clock.advance(50min);
  source->hold = true;
  call();  // refreshes
  call();
  call();
  EXPECT_EQ(endings, (std::vector<std::string>{"A", "A", "A"}));
  source->next = one_hour("B");
  source->release();
  settle();
  EXPECT_EQ(endings.back(), "B");
  EXPECT_EQ(source->fetches, 2);
}

TEST_F(ManyCallers, ACancelledFetchIsTakenOverByAWaiter) {
  boost::asio::cancellation_signal cancel;
  const auto noted = [this](std::exception_ptr failure, Result<CredentialsPtr> result) { note(failure, result); };
  boost::asio::co_spawn(world.loop, provider->credentials(), boost::asio::bind_cancellation_slot(cancel.slot(), noted));
  settle();
  call();
  source->hold = false;
  source->next = one_hour("A");
  cancel.emit(boost::asio::cancellation_type::terminal);
  settle();
  EXPECT_EQ(endings, (std::vector<std::string>{"cancelled", "A"}));
  EXPECT_EQ(source->fetches, 2);
}

}  // namespace
}  // namespace keyward::aws
