#pragma once

#include "orchestrator/policy_statements.hpp"
#include "rotation/store_settings.hpp"

namespace keyward::orchestrator {

/// What writing secrets of this store needs. `place` is where the secrets are; a central store holds those of all
/// accounts.
void add_store_rights(PolicyStatements& policy, const rotation::StoreSettings& store, const PolicyPlace& place);

/// What doctor asks of a store beside: its KMS key, and with --write-test the removal of its own secret.
void add_doctor_store_rights(PolicyStatements& policy, const rotation::StoreSettings& store, const PolicyPlace& place);

}  // namespace keyward::orchestrator
