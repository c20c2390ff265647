#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "accounts/inventory.hpp"
#include "base/time.hpp"
#include "orchestrator/shard.hpp"

namespace keyward::orchestrator {

/// The accounts that this process answers for: the organization's, or those of its shard.
struct AccountsToCover {
  accounts::Inventory inventory;
  std::size_t in_organization = 0;  ///< accounts, those of other shards included
};

/// Whether this account is one of them and takes part.
bool is_to_cover(const accounts::InventoryEntry& entry, const std::optional<Shard>& shard);

AccountsToCover accounts_to_cover(accounts::Inventory organization, const std::optional<Shard>& shard);

/// Puts the accounts that wait longest in front: those that were never gone through, then by the time of that, then by
/// id. So a run that a deadline ended is gone on with by the next one.
void longest_waiting_first(accounts::Inventory& inventory,
                           const std::function<std::optional<base::Instant>(const accounts::Account&)>& last_visit);

}  // namespace keyward::orchestrator
