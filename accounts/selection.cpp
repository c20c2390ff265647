#include "accounts/selection.hpp"

#include <algorithm>

namespace keyward::accounts {

bool matches(const AccountMatch& rule, const Account& account) {
  if (rule.id) return *rule.id == account.id;
  if (!rule.organizational_unit.empty()) {
    return std::ranges::find(account.path, rule.organizational_unit) != account.path.end();
  }
  if (!account.tags || rule.tags.empty()) return false;
  return std::ranges::all_of(rule.tags, [&](const auto& wanted) {
    const auto found = account.tags->find(wanted.first);
    return found != account.tags->end() && found->second == wanted.second;
  });
}

}  // namespace keyward::accounts
