#pragma once

#include <algorithm>
#include <chrono>

namespace keyward::base {

/// The moment by which the caller needs an answer, on the monotonic clock. Passed down through every call; a callee may
/// shorten it, never extend it.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  static Deadline never() { return Deadline(Clock::time_point::max()); }
  static Deadline after(std::chrono::milliseconds duration) { return Deadline(Clock::now() + duration); }
  static Deadline at(Clock::time_point moment) { return Deadline(moment); }

  /// Time left, never negative; a very long time for never().
  std::chrono::milliseconds remaining() const {
    if (moment_ == Clock::time_point::max()) return std::chrono::hours(24 * 365);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(moment_ - Clock::now());
    return std::max(left, std::chrono::milliseconds(0));
  }
  bool expired() const { return remaining().count() == 0; }
  Deadline earlier_of(Deadline other) const { return Deadline(std::min(moment_, other.moment_)); }

 private:
  explicit Deadline(Clock::time_point moment) : moment_(moment) {}
  Clock::time_point moment_;
};

}  // namespace keyward::base
