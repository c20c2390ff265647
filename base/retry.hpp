#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/http.hpp"
#include "base/task.hpp"

/// The one retry loop of the program: "standard" mode 2.1 of the AWS SDKs (2026). Whether to try again, how long to
/// wait before, and whether the client may (the budget) are three things.
namespace keyward::base {

/// Whether: what a failed attempt is worth.
enum class RetryCause {
  none,       ///< do not try again
  transient,  ///< trouble on the way or in the server
  throttled,  ///< refused for its rate, before it was executed
};

/// `throttled` is tried again always, `transient` when the call is idempotent, everything else never: the caller's time
/// is up, the state must be read back (`ambiguous`), the caller refreshes its credentials itself, or trying again
/// changes nothing.
RetryCause retry_cause(ErrorKind kind, Idempotency idempotency) noexcept;

/// How long. Full jitter below a ceiling that doubles with each retry.
struct Backoff {
  std::chrono::milliseconds transient_base{50};
  std::chrono::milliseconds throttled_base{1'000};
  std::chrono::milliseconds cap{20'000};            ///< of the ceiling, before jitter
  std::chrono::milliseconds most_over_hint{5'000};  ///< a server may ask for this much more than our own delay

  /// The longest delay before retry number `retry` (from 1): min(base * 2^(retry-1), cap).
  std::chrono::milliseconds ceiling(RetryCause cause, int retry) const noexcept;
  /// With t = random * ceiling: t, or with a server's hint max(t, min(hint, t + most_over_hint)). `random` in [0, 1).
  std::chrono::milliseconds delay(RetryCause cause, int retry, double random,
                                  std::optional<std::chrono::milliseconds> hint) const noexcept;
};

/// The value of a retry-after header in milliseconds (x-amz-retry-after); nothing when it is no whole number from 0 on.
std::optional<std::chrono::milliseconds> parse_retry_hint(std::string_view value);

/// May we, for all clients of a run: retries beyond what successes pay for. A client's own budget alone would let ten
/// thousand clients of a service that is down make a hundred retries each.
/// Every success pays for one throttled call that is sent again, so a run in which half of the calls are throttled goes
/// on for ever; the capacity is for the time before the first successes, and for what is worse than that.
class RunRetryBudget {
 public:
  /// The budgets of a hundred clients: more are not in trouble at once unless everything is.
  static constexpr int k_capacity = 50'000;
  static constexpr int k_gain = 5;  ///< per success

  bool take(int cost) noexcept;
  void succeeded() noexcept;
  int left() const noexcept { return left_; }

 private:
  int left_ = k_capacity;
};

/// May we: stops a client whose service is down from multiplying its calls. One per client
/// identity, shared by its calls.
class RetryBudget {
 public:
  /// `run` is asked, too; it outlives this object.
  explicit RetryBudget(RunRetryBudget* run = nullptr) : run_(run) {}

  static constexpr int k_capacity = 500;
  static constexpr int k_transient_cost = 14;
  static constexpr int k_throttled_cost = 5;

  static int cost(RetryCause cause) noexcept;

  /// Takes the cost of a retry; false, and nothing taken, when too little is left.
  bool take(RetryCause cause) noexcept;
  /// After a success: gives back what the last retry of the call cost, or one when it needed none.
  void refund(RetryCause last_retry) noexcept;
  int left() const noexcept { return left_; }

 private:
  RunRetryBudget* run_;
  int left_ = k_capacity;
};

/// What one call allows.
struct RetryRules {
  int max_attempts = 3;  ///< the first one included; 8 for reads during a sweep, for IAM throttles hard
  Idempotency idempotency = Idempotency::idempotent;
  Deadline deadline = Deadline::never();
  Backoff backoff{};
};

/// What the calls of one client share. All outlive the calls.
struct RetryTools {
  RetryBudget& budget;
  std::mt19937_64& random;
  Sleeper& sleeper;
};

/// One attempt's outcome.
template <class T>
struct Attempt {
  Result<T> result;
  std::optional<std::chrono::milliseconds> retry_after{};  ///< the server's hint
  bool give_up = false;  ///< no further attempt, whatever the kind: what failed below had its own retries
};

/// The state of one call between its attempts.
class RetryLoop {
 public:
  RetryLoop(RetryRules rules, RetryTools tools) : rules_(rules), tools_(tools) {}

  /// Number of the attempt to make, from 1.
  int number() const noexcept { return number_; }
  void succeeded() noexcept { tools_.budget.refund(last_retry_); }
  /// After a failed attempt: true once it is time for the next one; false at once when there is none: not worth it, no
  /// attempts left, no budget left, or the delay would pass the deadline.
  Task<bool> again(ErrorKind kind, std::optional<std::chrono::milliseconds> hint);

 private:
  RetryRules rules_;
  RetryTools tools_;
  int number_ = 1;
  RetryCause last_retry_ = RetryCause::none;
};

/// Calls `call.attempt(number)`, a Task<Attempt<T>>, until it succeeds or RetryLoop gives up; returns the last result.
/// `call` outlives the returned task.
template <class T, class Call>
Task<Result<T>> with_retries(Call& call, RetryRules rules, RetryTools tools) {
  RetryLoop loop(rules, tools);
  for (;;) {
    const int number = loop.number();
    Attempt<T> outcome = co_await call.attempt(number);
    if (outcome.result) {
      loop.succeeded();
      co_return std::move(outcome.result);
    }
    if (outcome.give_up) co_return std::move(outcome.result);
    const ErrorKind kind = outcome.result.error().kind;
    const bool again = co_await loop.again(kind, outcome.retry_after);
    if (!again) co_return std::move(outcome.result);
  }
}

}  // namespace keyward::base
