#include "aws/rate_limits.hpp"

#include <algorithm>

#include "aws/operations.hpp"

namespace keyward::aws {
namespace {

using base::Ceiling;
using base::RateLimiter;

/// STS admits 600 calls a second to an account and region, AssumeRole and GetCallerIdentity together ("IAM and AWS STS
/// quotas", 2026-03). In no second go more than 540 + 54: what else lives in the account needs some, too.
constexpr Ceiling k_assume_role{.per_second = 540, .burst = 54};

constexpr int k_memory = 16;      ///< accounts; what was longer ago counts less and less
constexpr int k_least_known = 4;  ///< accounts, before anything is concluded from them
constexpr double k_most = 0.5;    ///< more than this part of them throttled: it is usual
constexpr double k_weight = 1.0 / 8;
constexpr double k_growth = 1.05;  ///< by every account that was not throttled: fifty of them make it tenfold
constexpr double k_fastest = 1000;  ///< calls per second: the most that limits.calls_per_second_per_account may be

/// GetCallerIdentity is not among them: a new key is proved with a member's identity and on the member's account.
bool assumes_role(const Operation& operation) {
  return operation.name == operations::k_assume_role.name ||
         operation.name == operations::k_assume_role_with_web_identity.name;
}

}  // namespace

ApiClass api_class(const Operation& operation) {
  std::string_view name = operation.name;
  if (operation.service == Service::secrets_manager) {
    if (name == "UpdateSecretVersionStage" || name == "ReplicateSecretToRegions") name = "PutSecretValue";
    if (name == "GetResourcePolicy") name = "PutResourcePolicy";
  }
  return {operation.service, name};
}

std::optional<double> Experience::usual(const ApiClass& api) const {
  const auto found = seen_.find(api);
  if (found == seen_.end()) return std::nullopt;
  const Seen& seen = found->second;
  if (seen.accounts < k_least_known || seen.part_throttled <= k_most) return std::nullopt;
  return seen.per_second;
}

void Experience::learn(const ApiClass& api, const base::LearnedRate& account) {
  Seen& seen = seen_[api];
  const bool throttled = account.was_throttled();
  if (!throttled && account.limited()) {
    // It began slowly and all was well: the next ones may be as fast as this one ended, and a little faster. An account is
    // often done before it could prove much.
    seen.per_second = std::min(std::max(seen.per_second * k_growth, account.proven()), k_fastest);
    return;
  }
  if (!throttled && account.peak() <= seen.per_second) return;  // it asked for too little to tell
  seen.accounts = std::min(seen.accounts + 1, k_memory);
  seen.part_throttled += ((throttled ? 1 : 0) - seen.part_throttled) / seen.accounts;
  if (!throttled) return;
  const double proven = account.proven();
  seen.per_second += seen.per_second == 0 ? proven : (proven - seen.per_second) * k_weight;
}

RunLimits::RunLimits(base::Sleeper& its_sleeper)
    : sleeper(its_sleeper),
      assume_role(k_assume_role, its_sleeper),
      organizations({}, its_sleeper),
      central_store(std::make_shared<AccountLimits>(*this)) {}

AccountLimits::AccountLimits(RunLimits& run, std::optional<int> per_second) : run_(run), per_second_(per_second) {}

AccountLimits::~AccountLimits() {
  for (const auto& [name, limiter] : apis_) run_.experience.learn(name, limiter.learned());
}

RateLimiter& AccountLimits::api(const Operation& operation) {
  const ApiClass name = api_class(operation);
  const auto found = apis_.find(name);
  if (found != apis_.end()) return found->second;
  RateLimiter& made = apis_.try_emplace(name, Ceiling{}, run_.sleeper).first->second;
  if (const auto usual = run_.experience.usual(name)) made.begin_with(*usual);
  return made;
}

CallLimits AccountLimits::of(const Operation& operation) {
  if (operation.service == Service::organizations) return {&run_.organizations_in_flight, &run_.organizations, nullptr};
  if (assumes_role(operation)) return {nullptr, &run_.assume_role, nullptr};
  CallLimits limits{nullptr, &api(operation), nullptr};
  if (per_second_) {
    const auto each = static_cast<double>(*per_second_);
    const Ceiling ceiling{.per_second = each, .burst = each};
    limits.service = &services_.try_emplace(operation.service, ceiling, run_.sleeper).first->second;
  }
  return limits;
}

}  // namespace keyward::aws
