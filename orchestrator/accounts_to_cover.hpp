#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "accounts/inventory.hpp"
#include "base/time.hpp"
#include "orchestrator/shard.hpp"
#include "report/summary.hpp"

namespace keyward::orchestrator {

/// The accounts that this process answers for: the organization's, or those of its shard.
struct AccountsToCover {
  accounts::Inventory inventory;
  std::size_t in_organization = 0;  ///< accounts, those of other shards included
};

/// Whether this account is one of them and takes part.
bool is_to_cover(const accounts::InventoryEntry& entry, const std::optional<Shard>& shard);

AccountsToCover accounts_to_cover(accounts::Inventory organization, const std::optional<Shard>& shard);

/// What a summary tells of the list of accounts.
struct AccountCounts {
  std::string organization;
  std::size_t in_organization = 0;
  int ours = 0;  ///< those that this process answers for
  int participating = 0;
  std::map<std::string, int> skipped;             ///< why -> how many
  std::vector<report::Uncovered> in_unknown_state;  ///< they count as participating, and are not covered

  /// Counts an account of the organization.
  void add(const accounts::InventoryEntry& entry, const std::optional<Shard>& shard);
};
AccountCounts counts_of(const AccountsToCover& accounts);

/// Puts the accounts that wait longest in front: those that were never gone through, then by the time of that, then by
/// id. So a run that a deadline ended is gone on with by the next one.
void longest_waiting_first(std::deque<accounts::Account>& accounts,
                           const std::function<std::optional<base::Instant>(const accounts::Account&)>& last_visit);

}  // namespace keyward::orchestrator
