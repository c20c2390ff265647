#pragma once

#include <string>

#include "aws/caller.hpp"
#include "base/secret.hpp"

namespace keyward::aws {

/// AWS Systems Manager, Parameter Store (JSON 1.1).
class SsmClient {
 public:
  explicit SsmClient(Caller& caller) : caller_(caller) {}

  /// The decrypted value. `name` may be a parameter's name, its ARN, or either with `:version` or `:label`.
  /// Errors: `not_found`, `denied` (also for a KMS key that may not be used), those of every call.
  base::Task<base::Result<base::Secret>> get_parameter(std::string name);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
