#pragma once

#include <chrono>

#include "base/task.hpp"
#include "base/time.hpp"

namespace keyward::base {

/// Tells the time of day. Implemented by the host's clock, by the clock corrected from AWS answers (aws/aws_clock.hpp)
/// and by tests.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const noexcept = 0;
};

class HostClock final : public Clock {
 public:
  Instant now() const noexcept override;
};

/// Waits. Tests hand in one that returns at once and remembers what it was asked for.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  /// The monotonic time it waits in.
  virtual std::chrono::steady_clock::time_point now() const noexcept { return std::chrono::steady_clock::now(); }
  /// Returns after `duration`, or throws boost::system::system_error(operation_aborted) when cancelled.
  virtual Task<void> sleep_for(std::chrono::milliseconds duration) = 0;
};

/// The event loop's timer.
class TimerSleeper final : public Sleeper {
 public:
  Task<void> sleep_for(std::chrono::milliseconds duration) override;
};

}  // namespace keyward::base
