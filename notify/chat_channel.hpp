#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "notify/channel_secret.hpp"
#include "notify/operator_channel.hpp"
#include "notify/post.hpp"

namespace keyward::notify {

/// A chat that takes a message posted to a secret URL: Slack's incoming webhooks, Teams' workflows. What may have been
/// posted is not posted again.
class ChatChannel final : public OperatorChannel {
 public:
  /// The document of a run: slack_message, teams_message.
  using Render = std::string (*)(const RunDigest&);

  /// `name` is a literal: "slack".
  ChatChannel(std::string_view name, Render render, ChannelSecret url, std::chrono::milliseconds timeout, PostTools tools)
      : name_(name), render_(render), url_(std::move(url)), timeout_(timeout), tools_(std::move(tools)) {}

  std::string_view name() const noexcept override { return name_; }
  base::Task<base::Result<std::string>> tell(const RunDigest& digest) override;

 private:
  std::string_view name_;
  Render render_;
  ChannelSecret url_;
  std::chrono::milliseconds timeout_;
  PostTools tools_;
};

}  // namespace keyward::notify
