#include "orchestrator/configuration.hpp"

namespace keyward::orchestrator {

AccountSettings Configuration::for_account(const accounts::Account& account) const {
  AccountSettings settings = defaults;
  for (const AccountOverride& entry : overrides) {
    if (!accounts::matches(entry.match, account)) continue;
    entry.apply(settings);
    break;
  }
  if (final_say) final_say(settings);
  return settings;
}

std::vector<accounts::AccountMatch> Configuration::account_rules() const {
  std::vector<accounts::AccountMatch> rules = accounts.include;
  rules.insert(rules.end(), accounts.exclude.begin(), accounts.exclude.end());
  for (const AccountOverride& entry : overrides) rules.push_back(entry.match);
  return rules;
}

}  // namespace keyward::orchestrator
