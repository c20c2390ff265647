#pragma once

#include <chrono>
#include <limits>

namespace keyward::base {

/// A number of events that forgets: an event is worth 1/e a second later, so for a steady stream this is its rate per
/// second, and right after a burst the size of the burst.
class RecentCount {
 public:
  using Time = std::chrono::steady_clock::time_point;

  double at(Time now) const noexcept;
  void add(double events, Time now) noexcept;  ///< negative: takes back; never below zero

 private:
  double count_ = 0;
  Time counted_at_{};
};

/// How fast a service lets one client go, learned from its throttling answers: the CUBIC curve of the AWS SDKs'
/// adaptive retry mode (botocore/retries/throttling.py), with two differences.
/// - All throttling answers of calls that were on their way together are one event, as in TCP. The SDK cuts once for
///   each: eight calls in flight end at 6 % of the rate that was too high.
/// - The curve is drawn relative to the rate: it is back at the rate that was throttled after k_recovery, whatever
///   that rate is. The SDK's constant is made for hundreds of calls a second; a service that admits five would see it
///   back after 1.6 s, so that one call in eight would be throttled for good.
class LearnedRate {
 public:
  using Time = RecentCount::Time;

  static constexpr double k_cut = 0.7;                  ///< the SDKs' beta: what is left of the rate after throttling
  static constexpr std::chrono::seconds k_recovery{10};  ///< from there back to the rate that was throttled
  /// Calls per second; the rate never falls below k_cut of it. The SDKs' floor is 0.5, too.
  static constexpr double k_least = 1.0;
  static constexpr double k_unlimited = std::numeric_limits<double>::infinity();

  /// What other clients have learned: begins with `per_second`, and with the slow growth that follows recovery.
  void begin_with(double per_second, Time now) noexcept;
  /// A call is being sent.
  void sent(Time now) noexcept;
  /// A call sent at `sent_at` was throttled.
  void throttled(Time sent_at, Time now) noexcept;

  /// Calls per second; k_unlimited while nothing was throttled.
  double at(Time now) const noexcept;
  bool limited() const noexcept { return too_fast_ != k_unlimited; }
  bool was_throttled() const noexcept { return throttled_; }
  /// The most that passed within about a second, in calls.
  double peak() const noexcept { return peak_; }
  /// The rate that the last call was sent at, no higher than what was seen to pass: worth handing on to others.
  double proven() const noexcept;

 private:
  RecentCount passed_;  ///< sent and not throttled so far
  double peak_ = 0;
  double too_fast_ = k_unlimited;  ///< the rate at which throttling began (CUBIC's w_max)
  Time cut_at_{};
  Time sent_at_{};
  bool throttled_ = false;
};

}  // namespace keyward::base
