#pragma once

#include <map>
#include <string>

#include "aws/caller.hpp"

namespace keyward::aws {

/// What is published: within SNS's limits, which the caller keeps (aws-api.md, section 6.1).
struct Publication {
  std::string subject;                            ///< less than 100 printable ASCII characters; empty: none
  std::string message;                            ///< UTF-8; at most 262 144 bytes, attributes included
  std::map<std::string, std::string> attributes;  ///< for filter policies; none empty
  std::string group;                              ///< FIFO topics only: MessageGroupId and MessageDeduplicationId
  std::string deduplication;
};

/// Amazon SNS (Query protocol). Signs with the caller's region, which must be that of the topic.
class SnsClient {
 public:
  explicit SnsClient(Caller& caller) : caller_(caller) {}

  /// Returns SNS's message id. A lost answer is `ambiguous`.
  base::Task<base::Result<std::string>> publish(std::string topic_arn, Publication publication);

  /// Whether there is such a topic.
  base::Task<base::Result<bool>> topic_exists(std::string topic_arn);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
