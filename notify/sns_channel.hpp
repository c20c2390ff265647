#pragma once

#include <string>
#include <vector>

#include "aws/sns_client.hpp"
#include "notify/operator_channel.hpp"

namespace keyward::notify {

enum class SnsMessages {
  summary,    ///< one a run
  per_event,  ///< besides one for every change and trouble
};

/// What is published of a run, the summary first. The summary is text for people, an event is a JSON document. Filter
/// policies find in every message the attributes event ("run" or "key"), mode, exit_code, and in that of an event
/// account, action and outcome where it has them. Subjects have less than 100 characters of ASCII, messages stay below
/// 200 000 bytes (the limit is 262 144 with the attributes).
std::vector<aws::Publication> sns_publications(const RunDigest& digest, SnsMessages messages);

/// An SNS topic. A message that may have been published is not published again; in a FIFO topic all messages of an
/// organization are one group, and repetitions are dropped by SNS.
class SnsChannel final : public OperatorChannel {
 public:
  /// `client` signs for the region of the topic and outlives the channel.
  SnsChannel(aws::SnsClient& client, std::string topic_arn, SnsMessages messages)
      : client_(client), topic_arn_(std::move(topic_arn)), messages_(messages) {}

  std::string_view name() const noexcept override { return "sns"; }
  /// Returns the message id of the summary. The first message that cannot be published ends it.
  base::Task<base::Result<std::string>> tell(const RunDigest& digest) override;

 private:
  aws::SnsClient& client_;
  std::string topic_arn_;
  SnsMessages messages_;
};

}  // namespace keyward::notify
