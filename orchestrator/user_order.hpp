#pragma once

#include <string>
#include <vector>

#include "base/ids.hpp"
#include "orchestrator/account_report.hpp"
#include "orchestrator/workplace.hpp"

namespace keyward::orchestrator {

/// A key of a user is to be switched off or deleted now, somebody says.
struct UserOrder {
  base::UserName user;
  rotation::Action action;  ///< deactivate or remove
};

/// Does it if the rules say so, too: an order comes at a certain time, it shortens no grace. What else the rules want
/// recorded of the user's keys (that one was first seen inactive) is recorded, or no grace would ever begin. In dry run only
/// said. Fails with k_no_such_user, and has done nothing then.
base::Task<AccountReport> carry_out_order(RunParts parts, accounts::Account account, UserOrder order);

/// Why the rules do not want that now: what they say of each key, and from when on they would. Pure.
std::string why_not_now(const rotation::UserFacts& facts, const std::vector<rotation::Decision>& decisions, rotation::Action wanted);

}  // namespace keyward::orchestrator
