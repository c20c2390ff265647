#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/caller.hpp"

namespace keyward::aws {

/// What SES lets the account send in this region.
struct SesAccount {
  bool production_access = false;  ///< false: the SES sandbox, only verified addresses get mail
  bool sending_enabled = false;    ///< false: the account's sending is paused
  std::string enforcement_status;  ///< "HEALTHY", "PROBATION", "SHUTDOWN"
};

/// Amazon SES v2 (REST-JSON).
class SesClient {
 public:
  explicit SesClient(Caller& caller) : caller_(caller) {}

  /// Sends a complete MIME message (RFC 5322). There is no idempotency token: a lost answer is `ambiguous`.
  /// Returns SES's message id.
  base::Task<base::Result<std::string>> send_raw(std::string from, std::vector<std::string> to, std::string mime,
                                                 std::string configuration_set);

  base::Task<base::Result<SesAccount>> account();
  /// Whether mail may be sent in the name of this address or domain; nothing when SES does not know it.
  base::Task<base::Result<std::optional<bool>>> is_verified(std::string identity);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
