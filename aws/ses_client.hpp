#pragma once

#include <string>
#include <vector>

#include "aws/caller.hpp"

namespace keyward::aws {

/// Amazon SES v2 (REST-JSON).
class SesClient {
 public:
  explicit SesClient(Caller& caller) : caller_(caller) {}

  /// Sends a complete MIME message (RFC 5322). There is no idempotency token: a lost answer is `ambiguous`.
  /// Returns SES's message id.
  base::Task<base::Result<std::string>> send_raw(std::string from, std::vector<std::string> to, std::string mime,
                                                 std::string configuration_set);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
