#pragma once

#include <cstddef>
#include <vector>

#include "accounts/account.hpp"

namespace keyward::orchestrator {

/// Up to `count` of these accounts: the management account, and then one of each organizational unit in turn, so that
/// what is wrong in one unit is seen. In the order of their ids; the same for the same accounts. Pure.
std::vector<accounts::Account> sample_of(const std::vector<accounts::Account>& all, std::size_t count);

}  // namespace keyward::orchestrator
