#pragma once

#include <chrono>

#include "base/clock.hpp"
#include "base/learned_rate.hpp"
#include "base/permits.hpp"

namespace keyward::base {

/// What a limiter lets through when nothing is throttled: in any time t at most per_second * t + burst calls.
struct Ceiling {
  double per_second = LearnedRate::k_unlimited;
  double burst = LearnedRate::k_unlimited;  ///< calls that may go at once after a pause; at least 1
};

/// A token bucket below a ceiling, slowed by throttling answers and recovering by itself. First come, first served. For
/// one event loop on one thread; outlives the calls that wait for it.
class RateLimiter {
 public:
  using Time = LearnedRate::Time;

  RateLimiter(Ceiling ceiling, Sleeper& sleeper);
  /// Begins with what others have learned: their rate, and a second's worth of it at once, for that is what they saw
  /// pass.
  void begin_with(double per_second);

  /// One call may go now; false, and nothing taken, when it would have to wait. The cheap way of acquire().
  bool try_acquire();
  /// Waits for the turn of one call; throws operation_aborted when cancelled. No turn is lost on one who leaves.
  Task<void> acquire();
  /// The answer to a call that was let through, and sent at `sent_at`.
  void throttled(Time sent_at);

  double per_second() const { return rate_at(sleeper_.now()); }
  const LearnedRate& learned() const noexcept { return learned_; }

 private:
  bool take(Time now);
  double rate_at(Time now) const;
  double burst(double per_second) const;

  Ceiling ceiling_;
  Sleeper& sleeper_;
  LearnedRate learned_;
  double tokens_;
  Time filled_;
  double filling_;  ///< tokens per second since then; the rate only rises until it is cut, so this never fills too much
  Permits line_{1};
};

}  // namespace keyward::base
