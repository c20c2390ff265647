#include "base/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <stdexcept>

#include "support/run.hpp"

namespace keyward::base {
namespace {

namespace asio = boost::asio;

struct Counts {
  int started = 0;
  int ended = 0;
  int running = 0;
  int most = 0;
};

struct Counted {
  explicit Counted(Counts& all) : counts(all) {
    ++counts.started;
    counts.most = std::max(counts.most, ++counts.running);
  }
  ~Counted() {
    --counts.running;
    ++counts.ended;
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  Counts& counts;
};

Task<void> short_child(Counts& counts) {
  const Counted here(counts);
  for (int i = 0; i < 3; ++i) co_await asio::post(asio::use_awaitable);
}

Task<void> endless_child(Counts& counts, asio::any_io_executor executor) {
  const Counted here(counts);
  asio::steady_timer timer(executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

Task<void> failing_child(Counts& counts) {
  const Counted here(counts);
  co_await asio::post(asio::use_awaitable);
  throw std::runtime_error("child");
}

struct TaskGroupTest : testing::Test {
  asio::io_context loop;
  Counts counts;
  asio::cancellation_signal cancel;

  /// Runs to the end of the loop; the outcome is the exception, if any.
  std::exception_ptr run_cancellable(Task<void> task, std::function<void()> once_started = {}) {
    std::exception_ptr outcome;
    bool ended = false;
    auto on_end = [&](std::exception_ptr error) {
      outcome = error;
      ended = true;
      EXPECT_EQ(counts.running, 0) << "a child outlived the group";
    };
    asio::co_spawn(loop, std::move(task), asio::bind_cancellation_slot(cancel.slot(), on_end));
    loop.poll();
    if (once_started) once_started();
    loop.run();
    EXPECT_TRUE(ended);
    return outcome;
  }
};

bool aborted(const std::exception_ptr& failure) {
  if (!failure) return false;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

Task<void> spawn_short(TaskGroup& group, Counts& counts, int number) {
  for (int i = 0; i < number; ++i) co_await group.spawn(short_child(counts));
}

TEST_F(TaskGroupTest, RunsAllChildrenButNeverMoreThanAllowedAtOnce) {
  auto body = [this](TaskGroup& group) { return spawn_short(group, counts, 20); };
  test::run(loop, run_group(3, body));
  EXPECT_EQ(counts.ended, 20);
  EXPECT_EQ(counts.most, 3);
}

Task<void> spawn_one_failing(TaskGroup& group, Counts& counts) {
  co_await group.spawn(failing_child(counts));
  for (int i = 0; i < 5; ++i) co_await group.spawn(short_child(counts));
}

TEST_F(TaskGroupTest, FinishesTheOthersWhenOneThrowsAndThenThrowsIt) {
  auto body = [this](TaskGroup& group) { return spawn_one_failing(group, counts); };
  EXPECT_THROW(test::run(loop, run_group(2, body)), std::runtime_error);
  EXPECT_EQ(counts.ended, 6);
}

Task<void> spawn_endless(TaskGroup& group, Counts& counts, int number, asio::any_io_executor executor) {
  for (int i = 0; i < number; ++i) co_await group.spawn(endless_child(counts, executor));
}

TEST_F(TaskGroupTest, CancelsAndJoinsItsChildrenWhenTheCallerIsCancelledWhileJoining) {
  auto body = [this](TaskGroup& group) { return spawn_endless(group, counts, 3, loop.get_executor()); };
  const auto outcome = run_cancellable(run_group(10, body), [this] {
    EXPECT_EQ(counts.running, 3);
    cancel.emit(asio::cancellation_type::terminal);
  });
  EXPECT_TRUE(aborted(outcome));
  EXPECT_EQ(counts.ended, 3);
}

TEST_F(TaskGroupTest, CancelsAndJoinsItsChildrenWhenTheCallerIsCancelledWhileWaitingForAPlace) {
  auto body = [this](TaskGroup& group) { return spawn_endless(group, counts, 3, loop.get_executor()); };
  const auto outcome = run_cancellable(run_group(2, body), [this] {
    EXPECT_EQ(counts.running, 2);
    cancel.emit(asio::cancellation_type::terminal);
  });
  EXPECT_TRUE(aborted(outcome));
  EXPECT_EQ(counts.started, 2);
}

Task<void> spawn_then_throw(TaskGroup& group, Counts& counts, asio::any_io_executor executor) {
  co_await group.spawn(endless_child(counts, executor));
  co_await asio::post(asio::use_awaitable);
  throw std::logic_error("body");
}

TEST_F(TaskGroupTest, CancelsAndJoinsItsChildrenWhenTheBodyThrows) {
  auto body = [this](TaskGroup& group) { return spawn_then_throw(group, counts, loop.get_executor()); };
  EXPECT_THROW(test::run(loop, run_group(2, body)), std::logic_error);
  EXPECT_EQ(counts.ended, 1);
}

}  // namespace
}  // namespace keyward::base
