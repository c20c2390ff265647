#include "base/permits.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "support/run.hpp"

namespace keyward::base {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct PermitsTest : testing::Test {
  asio::io_context loop;
  std::string order;

  Permits::Permit take(Permits& permits) {
    auto place = test::run(loop, permits.acquire());
    return std::move(place.value());
  }
  void wait_as(Permits& permits, char name, asio::cancellation_slot slot = {}) {
    auto on_end = [this, name](std::exception_ptr failure, std::optional<Permits::Permit> place) {
      order += failure ? '!' : place ? name : '?';
    };
    asio::co_spawn(loop, permits.acquire(), asio::bind_cancellation_slot(slot, on_end));
    loop.restart();
    loop.poll();
  }
  void settle() {
    loop.restart();
    loop.poll();
  }
};

TEST_F(PermitsTest, GoToWaitersInTheOrderOfTheirArrival) {
  Permits permits(1);
  {
    const auto held = take(permits);
    for (const char name : {'a', 'b', 'c'}) wait_as(permits, name);
    EXPECT_EQ(order, "");
    EXPECT_EQ(permits.waiting(), 3u);
  }
  settle();
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(permits.free(), 1u);
}

TEST_F(PermitsTest, PassByAWaiterWhoWasCancelled) {
  Permits permits(1);
  asio::cancellation_signal cancel;
  {
    const auto held = take(permits);
    wait_as(permits, 'a', cancel.slot());
    wait_as(permits, 'b');
    cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(order, "!");
  }
  settle();
  EXPECT_EQ(order, "!b");
  EXPECT_EQ(permits.free(), 1u);
}

TEST_F(PermitsTest, EndTheWaitAtTheDeadline) {
  Permits permits(1);
  const auto held = take(permits);
  EXPECT_FALSE(test::run(loop, permits.acquire(Deadline::after(1ms))));
  EXPECT_EQ(permits.waiting(), 0u);
}

TEST_F(PermitsTest, AbortTheirWaitersWhenDestroyed) {
  std::optional<Permits> permits(std::in_place, 1);
  const auto held = take(*permits);
  wait_as(*permits, 'a');
  permits.reset();
  settle();
  EXPECT_EQ(order, "!");
}

}  // namespace
}  // namespace keyward::base
