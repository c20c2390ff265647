#include "rotation/forecast.hpp"

#include <algorithm>

#include "rotation/explanation.hpp"
#include "rotation/ledger_changes.hpp"

namespace keyward::rotation {
namespace {

using base::AccessKeyId;
using base::Instant;
using std::chrono::days;

// Whoever goes over to another key has used it by the time of the next day's run.
constexpr std::chrono::hours k_taken_over{12};

// IAM records uses in steps of 15 minutes.
using Quarters = std::chrono::duration<int, std::ratio<900>>;

KeyFacts* find(std::vector<KeyFacts>& keys, const AccessKeyId& id) {
  const auto found = std::ranges::find(keys, id, &KeyFacts::id);
  return found == keys.end() ? nullptr : &*found;
}

bool touches_aws(const Decision& decision) { return decision.is_change() || decision.note != LedgerNote::none; }

}  // namespace

UserForecast::UserForecast(UserFacts facts, Instant now) : facts_(std::move(facts)), start_(now) {
  facts_.previous_run.reset();  // each run is a day after the one before: what decide() takes for granted
  if (!facts_.keys.is_known()) return;
  for (const KeyFacts& key : facts_.keys.value()) {
    if (key.status != KeyStatus::active || !key.last_use.is_known()) continue;
    const KeyUse& use = key.last_use.value();
    if (!is_adopted(key) || now - use.at > k_in_use) continue;
    habits_.emplace(key.id, Habit{now - use.at, use.service, use.region});
  }
}

int UserForecast::day_of(Instant moment) const { return static_cast<int>(std::chrono::ceil<days>(moment - start_).count()); }

/// As the run does before it decides: a key that came with the rotation is taken for stored, without one nothing was made.
void UserForecast::settle_interrupted() {
  if (!facts_.ledger.is_known() || !facts_.ledger.value().intent || !facts_.keys.is_known()) return;
  Ledger& ledger = facts_.ledger.value();
  const Intent intent = *ledger.intent;
  ledger.intent.reset();
  for (const KeyFacts& key : facts_.keys.value()) {
    if (intent.keys.empty() || std::ranges::find(intent.keys, key.id) != intent.keys.end()) continue;
    record_rotation(ledger, Rotation{key.id, intent.keys.front(), intent.at, intent.forced, intent.store});
  }
}

void UserForecast::use_keys(Instant now) {
  if (!facts_.keys.is_known()) return;
  for (KeyFacts& key : facts_.keys.value()) {
    const auto habit = habits_.find(key.id);
    if (habit == habits_.end() || key.status != KeyStatus::active) continue;
    const Instant used = std::max<Instant>(std::chrono::floor<Quarters>(now - habit->second.ago), key.created);
    if (key.last_use.is_known() && key.last_use.value().service == habit->second.service) {
      key.last_use.value().at = used;
    } else {
      key.last_use = Fact<KeyUse>::known({used, habit->second.service, habit->second.region});
    }
  }
}

std::vector<ForecastStep> UserForecast::run(int day, const ForecastSettings& settings, const MayChange& may_change) {
  const Instant now = at(day);
  const bool again = settings.exempt_until && facts_.exemption.is_known();
  if (again && now >= *settings.exempt_until) facts_.exemption = Fact<ExemptionFact>::absent();
  settle_interrupted();
  if (day > 0) use_keys(now);

  DecisionsUntil decided = decide_until(facts_, settings.policy, now);
  std::vector<ForecastStep> steps;
  std::vector<Standing> standing;
  bool changed = false;
  bool tomorrow = false;
  for (Decision& decision : decided.decisions) {
    if (changed && touches_aws(decision) && !still_follows(decision, settings.policy, now)) break;
    ForecastStep step{std::move(decision), false, false, std::nullopt};
    const bool wants_change = step.decision.is_change();
    bool waits = settings.require_warning && put_off(step, day == 0);
    if (wants_change && !waits && !may_change()) step.held_back = waits = true;
    if (!waits) {
      if (settings.require_warning) remember_warning(step.decision);
      if (touches_aws(step.decision)) changed = true;
      carry_out(step, settings, now);
    }
    tomorrow = tomorrow || waits;
    const bool stays = step.held_back || step.decision.action == Action::hold || step.decision.action == Action::wait;
    if (stays) {
      standing.push_back({step.decision.action, step.decision.reason, step.decision.key});
      step.stands = std::ranges::find(standing_, standing.back()) != standing_.end();
    }
    steps.push_back(std::move(step));
    if (wants_change && waits) break;
  }
  standing_ = std::move(standing);

  next_day_.reset();
  if (changed || tomorrow) {
    next_day_ = day + 1;
  } else if (decided.until) {
    next_day_ = std::max(day + 1, day_of(*decided.until));
  }
  if (settings.exempt_until && facts_.exemption.is_known()) next_day_ = std::max(day + 1, day_of(*settings.exempt_until));
  return steps;
}

/// The executor decides again before each change, and so what was done for the first key counts for the second.
bool UserForecast::still_follows(const Decision& decision, const Policy& policy, Instant now) const {
  const std::vector<Decision> again = decide(facts_, policy, now);
  return std::ranges::any_of(again, [&decision](const Decision& other) {
    return other.action == decision.action && other.key == decision.key && other.note == decision.note;
  });
}

/// Nothing is put off in the first run: what was told before is not known here.
bool UserForecast::put_off(ForecastStep& step, bool first_run) {
  const std::optional<Decision> waiting = waiting_for_warning(step.decision, facts_);
  if (!waiting || first_run) return false;
  if (!warned_.emplace(*waiting->key, step.decision.action).second) return false;
  step.decision = *waiting;
  return true;
}

void UserForecast::remember_warning(const Decision& decision) {
  if (!decision.key) return;
  if (decision.reason == Reason::key_pending_deactivation) warned_.emplace(*decision.key, Action::deactivate);
  if (decision.reason == Reason::key_pending_deletion) warned_.emplace(*decision.key, Action::remove);
}

void UserForecast::carry_out(ForecastStep& step, const ForecastSettings& settings, Instant now) {
  const Decision& decision = step.decision;
  switch (decision.action) {
    case Action::rotate:
      rotate(step, now);
      if (settings.adoption == Adoption::prompt) hand_over(*decision.key);
      return;
    case Action::deactivate:
      deactivate(*decision.key, now);
      if (settings.adoption != Adoption::never) hand_over(*decision.key);
      stop_using(*decision.key);
      return;
    case Action::remove:
      std::erase_if(facts_.keys.value(), [&decision](const KeyFacts& key) { return key.id == *decision.key; });
      if (settings.adoption != Adoption::never) hand_over(*decision.key);
      stop_using(*decision.key);
      return;
    default: break;
  }
  if (decision.note == LedgerNote::none) return;
  Ledger ledger = ledger_put_right(facts_);
  record_note(ledger, decision, now);
  facts_.ledger = Fact<Ledger>::known(std::move(ledger));
  if (decision.note == LedgerNote::announced && settings.adoption == Adoption::prompt) hand_over(*decision.key);
}

void UserForecast::rotate(ForecastStep& step, Instant now) {
  std::string number = std::to_string(++made_);
  number.insert(0, 4 - std::min<std::size_t>(4, number.size()), '0');
  step.new_key = AccessKeyId::parse("AKIAFORECASTNEW" + number);
  Ledger ledger = ledger_put_right(facts_);
  record_rotation(ledger, Rotation{*step.new_key, *step.decision.key, now, false, {}});
  facts_.ledger = Fact<Ledger>::known(std::move(ledger));
  // GetCallerIdentity proves it.
  facts_.keys.value().push_back({*step.new_key, KeyStatus::active, now, Fact<KeyUse>::known({now, "sts", "us-east-1"})});
}

void UserForecast::deactivate(const AccessKeyId& key, Instant now) {
  Ledger ledger = ledger_of_existing(facts_);
  record_deactivation(ledger, key, now);
  facts_.ledger = Fact<Ledger>::known(std::move(ledger));
  find(facts_.keys.value(), key)->status = KeyStatus::inactive;
}

/// Whoever used the key uses the user's other active key from now on. A key that nobody used hands nothing over.
void UserForecast::hand_over(const AccessKeyId& from) {
  const auto habit = habits_.find(from);
  if (habit == habits_.end()) return;
  for (const KeyFacts& key : facts_.keys.value()) {
    if (key.id == from || key.status != KeyStatus::active) continue;
    Habit taken = std::move(habit->second);
    habits_.erase(habit);
    taken.ago = std::min<std::chrono::seconds>(taken.ago, k_taken_over);
    habits_.try_emplace(key.id, std::move(taken));
    return;
  }
}

std::vector<ForecastEvent> forecast(const UserFacts& facts, const ForecastSettings& settings, Instant now, int count) {
  UserForecast user(facts, now);
  std::vector<ForecastEvent> events;
  std::optional<int> day = 0;
  while (day && *day <= count) {
    for (ForecastStep& step : user.run(*day, settings, [] { return true; })) {
      if (step.stands || step.decision.action == Action::none) continue;
      events.push_back({*day, now + days(*day), std::move(step)});
    }
    day = user.next_day();
  }
  return events;
}

}  // namespace keyward::rotation
