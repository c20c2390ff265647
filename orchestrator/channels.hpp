#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "aws/caller.hpp"
#include "notify/channel.hpp"
#include "notify/operator_channel.hpp"
#include "notify/settings.hpp"
#include "orchestrator/job.hpp"

namespace keyward::orchestrator {

/// The mail server of a channel smtp. Errors: `invalid` where SES has no SMTP endpoint for the region.
base::Result<base::SmtpServer> smtp_server(const notify::ChannelSettings& channel, const Services& services);

/// The channels of a configuration, with the AWS clients they use.
class Channels {
 public:
  /// Makes no call: what a channel needs from elsewhere it gets when it is first used. `hub` and what `services` refers
  /// to outlive the channels. Errors: `invalid` where SES has no SMTP endpoint for the region.
  static base::Result<Channels> make(const notify::NotifySettings& settings, const std::filesystem::path& run_dir,
                                     aws::Caller& hub, const Services& services);
  Channels(Channels&&) noexcept;
  Channels& operator=(Channels&&) noexcept;
  ~Channels();

  std::vector<notify::Channel*> mail() const;
  std::vector<notify::OperatorChannel*> operators() const;

 private:
  struct Clients;
  class Builder;
  Channels();

  std::unique_ptr<Clients> clients_;  // outlives the channels
  std::vector<std::unique_ptr<notify::Channel>> mail_;
  std::vector<std::unique_ptr<notify::OperatorChannel>> operators_;
};

}  // namespace keyward::orchestrator
