#pragma once

#include <chrono>
#include <functional>

#include "base/time.hpp"

namespace keyward::sandbox {

/// A moment of the simulated world. Finer than AWS's seconds, because the spreading of keys takes parts of one.
using Moment = std::chrono::sys_time<std::chrono::milliseconds>;

/// The sandbox's calendar: a chosen start, plus what was skipped, plus the real time that has passed.
class VirtualClock {
 public:
  /// Real time since some fixed moment; tests hand in their own.
  using Elapsed = std::function<std::chrono::milliseconds()>;

  VirtualClock(base::Instant start, Elapsed elapsed)
      : elapsed_(std::move(elapsed)), origin_(Moment(start) - elapsed_()) {}
  /// Real time from the host's monotonic clock.
  explicit VirtualClock(base::Instant start);

  Moment moment() const { return origin_ + elapsed_(); }
  base::Instant now() const { return std::chrono::floor<std::chrono::seconds>(moment()); }
  void advance(std::chrono::milliseconds duration) { origin_ += duration; }
  void set(Moment now) { origin_ = now - elapsed_(); }

 private:
  Elapsed elapsed_;
  Moment origin_;
};

}  // namespace keyward::sandbox
