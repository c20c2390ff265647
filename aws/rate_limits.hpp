#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "aws/operation.hpp"
#include "base/permits.hpp"
#include "base/rate_limiter.hpp"
#include "base/retry.hpp"

/// How fast calls go. Whose quota a call uses decides where its rate is kept:
/// - An account's own quotas, in AccountLimits, which live and die with the work on that account: a throttled account
///   slows itself, and memory does not grow with the organization.
/// - The quotas of the account that the program runs in, in RunLimits: Organizations, and STS for AssumeRole, which is
///   charged to the account that asks and not to the one it enters (aws-api.md, section 2).
/// Nothing is slower than the configured ceiling before AWS has throttled it; all of them learn from that.
namespace keyward::aws {

/// Calls that AWS counts in one bucket.
struct ApiClass {
  Service service;
  std::string_view name;
  auto operator<=>(const ApiClass&) const = default;
};

/// IAM has a bucket for each API of an account (AWS Security Blog, "Monitor and query IAM resources at scale", part 2),
/// so that throttled tags do not slow down the listing of keys. Secrets Manager counts some together and publishes which
/// (50 a second each, as of 2026: writes of versions and labels; resource policies). Others are taken as IAM's.
ApiClass api_class(const Operation& operation);

/// What the rates of past accounts say about the next one. Without it every account of a run would begin by being
/// throttled where all have the same low limit, and an account is often done before it has learned anything.
/// A few accounts have no say: only when more than half of those that could tell were throttled, a new one begins with
/// the rate that they found.
class Experience {
 public:
  /// Calls per second to begin with; nothing when there is no reason to be slow.
  std::optional<double> usual(const ApiClass& api) const;
  /// How an account ended.
  void learn(const ApiClass& api, const base::LearnedRate& account);

 private:
  struct Seen {
    int accounts = 0;           ///< that could tell, up to k_memory
    double part_throttled = 0;  ///< of them
    double per_second = 0;
  };
  std::map<ApiClass, Seen> seen_;
};

class AccountLimits;

/// What the calls of a run share, whoever makes them.
struct RunLimits {
  /// `sleeper` outlives this object.
  explicit RunLimits(base::Sleeper& sleeper);

  base::Sleeper& sleeper;
  base::RateLimiter assume_role;
  base::RateLimiter organizations;
  base::Permits organizations_in_flight{1};  ///< the service refuses a call while another one is in progress
  base::RunRetryBudget retries;
  Experience experience;
  /// Of the account with the central store: the secrets of all accounts go there.
  std::shared_ptr<AccountLimits> central_store;
};

/// What one call has to wait for.
struct CallLimits {
  base::Permits* in_flight = nullptr;      ///< held until the answer is there; null: any number
  base::RateLimiter* api = nullptr;        ///< learns from the answer
  base::RateLimiter* service = nullptr;    ///< null: no ceiling
};

/// The rates of one account; shared by the callers that work in it.
class AccountLimits {
 public:
  /// At most `per_second` calls to each service, after a burst of one second's worth; absent: no ceiling. `run` outlives
  /// this object.
  explicit AccountLimits(RunLimits& run, std::optional<int> per_second = std::nullopt);
  /// Hands on what was learned.
  ~AccountLimits();
  AccountLimits(const AccountLimits&) = delete;
  AccountLimits& operator=(const AccountLimits&) = delete;

  CallLimits of(const Operation& operation);

 private:
  base::RateLimiter& api(const Operation& operation);

  RunLimits& run_;
  std::optional<int> per_second_;
  std::map<Service, base::RateLimiter> services_;
  std::map<ApiClass, base::RateLimiter> apis_;
};

}  // namespace keyward::aws
