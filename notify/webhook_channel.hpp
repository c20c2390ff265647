#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "notify/channel_secret.hpp"
#include "notify/operator_channel.hpp"
#include "notify/post.hpp"

namespace keyward::notify {

/// The keys of a webhook's secret: `whsec_` and the base64 form of 24 to 64 bytes; several, separated by blanks, while
/// one takes over from another. Nothing when it is not that.
std::optional<std::vector<base::Secret>> parse_webhook_keys(std::string_view secret);

/// The header webhook-signature: "v1," and the base64 form of HMAC-SHA-256 over `id.timestamp.body`, once for each key,
/// separated by blanks (Standard Webhooks 1.0, "Signature scheme").
std::string webhook_signature(const std::vector<base::Secret>& keys, std::string_view id, std::string_view timestamp, std::string_view body);

/// {"type": "keyward.run.finished", "timestamp", "data"}, below 20 000 bytes, which receivers must be able to take.
std::string webhook_payload(const RunDigest& digest);

/// A webhook after Standard Webhooks 1.0. A repetition has the same webhook-id, so what got no answer is sent again.
class WebhookChannel final : public OperatorChannel {
 public:
  WebhookChannel(ChannelSecret url, ChannelSecret secret, std::chrono::milliseconds timeout, PostTools tools)
      : url_(std::move(url)), secret_(std::move(secret)), timeout_(timeout), tools_(std::move(tools)) {}

  std::string_view name() const noexcept override { return "webhook"; }
  /// Returns the webhook-id.
  base::Task<base::Result<std::string>> tell(const RunDigest& digest) override;

 private:
  ChannelSecret url_;
  ChannelSecret secret_;
  std::chrono::milliseconds timeout_;
  PostTools tools_;
};

}  // namespace keyward::notify
