#pragma once

#include "orchestrator/policy_statements.hpp"
#include "rotation/store_settings.hpp"

namespace keyward::orchestrator {

/// What writing secrets of this store needs. `place` is where the secrets are; a central store holds those of all
/// accounts.
void add_store_rights(PolicyStatements& policy, const rotation::StoreSettings& store, const PolicyPlace& place);

}  // namespace keyward::orchestrator
