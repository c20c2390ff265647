#include "rotation/user_plan.hpp"

#include <algorithm>
#include <iterator>

namespace keyward::rotation {
namespace {

const KeyFacts* find(const std::vector<KeyFacts>& keys, const base::AccessKeyId& id) {
  const auto found = std::ranges::find(keys, id, &KeyFacts::id);
  return found == keys.end() ? nullptr : &*found;
}

std::string_view words(KeyStatus status) {
  switch (status) {
    case KeyStatus::active: return "active";
    case KeyStatus::inactive: return "inactive";
    case KeyStatus::unrecognized: break;
  }
  return "in a state that this version does not know";
}

std::string key_drift(const Fact<std::vector<KeyFacts>>& planned, const Fact<std::vector<KeyFacts>>& now) {
  if (!now.is_known()) return "the access keys can no longer be read: " + now.why();
  if (!planned.is_known()) return "the access keys could not be read then";
  for (const KeyFacts& key : planned.value()) {
    const KeyFacts* same = find(now.value(), key.id);
    if (same == nullptr) return "the key " + base::last_four(key.id) + " is gone";
    if (same->status != key.status) {
      return "the key " + base::last_four(key.id) + " was " + std::string(words(key.status)) + " and is " +
             std::string(words(same->status)) + " now";
    }
    if (same->created != key.created) return "the key " + base::last_four(key.id) + " has another date of creation";
  }
  for (const KeyFacts& key : now.value()) {
    if (find(planned.value(), key.id) == nullptr) return "the key " + base::last_four(key.id) + " is new";
  }
  return {};
}

/// As it stands on the user; empty when there is none.
std::string record_of(const Fact<Ledger>& ledger) {
  if (!ledger.is_known()) return {};
  const base::Result<std::string> text = format_ledger(ledger.value());
  return text ? *text : std::string();
}

std::string record_drift(const Fact<Ledger>& planned, const Fact<Ledger>& now) {
  if (now.is_unknown()) return "keyward's record on the user can no longer be read: " + now.why();
  if (planned.is_known() == now.is_known() && record_of(planned) == record_of(now)) return {};
  return "keyward's record on the user has changed";
}

std::string exemption_drift(const Fact<ExemptionFact>& planned, const Fact<ExemptionFact>& now) {
  if (now.is_unknown()) return "whether the user is exempt can no longer be read: " + now.why();
  if (planned.is_known() == now.is_known()) return {};
  return now.is_known() ? "the user is exempt now: " + now.value().reason : "the user is no longer exempt";
}

bool same_step(const Decision& a, const Decision& b) { return a.action == b.action && a.key == b.key && a.reason == b.reason; }

bool contains(const std::vector<Decision>& decisions, const Decision& wanted) {
  return std::ranges::any_of(decisions, [&wanted](const Decision& decision) { return same_step(decision, wanted); });
}

std::string what_the_rules_say(const std::vector<Decision>& decisions) {
  if (decisions.empty()) return "the rules ask for nothing now";
  return "the rules now say " + std::string(to_string(decisions[0].action)) + " (" + std::string(to_string(decisions[0].reason)) + ")";
}

/// Nothing is to be done about it; a hold or a wait stays one.
Decision left_for_later(Decision decision) {
  decision.note = LedgerNote::none;
  if (decision.action == Action::hold || decision.action == Action::wait) return decision;
  decision.detail = "due, and not in the plan: " + std::string(to_string(decision.action));
  decision.action = Action::none;
  return decision;
}

}  // namespace

bool is_step(const Decision& decision) {
  return decision.is_change() || decision.action == Action::warn || decision.note != LedgerNote::none;
}

std::vector<Decision> steps_of(const std::vector<Decision>& decisions) {
  std::vector<Decision> steps;
  std::ranges::copy_if(decisions, std::back_inserter(steps), is_step);
  return steps;
}

std::string drift(const UserFacts& planned, const UserFacts& now) {
  if (now.gone) return "the user is gone";
  std::string what = key_drift(planned.keys, now.keys);
  if (what.empty()) what = exemption_drift(planned.exemption, now.exemption);
  if (what.empty()) what = record_drift(planned.ledger, now.ledger);
  return what;
}

KeptToPlan keep_to_plan(const UserPlan* plan, std::string_view drifted, const UserFacts& now, std::vector<Decision> decisions) {
  KeptToPlan kept;
  std::string differs(drifted);
  if (plan != nullptr && differs.empty()) differs = drift(plan->facts, now);
  for (const Decision& step : plan == nullptr ? std::vector<Decision>() : plan->steps) {
    if (differs.empty() && contains(decisions, step)) continue;
    kept.stale.push_back(step);
    kept.stale.back().detail = differs.empty() ? what_the_rules_say(decisions) : differs;
  }
  for (Decision& decision : decisions) {
    const bool planned = plan != nullptr && contains(plan->steps, decision);
    if (!is_step(decision) || (planned && differs.empty())) {
      kept.decisions.push_back(std::move(decision));
    } else if (!planned) {
      ++kept.unplanned;
      kept.decisions.push_back(left_for_later(std::move(decision)));
    }
  }
  return kept;
}

}  // namespace keyward::rotation
