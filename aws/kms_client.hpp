#pragma once

#include <string>

#include "aws/caller.hpp"

namespace keyward::aws {

/// What DescribeKey says of a key.
struct KmsKey {
  std::string arn;
  std::string state;         ///< "Enabled", "Disabled", "PendingDeletion", ...
  bool aws_managed = false;  ///< a key that AWS keeps for a service: no other account can use it

  bool usable() const { return state == "Enabled"; }
};

/// AWS KMS (JSON 1.1), reading only: Secrets Manager uses the keys, keyward never does.
class KmsClient {
 public:
  explicit KmsClient(Caller& caller) : caller_(caller) {}

  /// `key` is an id, an alias or an ARN of either. Errors: `not_found` among others.
  base::Task<base::Result<KmsKey>> describe(std::string key);
  /// The key's own policy, JSON. `key` is an id or an ARN, not an alias.
  base::Task<base::Result<std::string>> policy(std::string key);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
