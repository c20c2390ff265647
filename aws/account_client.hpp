#pragma once

#include <optional>
#include <string>

#include "aws/caller.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

enum class AlternateContactType { security, operations };

/// AWS Account Management (REST-JSON, one endpoint in a partition).
class AccountClient {
 public:
  explicit AccountClient(Caller& caller) : caller_(caller) {}

  /// The address of an alternate contact; nothing when there is none. Without `account` that of the caller's own account,
  /// which AWS does not let it name. For another one the caller must be in the management account, or in the service's
  /// delegated administrator. https://docs.aws.amazon.com/accounts/latest/reference/API_GetAlternateContact.html
  base::Task<base::Result<std::optional<std::string>>> alternate_contact(std::optional<base::AccountId> account, AlternateContactType type);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
