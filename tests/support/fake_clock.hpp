#pragma once

#include <chrono>
#include <vector>

#include "base/clock.hpp"

namespace keyward::test {

/// A clock that stands still until it is told otherwise.
class FakeClock final : public base::Clock {
 public:
  /// 2026-11-21T02:30:00Z unless another start is wanted.
  explicit FakeClock(base::Instant start = base::Instant(std::chrono::seconds(1'795'228'200))) : now_(start) {}

  base::Instant now() const noexcept override { return now_; }
  void advance(std::chrono::seconds duration) { now_ += duration; }
  void set(base::Instant now) { now_ = now; }

 private:
  base::Instant now_;
};

/// Returns at once, remembers what it was asked for and moves the clock by it where it has one. Its time passes in its
/// sleep only.
class FakeSleeper final : public base::Sleeper {
 public:
  explicit FakeSleeper(FakeClock* clock = nullptr) : clock_(clock) {}

  std::chrono::steady_clock::time_point now() const noexcept override { return now_; }
  base::Task<void> sleep_for(std::chrono::milliseconds duration) override {
    slept_.push_back(duration);
    now_ += duration;
    if (clock_ != nullptr) clock_->advance(std::chrono::ceil<std::chrono::seconds>(duration));
    co_return;
  }
  const std::vector<std::chrono::milliseconds>& slept() const { return slept_; }

 private:
  FakeClock* clock_;
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::vector<std::chrono::milliseconds> slept_;
};

}  // namespace keyward::test
