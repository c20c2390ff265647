#include "report/user_events.hpp"

#include <algorithm>

namespace keyward::report {
namespace {

using base::AccessKeyId;
using base::Instant;
using rotation::Action;
using rotation::Decision;
using rotation::KeyFacts;
using rotation::KeyStatus;
using rotation::KeyUse;
using rotation::Outcome;
using rotation::OutcomeStatus;
using rotation::Reason;

std::string_view status_word(KeyStatus status) {
  switch (status) {
    case KeyStatus::active: return "active";
    case KeyStatus::inactive: return "inactive";
    case KeyStatus::unrecognized: return "unrecognized";
  }
  return "unrecognized";
}

/// Writes the lines of one user.
class Lines {
 public:
  Lines(const accounts::Account& account, const rotation::UserReport& report, const rotation::Policy& policy,
        Instant now)
      : account_(account), report_(report), policy_(policy), now_(now) {}

  std::vector<Event> write() {
    for (const Outcome& outcome : report_.outcomes) {
      decision(outcome);
      if (is_action(outcome)) action(outcome);
    }
    if (report_.facts.keys.is_known()) {
      for (const KeyFacts& key : report_.facts.keys.value()) {
        if (!is_described(key.id)) describe_key(begin("key", now_), key);
      }
    }
    return std::move(lines_);
  }

 private:
  Event begin(std::string_view kind, Instant time) const {
    Event event;
    event.time = time;
    event.event = kind;
    event.account = account_.id.str();
    event.account_name = account_.name;
    event.user = report_.facts.name.str();
    return event;
  }

  const KeyFacts* find(const AccessKeyId& id) const {
    if (!report_.facts.keys.is_known()) return nullptr;
    const auto& keys = report_.facts.keys.value();
    const auto found = std::ranges::find(keys, id, &KeyFacts::id);
    return found == keys.end() ? nullptr : &*found;
  }

  bool is_described(const AccessKeyId& id) const { return std::ranges::find(described_, id) != described_.end(); }

  static void put_use(Event& event, const KeyUse& use) {
    event.last_used = base::format_iso8601(use.at);
    event.last_used_service = use.service;
    event.last_used_region = use.region;
  }

  /// Who and how old, for every line about a key.
  void put_key(Event& event, const KeyFacts& key) const {
    event.key_status = status_word(key.status);
    // Ages count as the policy counts them: a date is reached a little early.
    event.age_days =
        static_cast<int>(std::chrono::floor<std::chrono::days>(now_ + rotation::k_daily_slack - key.created).count());
    if (key.last_use.is_known()) put_use(event, key.last_use.value());
    if (key.last_use.is_absent()) event.last_used = "never";
    // It is asked only of keys with something due or near.
    const bool asked = key.last_use.why() != rotation::Fact<KeyUse>().why();
    if (key.last_use.is_unknown() && asked) event.last_used = "unknown";
  }

  void describe_key(Event event, const KeyFacts& key) {
    event.access_key_id = key.id.str();
    put_key(event, key);
    event.verdict = to_string(verdict_of(key, report_.facts, policy_, now_));
    described_.push_back(key.id);
    lines_.push_back(std::move(event));
  }

  void put_decision(Event& event, const Decision& decision) const {
    event.action = rotation::to_string(decision.action);
    event.reason = rotation::to_string(decision.reason);
    event.due = decision.due;
    event.detail = decision.detail;
    if (decision.key) event.access_key_id = decision.key->str();
    if (decision.last_use) put_use(event, *decision.last_use);
  }

  void decision(const Outcome& outcome) {
    const Decision& decision = outcome.decision;
    Event event = begin("decision", now_);
    put_decision(event, decision);
    if (decision.action == Action::warn && !took_its_course(outcome.status)) {
      event.outcome = rotation::to_string(outcome.status);
    }
    if (decision.due) {
      event.next = coming(decision);
      if (!event.next.empty()) event.next_at = decision.due;
    }
    const KeyFacts* key = decision.key ? find(*decision.key) : nullptr;
    if (key != nullptr && !is_described(key->id)) {
      describe_key(std::move(event), *key);
      return;
    }
    if (!decision.key && decision.reason == Reason::fact_unknown) event.verdict = to_string(Verdict::unknown);
    lines_.push_back(std::move(event));
  }

  /// What the date of a decision is the date of.
  std::string coming(const Decision& decision) const {
    if (decision.is_change()) return std::string(rotation::to_string(decision.action));
    switch (decision.reason) {
      case Reason::key_pending_rotation: return "rotate";
      case Reason::key_pending_deactivation:
      case Reason::deactivation_waits_for_warning:
      case Reason::held_while_in_use: return "deactivate";
      case Reason::key_pending_deletion:
      case Reason::deletion_waits_for_warning:
      case Reason::first_seen_inactive: return "delete";
      case Reason::key_compliant: return coming_quietly(decision);
      default: return {};
    }
  }

  /// The date is far enough away that the decision says nothing of it yet.
  std::string coming_quietly(const Decision& decision) const {
    const KeyFacts* key = decision.key ? find(*decision.key) : nullptr;
    if (key == nullptr) return {};
    if (key->status == KeyStatus::inactive) return "delete";
    if (report_.facts.ledger.is_known()) {
      const rotation::Ledger& ledger = report_.facts.ledger.value();
      const bool replaced = ledger.rotation && ledger.rotation->old_key == key->id;
      if (replaced || ledger.announced.contains(key->id)) return "deactivate";
    }
    return "rotate";
  }

  static bool took_its_course(OutcomeStatus status) {
    return status == OutcomeStatus::done || status == OutcomeStatus::dry_run;
  }

  static bool is_action(const Outcome& outcome) {
    const Decision& decision = outcome.decision;
    return decision.is_change() || decision.note != rotation::LedgerNote::none || outcome.error ||
           !took_its_course(outcome.status);
  }

  void action(const Outcome& outcome) {
    Event event = begin("action", outcome.at);
    put_decision(event, outcome.decision);
    const KeyFacts* key = outcome.decision.key ? find(*outcome.decision.key) : nullptr;
    if (key != nullptr) put_key(event, *key);
    event.outcome = rotation::to_string(outcome.status);
    if (outcome.new_key) event.new_access_key_id = outcome.new_key->str();
    if (outcome.secret) event.secret = outcome.secret->arn;
    event.request_id = outcome.request_id;
    if (outcome.error) {
      event.error = base::describe(*outcome.error);
      event.request_id = outcome.error->request_id;
    }
    for (const std::string& command : outcome.todo) event.todo += (event.todo.empty() ? "" : "\n") + command;
    if (outcome.status == OutcomeStatus::done) put_following(event, outcome);
    lines_.push_back(std::move(event));
  }

  /// The stage after the one that was just carried out.
  void put_following(Event& event, const Outcome& outcome) const {
    if (outcome.decision.action == Action::rotate) {
      event.next = "deactivate";
      event.next_at = outcome.at + policy_.install_grace;
    } else if (outcome.decision.action == Action::deactivate) {
      event.next = "delete";
      event.next_at = outcome.at + policy_.recovery_grace;
    }
  }

  const accounts::Account& account_;
  const rotation::UserReport& report_;
  const rotation::Policy& policy_;
  Instant now_;
  std::vector<Event> lines_;
  std::vector<AccessKeyId> described_;
};

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::out_of_policy: return "out_of_policy";
    case Verdict::inactive: return "inactive";
    case Verdict::exempt: return "exempt";
    case Verdict::unknown: return "unknown";
  }
  return "unknown";
}

Verdict verdict_of(const KeyFacts& key, const rotation::UserFacts& facts, const rotation::Policy& policy, Instant now) {
  if (key.status == KeyStatus::inactive) return Verdict::inactive;
  if (key.status == KeyStatus::unrecognized || facts.exemption.is_unknown()) return Verdict::unknown;
  if (facts.exemption.is_known()) return Verdict::exempt;
  return rotation::out_of_policy(key, facts, policy, now) ? Verdict::out_of_policy : Verdict::ok;
}

std::vector<Event> user_events(const accounts::Account& account, const rotation::UserReport& report,
                               const rotation::Policy& policy, Instant now) {
  return Lines(account, report, policy, now).write();
}

}  // namespace keyward::report
