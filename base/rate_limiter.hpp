#pragma once

#include <chrono>

#include "base/clock.hpp"

namespace keyward::base {

/// Spaces calls evenly: at most `per_second`, after a burst of up to one second's worth. First come, first served.
class RateLimiter {
 public:
  RateLimiter(int per_second, Sleeper& sleeper)
      : interval_(std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second), sleeper_(sleeper) {}

  /// Returns when the caller may go.
  Task<void> acquire() {
    const auto now = std::chrono::steady_clock::now();
    const auto oldest_credit = now - std::chrono::seconds(1);
    if (next_ < oldest_credit) next_ = oldest_credit;
    next_ += interval_;
    if (next_ > now) {
      const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_ - now);
      co_await sleeper_.sleep_for(wait);
    }
  }

 private:
  std::chrono::nanoseconds interval_;
  Sleeper& sleeper_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace keyward::base
