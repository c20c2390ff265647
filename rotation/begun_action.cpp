#include "rotation/begun_action.hpp"

#include <algorithm>

namespace keyward::rotation {
namespace {

Fact<Outcome> happened(const Decision& decision, base::Instant at) {
  Outcome outcome;
  outcome.decision = decision;
  outcome.status = OutcomeStatus::done;
  outcome.at = at;
  return Fact<Outcome>::known(std::move(outcome));
}

/// Recorded for this key, and not before the action was begun.
Fact<Outcome> recorded(const Decision& decision, base::Instant begun, const std::map<base::AccessKeyId, base::Instant>& entries) {
  const auto entry = entries.find(*decision.key);
  const bool since = entry != entries.end() && entry->second >= begun - k_clock_spread;
  return since ? happened(decision, entry->second) : Fact<Outcome>::absent();
}

}  // namespace

Fact<Outcome> what_became_of(const Decision& decision, base::Instant begun, const UserFacts& facts) {
  if (!decision.key) return Fact<Outcome>::absent();
  if (!facts.keys.is_known()) return Fact<Outcome>::unknown(facts.keys.why());
  const auto& keys = facts.keys.value();
  if (decision.action == Action::remove) {
    const bool exists = std::ranges::find(keys, *decision.key, &KeyFacts::id) != keys.end();
    return exists ? Fact<Outcome>::absent() : happened(decision, begun);
  }
  if (facts.ledger.is_unknown()) return Fact<Outcome>::unknown(facts.ledger.why());
  if (facts.ledger.is_absent()) return Fact<Outcome>::absent();
  const Ledger& ledger = facts.ledger.value();
  if (decision.action == Action::deactivate) return recorded(decision, begun, ledger.deactivated);
  if (decision.note == LedgerNote::announced) return recorded(decision, begun, ledger.announced);
  const bool rotated = decision.action == Action::rotate && ledger.rotation && ledger.rotation->old_key == *decision.key &&
                       ledger.rotation->at >= begun - k_clock_spread;
  if (!rotated) return Fact<Outcome>::absent();
  Outcome outcome = happened(decision, ledger.rotation->at).value();
  outcome.new_key = ledger.rotation->new_key;
  return Fact<Outcome>::known(std::move(outcome));
}

}  // namespace keyward::rotation
