#include "orchestrator/accounts_to_cover.hpp"

#include <gtest/gtest.h>

#include <map>

namespace keyward::orchestrator {
namespace {

accounts::InventoryEntry entry(const std::string& id) {
  const accounts::Account account{*base::AccountId::parse(id), "name", "owner@example.org", accounts::AccountState::active, false, {}, {}};
  return {account, accounts::Skip::none};
}

std::vector<std::string> ids(const accounts::Inventory& inventory) {
  std::vector<std::string> list;
  for (const auto& one : inventory.entries) list.push_back(one.account.id.str());
  return list;
}

using Ids = std::vector<std::string>;

TEST(AccountsToCover, OfAShardAreItsOwnOfAllThereAre) {
  const accounts::Inventory organization{"o-1",
                                         {entry("111122223333"), entry("222222222222"), entry("333333333333"), entry("444444444444")}};
  EXPECT_EQ(ids(accounts_to_cover(organization, std::nullopt).inventory), ids(organization));
  const AccountsToCover first = accounts_to_cover(organization, Shard{1, 2});
  EXPECT_EQ(ids(first.inventory), (Ids{"111122223333", "333333333333"}));
  EXPECT_EQ(first.in_organization, 4u);
  EXPECT_EQ(first.inventory.organization_id, "o-1");
  EXPECT_EQ(ids(accounts_to_cover(organization, Shard{2, 2}).inventory), (Ids{"222222222222", "444444444444"}));
}

TEST(AccountCounts, AreOfTheShardAndNameWhatNobodyKnows) {
  accounts::InventoryEntry unknown = entry("222222222222");
  unknown.skip = accounts::Skip::state_unrecognized;
  accounts::InventoryEntry closed = entry("444444444444");
  closed.skip = accounts::Skip::closed;
  const std::vector<accounts::InventoryEntry> listed{entry("111122223333"), unknown, entry("333333333333"), closed};
  const auto counted = [&listed](const std::optional<Shard>& shard) {
    AccountCounts counts;
    for (const auto& one : listed) counts.add(one, shard);
    return counts;
  };
  const AccountCounts all = counted(std::nullopt);
  EXPECT_EQ(all.in_organization, 4u);
  EXPECT_EQ(all.ours, 4);
  EXPECT_EQ(all.participating, 3) << "an account in an unknown state is missed, not left out";
  EXPECT_EQ(all.skipped, (std::map<std::string, int>{{"closed", 1}}));
  ASSERT_EQ(all.in_unknown_state.size(), 1u);
  EXPECT_EQ(all.in_unknown_state.front().account, "222222222222");
  const AccountCounts first = counted(Shard{1, 2});
  EXPECT_EQ(first.in_organization, 4u);
  EXPECT_EQ(first.ours, 2);
  EXPECT_EQ(first.participating, 2);
  EXPECT_TRUE(first.skipped.empty());
  EXPECT_TRUE(first.in_unknown_state.empty());
}

TEST(AccountsToCover, ThoseThatWaitLongestComeFirst) {
  const base::Instant monday = *base::parse_iso8601("2026-11-16T02:30:00Z");
  const std::map<std::string, base::Instant> visits{
      {"111122223333", monday + std::chrono::days(1)}, {"222222222222", monday}, {"333333333333", monday + std::chrono::days(1)}};
  std::deque<accounts::Account> waiting;
  for (const char* id : {"333333333333", "111122223333", "555555555555", "222222222222", "444444444444"})
    waiting.push_back(entry(id).account);
  longest_waiting_first(waiting, [&visits](const accounts::Account& account) {
    const auto found = visits.find(account.id.str());
    return found == visits.end() ? std::nullopt : std::optional(found->second);
  });
  Ids order;
  for (const accounts::Account& account : waiting) order.push_back(account.id.str());
  EXPECT_EQ(order, (Ids{"444444444444", "555555555555", "222222222222", "111122223333", "333333333333"}));
}

}  // namespace
}  // namespace keyward::orchestrator
