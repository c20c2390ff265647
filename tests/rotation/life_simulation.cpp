#include "life_simulation.hpp"

#include <algorithm>
#include <ostream>

namespace keyward::rotation::life {
namespace {

using base::AccessKeyId;
using base::Instant;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const Instant k_first_day = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
constexpr hours k_run{2};
constexpr hours k_people{9};
constexpr hours k_programs{12};
constexpr minutes k_second_run{30};
constexpr std::size_t k_keys_of_a_user = 2;  // IAM

bool any_contains(const std::vector<Span>& spans, int day) {
  return std::ranges::any_of(spans, [day](const Span& span) { return span.contains(day); });
}

class Simulation {
 public:
  explicit Simulation(const History& history) : history_(history) {
    std::vector<FirstKey> first = history.keys;
    std::ranges::sort(first, std::ranges::greater{}, &FirstKey::age);
    for (const FirstKey& key : first) make(midnight(-1 - key.age) + k_people, Maker::earlier).status = key.status;
    // A key that is inactive on the first day was used until then.
    const int oldest = first.empty() ? 0 : first.front().age + 1;
    for (int day = -oldest; day < 0; ++day) programs_work(day, KeyStatus::inactive);
  }

  Life live() {
    for (int day = 0; day < k_days; ++day) {
      if (!any_contains(history_.missed, day)) {
        const int count = static_cast<int>(history_.start_minutes.size());
        const minutes late{count == 0 ? 0 : history_.start_minutes[static_cast<std::size_t>(day % count)]};
        run(day, late);
        if (std::ranges::count(history_.twice, day) > 0) run(day, late + k_second_run);
      }
      people_act(day);
      programs_work(day, KeyStatus::active);
    }
    return std::move(life_);
  }

 private:
  // ---- the world

  static Instant midnight(int day) { return k_first_day + days(day); }

  Key& make(Instant at, Maker maker) {
    const std::string number = std::to_string(made_);
    Key key{*AccessKeyId::parse("AKIA" + std::string(16 - number.size(), '0') + number), made_++, maker, KeyStatus::active, at, {}, {}, {}};
    keys_.push_back(std::move(key));
    return keys_.back();
  }

  Key* find(const AccessKeyId& id) {
    const auto found = std::ranges::find(keys_, id, &Key::id);
    return found == keys_.end() ? nullptr : &*found;
  }

  /// `usable`: beside active keys.
  void programs_work(int day, KeyStatus usable) {
    if (history_.habits.empty()) return;
    for (Key& key : keys_) {
      const Habit& habit = history_.habits[static_cast<std::size_t>(key.number) % history_.habits.size()];
      const Instant at = midnight(day) + k_programs + minutes((key.number * 7 + day * 13 + 13'000) % 240);
      const auto starts = std::chrono::floor<days>(key.created) + days(habit.starts_after);
      const auto since = (std::chrono::floor<days>(at) - starts).count();
      const bool can_work = (key.status == KeyStatus::active || key.status == usable) && at > key.created;
      if (!can_work || since < 0 || since % habit.every != 0 || superseded(key, at, habit)) continue;
      if (!key.first_work) key.first_work = at;
      key.last_work = at;
      key.last_use = KeyUse{std::chrono::floor<std::chrono::duration<int, std::ratio<900>>>(at), habit.service, "us-east-1"};
    }
  }

  /// The programs have gone over to a newer key and that one still works.
  bool superseded(const Key& key, Instant at, const Habit& habit) const {
    return std::ranges::any_of(keys_, [&](const Key& other) {
      return other.number > key.number && other.status == KeyStatus::active && other.first_work &&
             *other.first_work + days(habit.stops_after) <= at;
    });
  }

  void people_act(int day) {
    for (const Interference& interference : history_.people) {
      if (interference.day == day && act(interference, midnight(day) + k_people)) {
        life_.people.push_back({midnight(day) + k_people, interference.deed});
      }
    }
  }

  bool act(const Interference& interference, Instant at) {
    if (interference.deed == Deed::forget_record) return std::exchange(record_, std::nullopt).has_value();
    if (interference.deed == Deed::create) {
      if (keys_.size() == k_keys_of_a_user) return false;
      make(at, Maker::person);
      return true;
    }
    const auto index = static_cast<std::size_t>(interference.key);
    if (index >= keys_.size()) return false;
    if (interference.deed == Deed::remove) {
      keys_.erase(keys_.begin() + interference.key);
      return true;
    }
    const KeyStatus wanted = interference.deed == Deed::activate ? KeyStatus::active : KeyStatus::inactive;
    return std::exchange(keys_[index].status, wanted) != wanted;
  }

  // ---- keyward

  void run(int day, minutes late) {
    day_ = day;
    now_ = midnight(day) + k_run + late;
    if (std::ranges::count(history_.forgetful, day) > 0) previous_run_.reset();
    const Policy& policy = history_.policy_on(day);
    Run run{day, now_, policy, keys_, look(), {}, {}, undisturbed()};
    run.decisions = decide(run.facts, policy, now_);
    for (const Decision& decision : run.decisions) {
      const bool touches_aws = decision.is_change() || decision.note != LedgerNote::none;
      const std::optional<Done> done = touches_aws ? perform(decision) : Done{decision, {}};
      if (done) run.done.push_back(*done);
      if (!done && decision.is_change()) break;
    }
    if (std::exchange(dead_, false)) {
      run.undisturbed = false;
    } else {
      previous_run_ = now_;
    }
    life_.runs.push_back(std::move(run));
  }

  bool undisturbed() const {
    return !any_contains(history_.exempt, day_) && !any_contains(history_.refused, day_) && previous_run_ &&
           std::ranges::none_of(history_.blind, [this](const Blindness& blind) { return blind.span.contains(day_); });
  }

  bool cannot_read(Unread what) const {
    return std::ranges::any_of(history_.blind, [&](const Blindness& blind) { return blind.what == what && blind.span.contains(day_); });
  }

  /// The facts as rotation::Auditor gathers them.
  UserFacts look() const {
    const std::string why = "Throttling";
    UserFacts facts{*base::UserName::parse("svc"), *base::Arn::parse("arn:aws:iam::111122223333:user/svc"), {}, {}, {}, {}, previous_run_};
    facts.exemption = Fact<ExemptionFact>::absent();
    if (any_contains(history_.exempt, day_)) facts.exemption = Fact<ExemptionFact>::known({"member of a group"});
    if (cannot_read(Unread::exemption)) facts.exemption = Fact<ExemptionFact>::unknown(why);
    if (cannot_read(Unread::keys)) {
      facts.keys = Fact<std::vector<KeyFacts>>::unknown(why);
      return facts;
    }
    std::vector<KeyFacts> keys;
    for (const Key& key : keys_) keys.push_back({key.id, key.status, key.created, {}});
    const bool detailed = needs_details(keys, history_.policy_on(day_), now_);
    if (detailed) {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto& use = keys_[i].last_use;
        const bool unread = cannot_read(i == 0 ? Unread::use_of_older : Unread::use_of_newer);
        keys[i].last_use = unread ? Fact<KeyUse>::unknown(why) : use ? Fact<KeyUse>::known(*use) : Fact<KeyUse>::absent();
      }
      facts.ledger = cannot_read(Unread::record) ? Fact<Ledger>::unknown(why)
                     : record_                   ? Fact<Ledger>::known(parse_ledger(*record_).value())
                                                 : Fact<Ledger>::absent();
    }
    facts.keys = Fact<std::vector<KeyFacts>>::known(std::move(keys));
    return facts;
  }

  /// Executor::perform(): everything is read and decided again. Nothing when it was refused or is stale.
  std::optional<Done> perform(const Decision& decision) {
    const UserFacts facts = look();
    const auto again = decide(facts, history_.policy_on(day_), now_);
    const bool confirmed = std::ranges::any_of(again, [&](const Decision& other) {
      return other.action == decision.action && other.key == decision.key && other.note == decision.note;
    });
    if (!confirmed || any_contains(history_.refused, day_)) return std::nullopt;
    Ledger ledger = facts.ledger.is_known() ? facts.ledger.value() : Ledger{};
    std::vector<AccessKeyId> existing;
    for (const Key& key : keys_) existing.push_back(key.id);
    ledger.forget_all_but(existing);
    std::vector<AccessKeyId> active;
    for (const Key& key : keys_) {
      if (key.status == KeyStatus::active) active.push_back(key.id);
    }
    switch (decision.action) {
      case Action::rotate:
        ledger.forget_inactivity_of(active);
        return rotate(decision, std::move(ledger), existing);
      case Action::deactivate: return deactivate(decision, std::move(ledger));
      case Action::remove: {
        std::erase_if(keys_, [&](const Key& key) { return key.id == *decision.key; });
        return Done{decision, {}};
      }
      default:
        ledger.forget_inactivity_of(active);
        return note(decision, std::move(ledger));
    }
  }

  std::optional<Done> rotate(const Decision& decision, Ledger ledger, const std::vector<AccessKeyId>& existing) {
    ledger.intent = Intent{"20260101T020000Z-abcdef", now_, existing, false};
    if (!record(ledger) || keys_.size() == k_keys_of_a_user) return std::nullopt;
    Key& made = make(now_, Maker::keyward);
    made.last_use = KeyUse{now_, "sts", "us-east-1"};  // GetCallerIdentity proves it
    ledger.intent.reset();
    ledger.reactivated.erase(*decision.key);
    ledger.rotation = Rotation{made.id, *decision.key, now_, false};
    record(ledger);
    return Done{decision, made.id};
  }

  std::optional<Done> deactivate(const Decision& decision, Ledger ledger) {
    const auto death = std::ranges::find(history_.deaths, day_, &Death::day);
    const int calls = death == history_.deaths.end() ? 3 : death->after;
    ledger.deactivating.insert_or_assign(*decision.key, now_);
    dead_ = calls < 3;
    if (!record(ledger) || calls == 1) return std::nullopt;
    find(*decision.key)->status = KeyStatus::inactive;
    if (calls == 2) return std::nullopt;
    ledger.deactivating.erase(*decision.key);
    ledger.announced.erase(*decision.key);
    ledger.deactivated.insert_or_assign(*decision.key, now_);
    record(ledger);
    return Done{decision, {}};
  }

  std::optional<Done> note(const Decision& decision, Ledger ledger) {
    switch (decision.note) {
      case LedgerNote::none:
      case LedgerNote::active_again: break;
      case LedgerNote::first_seen_inactive: ledger.first_seen_inactive.insert_or_assign(*decision.key, now_); break;
      case LedgerNote::announced: ledger.announced.insert_or_assign(*decision.key, now_); break;
      case LedgerNote::reactivated:
        ledger.deactivated.erase(*decision.key);
        ledger.reactivated.insert_or_assign(*decision.key, now_);
        break;
    }
    if (!record(ledger)) return std::nullopt;
    return Done{decision, {}};
  }

  /// False when it does not fit into the tag: the old record stays.
  bool record(const Ledger& ledger) {
    const auto value = format_ledger(ledger);
    if (value) record_ = *value;
    life_.record_overflowed = life_.record_overflowed || !value;
    return value.has_value();
  }

  const History& history_;
  std::vector<Key> keys_;  // the older first
  int made_ = 0;
  std::optional<std::string> record_;  // the tag
  std::optional<Instant> previous_run_;
  int day_ = 0;
  Instant now_;
  bool dead_ = false;
  Life life_;
};

// ---- for the counterexample that RapidCheck prints

std::string_view name_of(Deed deed) {
  switch (deed) {
    case Deed::activate: return "activates";
    case Deed::deactivate: return "deactivates";
    case Deed::remove: return "deletes";
    case Deed::create: return "creates";
    case Deed::forget_record: return "removes the record";
  }
  return "";
}

std::string_view name_of(Unread what) {
  switch (what) {
    case Unread::keys: return "keys";
    case Unread::record: return "record";
    case Unread::exemption: return "exemption";
    case Unread::use_of_older: return "use of the older";
    case Unread::use_of_newer: return "use of the newer";
  }
  return "";
}

void print(std::ostream& out, const Policy& policy) {
  out << "rotate " << policy.rotate_after.count() << " install " << policy.install_grace.count() << " recovery "
      << policy.recovery_grace.count() << " hold " << policy.hold_while_in_use.count() << " warn";
  for (const int day : policy.warn_days) out << ' ' << day;
  out << (policy.conflict == ConflictRule::retire_lru   ? " retire_lru"
          : policy.conflict == ConflictRule::delete_lru ? " delete_lru"
                                                        : " hold")
      << (policy.unused_keys == UnusedRule::retire ? " retire" : " rotate");
}

void print(std::ostream& out, std::string_view name, const std::vector<Span>& spans) {
  for (const Span& span : spans) out << "\n  " << name << " on day " << span.day << " for " << span.days;
}

}  // namespace

const Policy& History::policy_on(int day) const {
  const PolicyChange* last = nullptr;
  for (const PolicyChange& change : policy_changes) {
    if (change.day <= day && (last == nullptr || last->day <= change.day)) last = &change;
  }
  return last == nullptr ? policy : last->policy;
}

std::ostream& operator<<(std::ostream& out, const History& history) {
  out << "\n  policy: ";
  print(out, history.policy);
  for (const PolicyChange& change : history.policy_changes) {
    out << "\n  policy from day " << change.day << ": ";
    print(out, change.policy);
  }
  for (const FirstKey& key : history.keys) out << "\n  a key of age " << key.age << (key.status == KeyStatus::active ? "" : ", inactive");
  for (const Habit& habit : history.habits) {
    out << "\n  habit: used after " << habit.starts_after << " every " << habit.every << " days, stops " << habit.stops_after
        << " after the next is used, " << habit.service;
  }
  for (const Interference& deed : history.people) out << "\n  day " << deed.day << ": a person " << name_of(deed.deed) << ' ' << deed.key;
  print(out, "no run", history.missed);
  for (const Blindness& blind : history.blind) {
    out << "\n  cannot read " << name_of(blind.what) << " on day " << blind.span.day << " for " << blind.span.days;
  }
  print(out, "exempt", history.exempt);
  print(out, "refused", history.refused);
  for (const Death& death : history.deaths) out << "\n  dies on day " << death.day << " after call " << death.after << " of a deactivation";
  for (const int day : history.forgetful) out << "\n  state_dir lost on day " << day;
  for (const int day : history.twice) out << "\n  two runs on day " << day;
  for (const int late : history.start_minutes) out << "\n  starts at minute " << late;
  return out << '\n';
}

Life simulate(const History& history) { return Simulation(history).live(); }

}  // namespace keyward::rotation::life
