#include "base/retry.hpp"

#include <algorithm>
#include <charconv>

namespace keyward::base {

using std::chrono::milliseconds;

RetryCause retry_cause(ErrorKind kind, Idempotency idempotency) noexcept {
  switch (kind) {
    case ErrorKind::throttled: return RetryCause::throttled;
    case ErrorKind::transient: return idempotency == Idempotency::idempotent ? RetryCause::transient : RetryCause::none;
    case ErrorKind::deadline_exceeded:
    case ErrorKind::ambiguous:
    case ErrorKind::expired_credentials:
    case ErrorKind::denied:
    case ErrorKind::not_found:
    case ErrorKind::limit_exceeded:
    case ErrorKind::conflict:
    case ErrorKind::invalid:
    case ErrorKind::internal: return RetryCause::none;
  }
  return RetryCause::none;
}

milliseconds Backoff::ceiling(RetryCause cause, int retry) const noexcept {
  if (cause == RetryCause::none) return milliseconds(0);
  milliseconds longest = cause == RetryCause::throttled ? throttled_base : transient_base;
  for (int doubled = 1; doubled < retry && longest < cap; ++doubled) longest *= 2;
  return std::min(longest, cap);
}

milliseconds Backoff::delay(RetryCause cause, int retry, double random,
                            std::optional<milliseconds> hint) const noexcept {
  const auto longest = static_cast<double>(ceiling(cause, retry).count());
  const milliseconds own(static_cast<milliseconds::rep>(longest * random));
  if (!hint) return own;
  return std::max(own, std::min(*hint, own + most_over_hint));
}

std::optional<milliseconds> parse_retry_hint(std::string_view value) {
  milliseconds::rep count = 0;
  const char* end = value.data() + value.size();
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the end is given
  const auto [stopped, error] = std::from_chars(value.data(), end, count);
  if (error != std::errc() || stopped != end || count < 0) return std::nullopt;
  return milliseconds(count);
}

bool RunRetryBudget::take(int cost) noexcept {
  if (cost > left_) return false;
  left_ -= cost;
  return true;
}

void RunRetryBudget::succeeded() noexcept { left_ = std::min(k_capacity, left_ + k_gain); }

int RetryBudget::cost(RetryCause cause) noexcept {
  switch (cause) {
    case RetryCause::none: return 0;
    case RetryCause::transient: return k_transient_cost;
    case RetryCause::throttled: return k_throttled_cost;
  }
  return 0;
}

bool RetryBudget::take(RetryCause cause) noexcept {
  const int price = cost(cause);
  if (price > left_) return false;
  if (run_ != nullptr && !run_->take(price)) return false;
  left_ -= price;
  return true;
}

void RetryBudget::refund(RetryCause last_retry) noexcept {
  const int back = last_retry == RetryCause::none ? 1 : cost(last_retry);
  left_ = std::min(k_capacity, left_ + back);
  if (run_ != nullptr) run_->succeeded();
}

Task<bool> RetryLoop::again(ErrorKind kind, std::optional<milliseconds> hint) {
  const RetryCause cause = retry_cause(kind, rules_.idempotency);
  if (cause == RetryCause::none || number_ >= rules_.max_attempts) co_return false;
  const double random = static_cast<double>(tools_.random() >> 11) * 0x1p-53;  // 53 bits are a double's precision
  const milliseconds delay = rules_.backoff.delay(cause, number_, random, hint);
  if (delay >= rules_.deadline.remaining()) co_return false;
  if (!tools_.budget.take(cause)) co_return false;
  last_retry_ = cause;
  co_await tools_.sleeper.sleep_for(delay);
  ++number_;
  co_return true;
}

}  // namespace keyward::base
