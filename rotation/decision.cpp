#include "rotation/decision.hpp"

#include <algorithm>

#include "rotation/rules.hpp"

namespace keyward::rotation {

using base::AccessKeyId;
using base::Instant;
using std::chrono::days;

std::string_view to_string(Action action) noexcept {
  switch (action) {
    case Action::none: return "none";
    case Action::warn: return "warn";
    case Action::rotate: return "rotate";
    case Action::deactivate: return "deactivate";
    case Action::remove: return "delete";
    case Action::note: return "note";
    case Action::wait: return "wait";
    case Action::hold: return "hold";
  }
  return "none";
}

std::string_view to_string(Reason reason) noexcept {
  switch (reason) {
    case Reason::expired_active_key: return "expired_active_key";
    case Reason::unused_expired_key: return "unused_expired_key";
    case Reason::forced_rotation: return "forced_rotation";
    case Reason::compromised_key: return "compromised_key";
    case Reason::install_grace_period_end: return "install_grace_period_end";
    case Reason::recovery_grace_period_end: return "recovery_grace_period_end";
    case Reason::key_pending_rotation: return "key_pending_rotation";
    case Reason::key_pending_deactivation: return "key_pending_deactivation";
    case Reason::key_pending_deletion: return "key_pending_deletion";
    case Reason::key_compliant: return "key_compliant";
    case Reason::no_keys: return "no_keys";
    case Reason::exempt_user: return "exempt_user";
    case Reason::exemption_unreadable: return "exemption_unreadable";
    case Reason::fact_unknown: return "fact_unknown";
    case Reason::interrupted_rotation: return "interrupted_rotation";
    case Reason::first_seen_inactive: return "first_seen_inactive";
    case Reason::conflict_two_used_keys: return "conflict_two_used_keys";
    case Reason::rolled_back: return "rolled_back";
    case Reason::reactivated: return "reactivated";
    case Reason::replacement_missing: return "replacement_missing";
    case Reason::waiting_for_new_key_use: return "waiting_for_new_key_use";
    case Reason::waiting_for_other_key: return "waiting_for_other_key";
    case Reason::rotated_by_secret: return "rotated_by_secret";
    case Reason::held_while_in_use: return "held_while_in_use";
    case Reason::deactivation_waits_for_warning: return "deactivation_waits_for_warning";
    case Reason::deletion_waits_for_warning: return "deletion_waits_for_warning";
  }
  return "fact_unknown";
}

int days_until(Instant due, Instant now) {
  return static_cast<int>(std::chrono::ceil<days>(due - k_daily_slack - now).count());
}

std::optional<Instant> recorded_switch(const Ledger& ledger, const AccessKeyId& key) {
  std::optional<Instant> first;
  for (const auto* entries : {&ledger.deactivating, &ledger.deactivated, &ledger.first_seen_inactive, &ledger.reactivated}) {
    const auto entry = entries->find(key);
    if (entry != entries->end()) first = std::min(first.value_or(entry->second), entry->second);
  }
  return first;
}

bool needs_details(const std::vector<KeyFacts>& keys, const Policy& policy, Instant now) {
  if (keys.empty()) return false;
  if (keys.size() > 1 || keys[0].status != KeyStatus::active) return true;
  return near(keys[0].created + policy.rotate_after, policy, now);
}

std::vector<Decision> decide(const UserFacts& facts, const Policy& policy, Instant now) {
  Recorder recorder(now, nullptr);
  return apply_rules(facts, policy, now, recorder);
}

DecisionsUntil decide_until(const UserFacts& facts, const Policy& policy, Instant now) {
  Recorder recorder(now, nullptr);
  std::vector<Decision> decisions = apply_rules(facts, policy, now, recorder);
  return {std::move(decisions), recorder.until()};
}

std::optional<Decision> waiting_for_warning(const Decision& decision, const UserFacts& facts) {
  const bool deactivates = decision.action == Action::deactivate;
  if (!deactivates && decision.action != Action::remove) return std::nullopt;
  if (!decision.key || decision.reason == Reason::compromised_key) return std::nullopt;
  if (deactivates && facts.ledger.is_known() && facts.ledger.value().deactivating.contains(*decision.key)) return std::nullopt;
  Decision waiting = decision;
  waiting.action = Action::wait;
  waiting.reason = deactivates ? Reason::deactivation_waits_for_warning : Reason::deletion_waits_for_warning;
  waiting.note = LedgerNote::none;
  return waiting;
}

bool out_of_policy(const KeyFacts& key, const UserFacts& facts, const Policy& policy, Instant now) {
  if (key.status != KeyStatus::active || !facts.exemption.is_absent()) return false;
  // In a handover the old key may live until its replacement's grace has run out.
  const bool handing_over = facts.ledger.is_known() && facts.ledger.value().rotation &&
                            facts.ledger.value().rotation->old_key == key.id;
  return reached(key.created + policy.rotate_after + (handing_over ? policy.install_grace : days(0)), now);
}

}  // namespace keyward::rotation
