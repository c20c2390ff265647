#pragma once

#include <optional>
#include <random>
#include <string>

#include "base/clock.hpp"
#include "base/retry.hpp"
#include "base/smtp.hpp"
#include "notify/channel.hpp"
#include "notify/channel_secret.hpp"

namespace keyward::notify {

/// Mail through a server of one's own or SES's SMTP interface. A refusal for now (4xx) and trouble before the mail was
/// complete are tried again, a mail that may have been taken is not. What concerns every mail (no connection or no reply
/// after all tries, no TLS, a refused login, a login that cannot be read) closes the channel: from then on deliver()
/// returns that error without a try, so that a server that is down costs minutes and not minutes a mail.
class SmtpChannel final : public Channel {
 public:
  struct Settings {
    base::SmtpServer server;
    std::chrono::milliseconds timeout{60'000};  ///< of one attempt
  };
  /// What outlives the channel.
  struct Tools {
    base::SmtpTransport& transport;
    base::Sleeper& sleeper;
    std::mt19937_64& random;
  };

  /// Without a user there is no login.
  SmtpChannel(Settings settings, ChannelSecret user, ChannelSecret password, Tools tools)
      : settings_(std::move(settings)), user_(std::move(user)), password_(std::move(password)), tools_(tools) {}

  std::string_view name() const noexcept override { return "smtp"; }
  /// Returns the server's words about the mail it took.
  base::Task<base::Result<std::string>> deliver(const Message& message) override;

 private:
  class Sending;
  base::Task<std::optional<base::Error>> read_login();

  Settings settings_;
  ChannelSecret user_;
  ChannelSecret password_;
  Tools tools_;
  base::RetryBudget budget_;
  std::shared_ptr<const base::SmtpLogin> login_;
  std::optional<base::Error> closed_by_;
};

/// True for endings that every further mail of the run would have too.
bool stops_smtp(const base::Error& error);

}  // namespace keyward::notify
