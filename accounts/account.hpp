#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"

namespace keyward::accounts {

/// Organizations' Account.State (aws-api.md, section 1). Only `active` accounts can be worked in.
enum class AccountState { pending_activation, active, suspended, pending_closure, closed, unrecognized };

/// One account of the organization, as the inventory saw it.
struct Account {
  base::AccountId id;
  std::string name;
  std::string email;
  AccountState state = AccountState::unrecognized;
  bool management = false;
  std::vector<std::string> path;                          ///< root and organizational units above it, from the top
  std::optional<std::map<std::string, std::string>> tags;  ///< read only when a rule or a notification needs them
};

}  // namespace keyward::accounts
