#include "base/with_deadline.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <string>

#include "support/run.hpp"

namespace keyward::base {
namespace {

using namespace std::chrono_literals;

Task<std::string> quick() { co_return "done"; }

Task<std::string> broken() {
  throw std::runtime_error("broken");
  co_return "";
}

Task<std::string> endless(bool& ended) {
  struct Mark {
    bool& flag;
    ~Mark() { flag = true; }
  } mark{ended};
  auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, boost::asio::steady_timer::time_point::max());
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_return "never";
}

TEST(WithDeadline, ReturnsWhatTheTaskReturns) {
  boost::asio::io_context loop;
  EXPECT_EQ(test::run(loop, with_deadline(quick(), Deadline::never())), "done");
}

TEST(WithDeadline, CancelsTheTaskAndWaitsForItsEnd) {
  boost::asio::io_context loop;
  bool ended = false;
  EXPECT_EQ(test::run(loop, with_deadline(endless(ended), Deadline::after(1ms))), std::nullopt);
  EXPECT_TRUE(ended);
}

TEST(WithDeadline, LetsTheTasksExceptionThrough) {
  boost::asio::io_context loop;
  EXPECT_THROW(test::run(loop, with_deadline(broken(), Deadline::never())), std::runtime_error);
}

}  // namespace
}  // namespace keyward::base
