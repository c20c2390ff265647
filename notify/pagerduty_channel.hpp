#pragma once

#include <string>
#include <string_view>

#include "notify/channel_secret.hpp"
#include "notify/operator_channel.hpp"
#include "notify/post.hpp"

namespace keyward::notify {

inline constexpr std::string_view k_pagerduty_endpoint = "https://events.pagerduty.com";

/// What PagerDuty is told of a run.
enum class PagerAction {
  none,
  trigger,  ///< exit 9, recovery needed; exit 6, a safety stop
  resolve,  ///< exit 0 of the daily job, where it could have acted
};
PagerAction pager_action(const RunDigest& digest);

/// The same for all runs of an installation, so that one alert is open at most and the next clean run finds it: the
/// organization and, where several machines share it, the shard.
std::string pagerduty_dedup_key(const RunDigest& digest);

/// Events API v2, below 100 000 bytes (the limit is 512 KB). The routing key is in it: it is a secret.
std::string pagerduty_payload(const RunDigest& digest, PagerAction action, std::string_view routing_key);

/// PagerDuty Events API v2. Its dedup_key makes repetitions harmless, so what got no answer is sent again.
class PagerDutyChannel final : public OperatorChannel {
 public:
  /// `endpoint`: empty: k_pagerduty_endpoint.
  PagerDutyChannel(ChannelSecret routing_key, std::string endpoint, std::chrono::milliseconds timeout, PostTools tools)
      : routing_key_(std::move(routing_key)), endpoint_(std::move(endpoint)), timeout_(timeout), tools_(std::move(tools)) {}

  std::string_view name() const noexcept override { return "pagerduty"; }
  bool concerns(const RunDigest& digest) const override { return pager_action(digest) != PagerAction::none; }
  /// Returns the dedup_key.
  base::Task<base::Result<std::string>> tell(const RunDigest& digest) override;

 private:
  ChannelSecret routing_key_;
  std::string endpoint_;
  std::chrono::milliseconds timeout_;
  PostTools tools_;
};

}  // namespace keyward::notify
