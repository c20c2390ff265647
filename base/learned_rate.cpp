#include "base/learned_rate.hpp"

#include <algorithm>
#include <cmath>

namespace keyward::base {

double RecentCount::at(Time now) const noexcept {
  return count_ * std::exp(-std::chrono::duration<double>(now - counted_at_).count());
}

void RecentCount::add(double events, Time now) noexcept {
  count_ = std::max(0.0, at(now) + events);
  counted_at_ = now;
}

void LearnedRate::begin_with(double per_second, Time now) noexcept {
  too_fast_ = std::max(per_second, k_least);
  cut_at_ = now - k_recovery;
}

void LearnedRate::sent(Time now) noexcept {
  passed_.add(1, now);
  peak_ = std::max(peak_, passed_.at(now));
  sent_at_ = now;
}

void LearnedRate::throttled(Time sent_at, Time now) noexcept {
  passed_.add(-1, now);
  const double passed = std::max(passed_.at(now), k_least);
  const bool same_event = throttled_ && sent_at <= cut_at_;
  too_fast_ = std::min(passed, same_event ? too_fast_ : at(now));
  too_fast_ = std::max(too_fast_, k_least);
  cut_at_ = now;
  throttled_ = true;
}

double LearnedRate::proven() const noexcept { return std::min(at(std::max(sent_at_, cut_at_)), std::max(too_fast_, peak_)); }

double LearnedRate::at(Time now) const noexcept {
  if (!limited()) return k_unlimited;
  const double recovered = std::chrono::duration<double>(now - cut_at_) / k_recovery;
  const double distance = recovered - 1;
  return too_fast_ * (1 + (1 - k_cut) * distance * distance * distance);
}

}  // namespace keyward::base
