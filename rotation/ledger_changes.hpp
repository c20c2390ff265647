#pragma once

#include "rotation/decision.hpp"
#include "rotation/facts.hpp"

// What keyward's record on a user says after a step. Pure: the executor writes it to AWS, the forecast keeps it.
namespace keyward::rotation {

/// The record without what speaks of keys that are gone. Of a user whose keys are known.
Ledger ledger_of_existing(const UserFacts& facts);

/// Before a rotation, and with every note: what was recorded of inactive keys that are active again is dropped, too.
Ledger ledger_put_right(const UserFacts& facts);

/// `old_key` was replaced.
void record_rotation(Ledger& ledger, Rotation rotation);
void record_deactivation(Ledger& ledger, const base::AccessKeyId& key, base::Instant at);
/// What the decision adds beside its own effect.
void record_note(Ledger& ledger, const Decision& decision, base::Instant at);

}  // namespace keyward::rotation
