#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/ssm_client.hpp"
#include "base/error.hpp"
#include "base/task.hpp"
#include "notify/settings.hpp"

namespace keyward::notify {

/// A channel's secret, at hand or in Parameter Store. A parameter is fetched when the channel is first used, not before
/// the run: a channel that is out of order holds up no rotation.
class ChannelSecret {
 public:
  /// `ssm` outlives this object.
  ChannelSecret(SecretSource source, aws::SsmClient& ssm) : source_(std::move(source)), ssm_(ssm) {}

  bool empty() const noexcept { return source_.empty(); }
  /// Line ends after the secret are dropped. Errors: those of SsmClient::get_parameter(), and `invalid` for an empty one.
  base::Task<base::Result<SecretPtr>> get();

 private:
  SecretSource source_;
  aws::SsmClient& ssm_;
};

/// Why a text is no URL to post to, without the text: it is a secret. Nothing when it is one: https, or http to loopback.
std::optional<std::string> problem_of_url(std::string_view url);

}  // namespace keyward::notify
