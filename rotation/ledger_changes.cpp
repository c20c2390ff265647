#include "rotation/ledger_changes.hpp"

#include "rotation/user_record.hpp"

namespace keyward::rotation {

Ledger ledger_of_existing(const UserFacts& facts) {
  Ledger ledger = ledger_of(facts);
  ledger.forget_all_but(ids_of(facts));
  return ledger;
}

Ledger ledger_put_right(const UserFacts& facts) {
  Ledger ledger = ledger_of_existing(facts);
  ledger.forget_inactivity_of(active_ids_of(facts));
  return ledger;
}

void record_rotation(Ledger& ledger, Rotation rotation) {
  ledger.intent.reset();
  ledger.reactivated.erase(rotation.old_key);  // a person may have asked for exactly this
  ledger.rotation = std::move(rotation);
}

void record_deactivation(Ledger& ledger, const base::AccessKeyId& key, base::Instant at) {
  ledger.deactivating.erase(key);
  ledger.announced.erase(key);
  ledger.deactivated.insert_or_assign(key, at);
}

void record_note(Ledger& ledger, const Decision& decision, base::Instant at) {
  switch (decision.note) {
    case LedgerNote::none:
    case LedgerNote::active_again: break;
    case LedgerNote::first_seen_inactive: ledger.first_seen_inactive.insert_or_assign(*decision.key, at); break;
    case LedgerNote::announced: ledger.announced.insert_or_assign(*decision.key, at); break;
    case LedgerNote::reactivated:
      ledger.deactivated.erase(*decision.key);
      ledger.reactivated.insert_or_assign(*decision.key, at);
      break;
  }
}

}  // namespace keyward::rotation
