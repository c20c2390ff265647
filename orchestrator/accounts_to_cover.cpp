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

void longest_waiting_first(accounts::Inventory& inventory,
                           const std::function<std::optional<base::Instant>(const accounts::Account&)>& last_visit) {
  struct Waiting {
    std::optional<base::Instant> since;  ///< empty is before every time
    accounts::InventoryEntry entry;
  };
  std::vector<Waiting> line;
  line.reserve(inventory.entries.size());
  for (accounts::InventoryEntry& entry : inventory.entries) {
    const std::optional<base::Instant> since = last_visit(entry.account);
    line.push_back({since, std::move(entry)});
  }
  std::ranges::sort(line, [](const Waiting& a, const Waiting& b) {
    return a.since != b.since ? a.since < b.since : a.entry.account.id < b.entry.account.id;
  });
  for (std::size_t i = 0; i < line.size(); ++i) inventory.entries[i] = std::move(line[i].entry);
}

}  // namespace keyward::orchestrator
