#include "orchestrator/accounts_to_cover.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace keyward::orchestrator {

bool is_to_cover(const accounts::InventoryEntry& entry, const std::optional<Shard>& shard) {
  return entry.skip == accounts::Skip::none && (!shard || shard->holds(entry.account.id));
}

AccountsToCover accounts_to_cover(accounts::Inventory organization, const std::optional<Shard>& shard) {
  AccountsToCover accounts{std::move(organization), 0};
  accounts.in_organization = accounts.inventory.entries.size();
  if (shard) std::erase_if(accounts.inventory.entries, [&shard](const auto& entry) { return !shard->holds(entry.account.id); });
  return accounts;
}

void AccountCounts::add(const accounts::InventoryEntry& entry, const std::optional<Shard>& shard) {
  ++in_organization;
  if (shard && !shard->holds(entry.account.id)) return;
  ++ours;
  if (entry.skip == accounts::Skip::none) {
    ++participating;
  } else if (entry.skip == accounts::Skip::state_unrecognized) {
    // AWS may name a state or a field anew: without a word nothing would be rotated any more.
    ++participating;
    in_unknown_state.push_back({entry.account.id.str(), entry.account.name, std::string(accounts::describe(entry.skip))});
  } else {
    ++skipped[std::string(accounts::describe(entry.skip))];
  }
}

AccountCounts counts_of(const AccountsToCover& accounts) {
  AccountCounts counts;
  for (const accounts::InventoryEntry& entry : accounts.inventory.entries) counts.add(entry, std::nullopt);
  counts.organization = accounts.inventory.organization_id;
  counts.in_organization = accounts.in_organization;
  return counts;
}

void longest_waiting_first(std::deque<accounts::Account>& accounts,
                           const std::function<std::optional<base::Instant>(const accounts::Account&)>& last_visit) {
  struct Waiting {
    std::optional<base::Instant> since;  ///< empty is before every time
    accounts::Account account;
  };
  std::vector<Waiting> line;
  line.reserve(accounts.size());
  for (accounts::Account& account : accounts) {
    const std::optional<base::Instant> since = last_visit(account);
    line.push_back({since, std::move(account)});
  }
  std::ranges::sort(line, [](const Waiting& a, const Waiting& b) {
    return a.since != b.since ? a.since < b.since : a.account.id < b.account.id;
  });
  for (std::size_t i = 0; i < line.size(); ++i) accounts[i] = std::move(line[i].account);
}

}  // namespace keyward::orchestrator
