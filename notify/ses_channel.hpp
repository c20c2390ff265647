#pragma once

#include <optional>
#include <string>

#include "aws/ses_client.hpp"
#include "notify/channel.hpp"

namespace keyward::notify {

/// True for answers that every further message of the run would get too: sending is paused, the account is suspended,
/// the day's quota is used up (aws-api.md, section 5).
bool stops_ses(const base::Error& error);

/// Amazon SES v2 with the complete MIME message. Throttling is retried below (aws::Caller); an error that concerns all
/// messages closes the channel: from then on deliver() returns that error without a call.
class SesChannel final : public Channel {
 public:
  /// `client` outlives the channel. `configuration_set` may be empty.
  SesChannel(aws::SesClient& client, std::string configuration_set)
      : client_(client), configuration_set_(std::move(configuration_set)) {}

  std::string_view name() const noexcept override { return "ses"; }
  base::Task<base::Result<std::string>> deliver(const Message& message) override;

 private:
  aws::SesClient& client_;
  std::string configuration_set_;
  std::optional<base::Error> closed_by_;
};

}  // namespace keyward::notify
