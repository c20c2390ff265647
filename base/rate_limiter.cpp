#include "base/rate_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace keyward::base {
namespace {

// A learned rate is kept evenly, or the burst itself would be throttled again. So many seconds' worth may go together,
// because timers count in whole milliseconds.
constexpr double k_learned_burst = 0.1;

}  // namespace

RateLimiter::RateLimiter(Ceiling ceiling, Sleeper& sleeper)
    : ceiling_(ceiling),
      sleeper_(sleeper),
      tokens_(ceiling.burst),
      filled_(sleeper.now()),
      filling_(ceiling.per_second) {}

void RateLimiter::begin_with(double per_second) {
  const Time now = sleeper_.now();
  learned_.begin_with(per_second, now);
  filling_ = rate_at(now);
  tokens_ = std::max(1.0, std::min(ceiling_.burst, filling_));
  filled_ = now;
}

double RateLimiter::rate_at(Time now) const { return std::min(ceiling_.per_second, learned_.at(now)); }

double RateLimiter::burst(double per_second) const {
  if (!learned_.limited()) return ceiling_.burst;
  return std::min(ceiling_.burst, std::max(1.0, per_second * k_learned_burst));
}

bool RateLimiter::take(Time now) {
  const double rate = rate_at(now);
  if (rate != LearnedRate::k_unlimited) {
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    // What was there at the start may be more than is ever saved up again.
    tokens_ = std::max(tokens_, std::min(burst(rate), tokens_ + seconds * filling_));
    filled_ = now;
    filling_ = rate;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
  }
  learned_.sent(now);
  return true;
}

bool RateLimiter::try_acquire() { return line_.free() > 0 && take(sleeper_.now()); }

Task<void> RateLimiter::acquire() {
  std::optional<Permits::Permit> head_of_line = co_await line_.acquire();
  // The rate may have changed while this one slept, so it looks again.
  while (!take(sleeper_.now())) {
    const std::chrono::duration<double> missing((1 - tokens_) / filling_);
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(missing);
    co_await sleeper_.sleep_for(wait);
  }
}

void RateLimiter::throttled(Time sent_at) {
  const Time now = sleeper_.now();
  learned_.throttled(sent_at, now);
  // The service's own bucket is empty.
  tokens_ = 0;
  filled_ = now;
  filling_ = rate_at(now);
}

}  // namespace keyward::base
