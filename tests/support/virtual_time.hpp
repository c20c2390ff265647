#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <map>
#include <stdexcept>
#include <utility>

#include "base/clock.hpp"

namespace keyward::test {

/// Time that passes only when every coroutine waits: hours of many coroutines in no time, and the same every time.
class VirtualTime final : public base::Sleeper {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Time now() const noexcept override { return now_; }
  /// Seconds since the beginning.
  double seconds() const { return std::chrono::duration<double>(now_ - k_beginning).count(); }

  base::Task<void> sleep_for(std::chrono::milliseconds duration) override {
    boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer wake(executor, Time::max());
    const Place place(*this, now_ + duration, wake);
    boost::system::error_code ended;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ended);
    co_await wake.async_wait(token);
    if (now_ < place.due()) throw boost::system::system_error(boost::asio::error::operation_aborted);
  }

  /// Runs the task to its end and throws what it throws. The loop has nothing else to wait for than this time.
  void run(boost::asio::io_context& loop, base::Task<void> task) {
    std::exception_ptr failure;
    bool ended = false;
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) {
      failure = error;
      ended = true;
    });
    while (!ended) {
      loop.restart();
      if (loop.poll() > 0) continue;
      if (waiting_.empty()) throw std::logic_error("everything waits, and nothing for the time");
      wake_next();
    }
    if (failure) std::rethrow_exception(failure);
  }

 private:
  using Waiting = std::multimap<Time, boost::asio::steady_timer*>;

  class Place {
   public:
    Place(VirtualTime& time, Time due, boost::asio::steady_timer& wake)
        : time_(time), due_(due), at_(time.waiting_.emplace(due, &wake)) {}
    ~Place() {
      if (time_.now_ < due_) time_.waiting_.erase(at_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Time due() const { return due_; }

   private:
    VirtualTime& time_;
    Time due_;
    Waiting::iterator at_;
  };

  void wake_next() {
    now_ = std::max(now_, waiting_.begin()->first);
    while (!waiting_.empty() && waiting_.begin()->first <= now_) {
      waiting_.begin()->second->cancel();
      waiting_.erase(waiting_.begin());
    }
  }

  static constexpr Time k_beginning{std::chrono::hours(1)};
  Time now_ = k_beginning;
  Waiting waiting_;
};

}  // namespace keyward::test
