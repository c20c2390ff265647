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

}  // namespace keyward::orchestrator
