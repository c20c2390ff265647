#pragma once

#include "orchestrator/account_queue.hpp"
#include "orchestrator/accounts_to_cover.hpp"
#include "orchestrator/progress.hpp"

namespace keyward::orchestrator {

/// All accounts that take part at once, for a command that has waited for the whole list.
inline void queue_all(const AccountsToCover& accounts, AccountQueue& queue, Progress& progress) {
  for (const accounts::InventoryEntry& entry : accounts.inventory.entries) {
    if (entry.skip != accounts::Skip::none) continue;
    progress.account_listed();
    queue.add(entry.account);
  }
  queue.end();
  progress.all_listed();
}

}  // namespace keyward::orchestrator
