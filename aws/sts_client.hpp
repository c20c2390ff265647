#pragma once

#include <string>

#include "aws/caller.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

struct CallerIdentity {
  std::string account;
  std::string arn;
};

struct AssumeRoleRequest {
  base::Arn role;
  std::string session_name;    ///< 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -
  std::string external_id;     ///< empty: none
  std::string session_policy;  ///< inline JSON, at most 2,048 characters; empty: none
  int duration_seconds = 3600; ///< 900 to 3,600: a chained session cannot live longer
};

/// AWS STS (API version 2011-06-15), regional endpoint.
class StsClient {
 public:
  explicit StsClient(Caller& caller) : caller_(caller) {}

  /// Needs no permission, so it is the probe for a new key.
  base::Task<base::Result<CallerIdentity>> get_caller_identity();
  base::Task<base::Result<CredentialsPtr>> assume_role(AssumeRoleRequest request);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
