#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "life_histories.hpp"
#include "property.hpp"
#include "support/sanitized.hpp"

// What docs/policy.md promises, over 400 days of random users (life_simulation.hpp). A property returns what breaks it.
// Days without a run, unreadable facts and people are part of it: what no run could see is excluded where it is said.
namespace keyward::rotation::life {
namespace {

using base::AccessKeyId;
using base::Instant;
using std::chrono::days;
using std::chrono::hours;

using Broken = std::optional<std::string>;

template <class Property>
void expect_for_lives(const std::string& name, Allowed allowed, Property broken_by) {
  expect_property(name, [&] {
    const History history = *histories(allowed);
    const Broken broken = broken_by(history, simulate(history));
    if (broken) RC_FAIL(*broken);
  });
}

// ---- reading a life

std::string story(const Run& run, const Decision& decision, const std::string& what) {
  std::ostringstream text;
  text << "day " << run.day << ": " << to_string(decision.action) << " (" << to_string(decision.reason) << ") of key "
       << (decision.key ? base::last_four(*decision.key) : "none") << ": " << what;
  return text.str();
}

/// Reached for a daily job, which may start an hour earlier than the day before.
bool passed(Instant due, Instant now) { return due <= now + k_daily_slack; }

const Key* find(const Run& run, const AccessKeyId& id) {
  const auto found = std::ranges::find(run.keys, id, &Key::id);
  return found == run.keys.end() ? nullptr : &*found;
}

const Key* other_active(const Run& run, const AccessKeyId& id) {
  const auto found = std::ranges::find_if(run.keys, [&](const Key& key) { return key.id != id && key.status == KeyStatus::active; });
  return found == run.keys.end() ? nullptr : &*found;
}

/// Takes something away. Switching an inactive key off once more only completes the record.
bool destroys(const Run& run, const Decision& decision) {
  if (decision.action == Action::remove) return true;
  return decision.action == Action::deactivate && find(run, *decision.key)->status == KeyStatus::active;
}

/// `delete_lru` deletes at once and says so.
bool says_at_once(const Run& run, const Decision& decision) {
  return decision.action == Action::remove && decision.reason == Reason::conflict_two_used_keys &&
         run.policy.conflict == ConflictRule::delete_lru;
}

/// Does `check(index of the run, run, decision)` for everything that was carried out or told, until one breaks the property.
template <class Check>
Broken first_broken(const Life& life, Check check) {
  for (std::size_t i = 0; i < life.runs.size(); ++i) {
    for (const Done& done : life.runs[i].done) {
      if (Broken broken = check(i, life.runs[i], done)) return broken;
    }
  }
  return std::nullopt;
}

/// When it was last announced to the owner, in a run before this one, that the key will be deactivated.
std::optional<Instant> announced(const Life& life, std::size_t before, const AccessKeyId& key) {
  for (std::size_t i = before; i-- > 0;) {
    for (const Done& done : life.runs[i].done) {
      if (done.decision.key == key && done.decision.note == LedgerNote::announced) return life.runs[i].at;
    }
  }
  return std::nullopt;
}

/// Every run from `from` to the one before `end` that could see and record it found the key active.
bool stayed_active(const Life& life, std::size_t end, Instant from, const AccessKeyId& id) {
  for (std::size_t i = end; i-- > 0 && life.runs[i].at >= from;) {
    const Key* key = find(life.runs[i], id);
    if (life.runs[i].undisturbed && key != nullptr && key->status != KeyStatus::active) return false;
  }
  return true;
}

bool people_acted(const Life& life, Instant from, Instant to) {
  return std::ranges::any_of(life.people, [&](const PersonsDeed& deed) { return from <= deed.at && deed.at <= to; });
}

/// keyward's proof of a key it made is no use: nobody may know that key.
Instant last_worked_or_never(const Key& key) { return key.first_work ? key.last_use->at : Instant::min(); }

bool is_used_less_recently(const Key& key, const Key& other) { return last_worked_or_never(other) >= last_worked_or_never(key); }

// ---- a key in use is never cut off

Broken cuts_off_a_used_key(const History&, const Life& life) {
  return first_broken(life, [&](std::size_t i, const Run& run, const Done& done) -> Broken {
    const Decision& decision = done.decision;
    if (decision.action != Action::deactivate || !destroys(run, decision)) return std::nullopt;
    const Key& key = *find(run, *decision.key);
    if (!key.first_work) return std::nullopt;
    const Key* other = other_active(run, key.id);
    if (other == nullptr) return story(run, decision, "it is used, and the user's only active key");
    const auto told = announced(life, i, key.id);
    const bool told_in_time = told && passed(*told + run.policy.install_grace, run.at) && stayed_active(life, i, *told, other->id);
    if (decision.reason == Reason::conflict_two_used_keys) {
      if (run.policy.conflict != ConflictRule::retire_lru) return story(run, decision, "the policy does not say so");
      if (!is_used_less_recently(key, *other)) return story(run, decision, "the other key is the less recently used");
      if (!told_in_time) return story(run, decision, "not announced for the whole grace");
      return std::nullopt;
    }
    if (other->number < key.number) return story(run, decision, "there is no newer key");
    const Instant grace_began = run.at - run.policy.install_grace;
    const bool proven = other->maker == Maker::keyward && passed(other->created + run.policy.install_grace, run.at) &&
                        stayed_active(life, i, grace_began, other->id) && stayed_active(life, i, grace_began, key.id);
    if (!proven && !(other->first_work && told_in_time)) return story(run, decision, "no newer key whose grace has run out");
    return std::nullopt;
  });
}

TEST(Life, CutsNoUsedKeyOffBeforeANewerOneHadItsGrace) {
  expect_for_lives("no used key is deactivated without a proven newer one, or an announced one in use", k_anything, cuts_off_a_used_key);
}

// ---- nothing is deleted that was not inactive for the full recovery grace

/// Since when the key has been inactive, as far as a run could see and record it. A run does not read the record of a user
/// with one young active key, and so cannot put it right.
std::optional<Instant> seen_inactive_since(const Life& life, std::size_t before, const AccessKeyId& id) {
  std::optional<Instant> since;
  for (std::size_t i = before; i-- > 0;) {
    const Run& run = life.runs[i];
    const bool by_keyward = std::ranges::any_of(run.done, [&](const Done& done) {
      return done.decision.action == Action::deactivate && done.decision.key == id;
    });
    if (by_keyward) return run.at;
    const Key* key = find(run, id);
    const bool looked = run.undisturbed && !run.facts.ledger.is_unknown();
    if (key == nullptr || (looked && key->status == KeyStatus::active)) break;
    if (key->status == KeyStatus::inactive) since = run.at;
  }
  return since;
}

Broken deletes_too_soon(const History&, const Life& life) {
  return first_broken(life, [&](std::size_t i, const Run& run, const Done& done) -> Broken {
    const Decision& decision = done.decision;
    if (decision.action != Action::remove) return std::nullopt;
    const Key& key = *find(run, *decision.key);
    if (says_at_once(run, decision)) {
      const Key* other = other_active(run, key.id);
      if (other == nullptr || !is_used_less_recently(key, *other)) return story(run, decision, "not the less recently used of two");
      return std::nullopt;
    }
    if (key.status != KeyStatus::inactive) return story(run, decision, "it is active");
    const auto since = seen_inactive_since(life, i, key.id);
    if (!since || !passed(*since + run.policy.recovery_grace, run.at)) return story(run, decision, "not inactive for the whole grace");
    // Also when somebody switched it on and off again while no run looked.
    if (key.last_work && !passed(*key.last_work + run.policy.recovery_grace, run.at)) return story(run, decision, "used within the grace");
    return std::nullopt;
  });
}

TEST(Life, DeletesOnlyAfterTheFullRecoveryGrace) {
  expect_for_lives("nothing is deleted that was not inactive for the full recovery grace", k_anything, deletes_too_soon);
}

// ---- unknown is not "no"

Broken destroys_without(const Run& run, const UserFacts& facts, const std::string& unread) {
  for (const Decision& decision : decide(facts, run.policy, run.at)) {
    if (destroys(run, decision)) return story(run, decision, unread + " could not be read");
  }
  return std::nullopt;
}

UserFacts with_keys(UserFacts facts, std::vector<KeyFacts> keys) {
  facts.keys = Fact<std::vector<KeyFacts>>::known(std::move(keys));
  return facts;
}

/// The facts with one of them unreadable, for each of them.
std::vector<std::pair<std::string, UserFacts>> each_unread(const UserFacts& facts) {
  const std::string why = "AccessDenied";
  std::vector<std::pair<std::string, UserFacts>> all(3, {"", facts});
  all[0].first = "the keys";
  all[0].second.keys = Fact<std::vector<KeyFacts>>::unknown(why);
  all[1].first = "the record";
  all[1].second.ledger = Fact<Ledger>::unknown(why);
  all[2].first = "the exemption";
  all[2].second.exemption = Fact<ExemptionFact>::unknown(why);
  for (std::size_t i = 0; i < facts.keys.value().size(); ++i) {
    std::vector<KeyFacts> keys = facts.keys.value();
    const std::string name = base::last_four(keys[i].id);
    keys[i].last_use = Fact<KeyUse>::unknown(why);
    all.emplace_back("the last use of " + name, with_keys(facts, keys));
    keys = facts.keys.value();
    keys[i].status = KeyStatus::unrecognized;
    all.emplace_back("the status of " + name, with_keys(facts, keys));
  }
  return all;
}

Broken acts_on_unknown_facts(const History&, const Life& life) {
  for (const Run& run : life.runs) {
    const UserFacts& facts = run.facts;
    const auto use_is_unread = [](const KeyFacts& key) { return key.last_use.is_unknown(); };
    const bool use_unread = facts.keys.is_known() && std::ranges::any_of(facts.keys.value(), use_is_unread);
    if (facts.keys.is_unknown() || facts.exemption.is_unknown() || facts.ledger.is_unknown() || use_unread) {
      if (Broken broken = destroys_without(run, facts, "something")) return broken;
    }
    if (std::ranges::none_of(run.decisions, [&](const Decision& decision) { return destroys(run, decision); })) continue;
    for (const auto& [unread, blind] : each_unread(facts)) {
      if (Broken broken = destroys_without(run, blind, unread)) return broken;
    }
  }
  return std::nullopt;
}

TEST(Life, DestroysNothingWhenAFactIsUnknown) {
  expect_for_lives("unknown facts never lead to a destructive step", k_anything, acts_on_unknown_facts);
}

// ---- how old an active key becomes (docs/policy.md, "How old a key can become")

/// Since when an active key is to be replaced: from its date, but from the first run at the earliest, and a key that
/// keyward made not before its predecessor is gone.
Instant overdue_since(const Key& key, const Policy& policy, Instant first_run) {
  days age = policy.rotate_after;
  if (key.maker == Maker::keyward) age = std::max(age, policy.install_grace + policy.hold_while_in_use + policy.recovery_grace);
  return std::max(key.created + age, first_run);
}

Broken outlives(const Life& life, const Policy& policy, hours allowed) {
  for (const Run& run : life.runs) {
    for (const Key& key : run.keys) {
      const auto overdue = run.at - overdue_since(key, policy, life.runs.front().at);
      if (key.status != KeyStatus::active || overdue <= allowed) continue;
      return "day " + std::to_string(run.day) + ": key " + base::last_four(key.id) + " is active and overdue for " +
             std::to_string(std::chrono::duration_cast<hours>(overdue).count()) + " hours";
    }
  }
  return std::nullopt;
}

/// One key at a time, each used from its first day on: rotated within a day, deactivated after the install grace and the
/// hold. An hour for each of the two steps, deletion and deactivation, that follow from another run's time.
Broken outlives_its_handover(const History& history, const Life& life) {
  const Policy& policy = history.policy;
  return outlives(life, policy, policy.install_grace + policy.hold_while_in_use + days(1) + hours(2));
}

TEST(Life, DeactivatesAUsedKeyWithinADayOfItsHandover) {
  expect_property("a used key is active for rotate_after, the install grace, the hold and a day at most", [] {
    History history = *histories({.keys = 1});
    if (history.habits.empty()) history.habits.emplace_back();
    for (Habit& habit : history.habits) habit.starts_after = 0;
    if (Broken broken = outlives_its_handover(history, simulate(history))) RC_FAIL(*broken);
  });
}

/// One or two keys of any origin, used whenever: the longest way is that of an older key that was never used, beside a
/// younger one that was never used.
///   install grace   the younger one may still come into use
///   install grace   the older one is announced, and used on the last day
///   install grace   the younger one is announced, and deactivated
///   recovery grace  it is deleted, and the older one rotated
///   install grace   the older one is handed over, and held while it is in use
/// A day until the first run after the first date, a day from the deletion to the rotation, and an hour for each of the
/// five steps that follow from another run's time.
days longest_way(const Policy& policy) { return 4 * policy.install_grace + policy.recovery_grace + policy.hold_while_in_use; }

Broken outlives_its_pair(const History& history, const Life& life) {
  const Policy& policy = history.policy;
  if (policy.conflict == ConflictRule::hold) return std::nullopt;  // until a person decides
  return outlives(life, policy, longest_way(policy) + days(2) + hours(5));
}

TEST(Life, DeactivatesEveryOverdueKeyInTheEnd) {
  expect_for_lives("no active key outlives the policy and its graces", {}, outlives_its_pair);
}

TEST(Life, TakesNoLessThanTheLongestWay) {
  History history;
  history.policy.hold_while_in_use = days(5);
  history.keys = {{.age = 90}, {.age = 0}};
  history.habits = {{.starts_after = 110}, {.starts_after = k_never}};
  const Life life = simulate(history);
  EXPECT_TRUE(outlives(life, history.policy, longest_way(history.policy)));
  EXPECT_EQ(outlives_its_pair(history, life), std::nullopt);
}

// ---- no livelock

/// A rotation needs a key of the full age, and what it makes is new. So one may come at once, the next ones that age apart;
/// what people do may bring one more each time: they delete the new key, or activate an old one.
Broken rotates_for_ever(const History& history, const Life& life) {
  days age = history.policy.rotate_after;
  for (const PolicyChange& change : history.policy_changes) age = std::min(age, change.policy.rotate_after);
  long rotations = 0;
  for (const Run& run : life.runs) {
    rotations += std::ranges::count(run.done, Action::rotate, [](const Done& done) { return done.decision.action; });
  }
  const auto people = static_cast<long>(life.people.size());
  const long allowed = 1 + days(k_days) / (age - k_daily_slack) + people;
  if (rotations > allowed) return std::to_string(rotations) + " rotations, allowed " + std::to_string(allowed);
  // The first replacement of a key that nobody uses is retired. A record that a person removed is no memory of it.
  if (history.habits.empty() && rotations > 1 + people) return "never used, and rotated " + std::to_string(rotations) + " times";
  return std::nullopt;
}

TEST(Life, RotatesNoKeyForEver) {
  expect_for_lives("the number of rotations is bounded", k_anything, rotates_for_ever);
}

TEST(Life, RotatesAnUnusedUserOnce) {
  expect_property("a never-used key is not re-created for ever", [] {
    History history = *histories(k_anything);
    history.habits.clear();
    if (Broken broken = rotates_for_ever(history, simulate(history))) RC_FAIL(*broken);
  });
}

/// The same entry for the same key again, although nobody did anything to the user's keys meanwhile. An announcement may
/// be made again two weeks after its date.
Broken repeats_a_note(const History&, const Life& life) {
  std::map<std::pair<std::string, LedgerNote>, Instant> written;
  return first_broken(life, [&](std::size_t, const Run& run, const Done& done) -> Broken {
    if (done.decision.note == LedgerNote::none) return std::nullopt;
    const auto [before, is_new] = written.emplace(std::pair{done.decision.key->str(), done.decision.note}, run.at);
    const bool is_announcement = done.decision.note == LedgerNote::announced;
    const bool forgotten = is_announcement && passed(before->second + run.policy.install_grace + days(14), run.at);
    if (!is_new && !forgotten && !people_acted(life, before->second, run.at)) return story(run, done.decision, "noted again");
    before->second = run.at;
    return std::nullopt;
  });
}

TEST(Life, NotesNothingAgainAndAgain) {
  expect_for_lives("nothing is noted twice unless people change the keys", k_anything, repeats_a_note);
}

TEST(Life, NeedsNoMoreRoomThanATagHas) {
  expect_for_lives("the record fits into its tag", k_anything, [](const History&, const Life& life) -> Broken {
    if (life.record_overflowed) return "it did not once";
    return std::nullopt;
  });
}

// ---- a pure function

auto everything_of(const Decision& decision) {
  const KeyUse use = decision.last_use.value_or(KeyUse{});
  return std::tuple(decision.action, decision.reason, decision.key, decision.due, decision.days_left, decision.note, decision.detail,
                    decision.last_use.has_value(), use.at, use.service, use.region);
}

bool same(const std::vector<Decision>& some, const std::vector<Decision>& others) {
  return std::ranges::equal(some, others, {}, everything_of, everything_of);
}

/// The runs are asked again last to first, so that a memory of the calls before would show.
Broken is_moody(const History&, const Life& life) {
  for (auto run = life.runs.rbegin(); run != life.runs.rend(); ++run) {
    const std::string day = "day " + std::to_string(run->day) + ": ";
    if (!same(decide(run->facts, run->policy, run->at), run->decisions)) return day + "the same facts, other decisions";
    if (!run->facts.keys.is_known()) continue;
    std::vector<KeyFacts> keys = run->facts.keys.value();
    std::ranges::reverse(keys);
    const UserFacts turned = with_keys(run->facts, std::move(keys));
    if (!same(decide(turned, run->policy, run->at), run->decisions)) return day + "the order of the keys matters";
  }
  return std::nullopt;
}

TEST(Life, DecidesTheSameFromTheSameFacts) {
  expect_for_lives("the same facts give the same decisions, in whichever order the keys are", k_anything, is_moody);
}

/// A decision that follows from another one of the same run is still right once that one was carried out.
Broken decides_what_it_does_not_do(const History&, const Life& life) {
  for (const Run& run : life.runs) {
    const auto is_done = [&](const Decision& decision) {
      return std::ranges::any_of(run.done, [&](const Done& done) { return everything_of(done.decision) == everything_of(decision); });
    };
    for (const Decision& decision : run.decisions) {
      if (run.undisturbed && !is_done(decision)) return story(run, decision, "decided and not done");
    }
  }
  return std::nullopt;
}

TEST(Life, DoesWhatItDecides) {
  expect_for_lives("no decision of a run is stale in the same run", k_anything, decides_what_it_does_not_do);
}

// ---- warnings come before actions

bool warns_of(const Decision& warning, const Decision& action) {
  const Reason reason = action.action == Action::remove ? Reason::key_pending_deletion : Reason::key_pending_deactivation;
  return warning.action == Action::warn && warning.reason == reason && warning.key == action.key;
}

/// From `from` to this run there was one run every day, each could read and record everything, and nobody touched keys or policy.
bool was_quiet(const History& history, const Life& life, std::size_t end, Instant from) {
  const Instant now = life.runs[end].at;
  if (life.runs.front().at > from) return false;
  if (people_acted(life, from, now)) return false;
  int day = life.runs[end].day;
  for (std::size_t i = end; i-- > 0;) {
    const Run& run = life.runs[i];
    if (run.day != day - 1) return false;
    if (run.at < from) break;
    if (!run.undisturbed) return false;
    day = run.day;
  }
  const auto meanwhile = [&](const PolicyChange& change) { return day <= change.day && change.day <= life.runs[end].day; };
  return std::ranges::none_of(history.policy_changes, meanwhile);
}

/// In quiet times the largest stage of warn_days that lies within the grace was told that many days before.
Broken acts_unwarned(const History& history, const Life& life) {
  return first_broken(life, [&](std::size_t i, const Run& run, const Done& done) -> Broken {
    const Decision& decision = done.decision;
    if (!destroys(run, decision) || says_at_once(run, decision)) return std::nullopt;
    const Policy& policy = run.policy;
    const bool deletes = decision.action == Action::remove;
    const days grace = deletes ? policy.recovery_grace : policy.install_grace;
    const days held = deletes ? days(0) : policy.hold_while_in_use;
    days stage(0);
    for (const int day : policy.warn_days) {
      if (days(day) < grace) stage = std::max(stage, days(day));
    }
    if (stage == days(0) || !was_quiet(history, life, i, run.at - grace - held - days(1))) return std::nullopt;
    for (std::size_t j = 0; j < i && passed(life.runs[j].at + stage, run.at); ++j) {
      const auto& told = life.runs[j].done;
      if (std::ranges::any_of(told, [&](const Done& earlier) { return warns_of(earlier.decision, decision); })) return std::nullopt;
    }
    return story(run, decision, "nobody was warned " + std::to_string(stage.count()) + " days before");
  });
}

/// Without second runs: they make dates at other hours, between which and the daily run a stage may come a day late.
TEST(Life, WarnsBeforeItActs) {
  expect_property("deactivation and deletion come after their warnings", [] {
    History history = *histories(k_anything);
    history.twice.clear();
    if (Broken broken = acts_unwarned(history, simulate(history))) RC_FAIL(*broken);
  });
}

/// The last date that the owner was told for a key holds, unless people change the user's keys after that.
Broken comes_before_its_date(const History&, const Life& life) {
  std::map<std::string, std::pair<Decision, Instant>> told;
  return first_broken(life, [&](std::size_t, const Run& run, const Done& done) -> Broken {
    const Decision& decision = done.decision;
    if (decision.action == Action::warn) told.insert_or_assign(decision.key->str(), std::pair{decision, run.at});
    if (!destroys(run, decision) || says_at_once(run, decision)) return std::nullopt;
    const auto warning = told.find(decision.key->str());
    if (warning == told.end()) return std::nullopt;
    const auto& [said, at] = warning->second;
    if (!warns_of(said, decision) || people_acted(life, at, run.at)) return std::nullopt;
    const Instant due = *said.due;
    if (!passed(due, run.at)) return story(run, decision, "its owner was told " + base::format_iso8601(due));
    return std::nullopt;
  });
}

TEST(Life, ActsNotBeforeTheDateItTold) {
  constexpr Allowed k_one_policy{.people = true, .missed_runs = true, .trouble = true};
  expect_for_lives("nothing happens before the date that was told", k_one_policy, comes_before_its_date);
}

/// The stage of warn_days that a warning belongs to; an announcement may come before all of them.
int stage_of(const Policy& policy, int days_left) {
  int stage = k_never;
  for (const int day : policy.warn_days) {
    if (days_left <= day) stage = std::min(stage, day);
  }
  return stage;
}

/// Without the memory of the run before, and after people changed the keys, an owner may hear of a date again.
Broken repeats_a_warning(const History&, const Life& life) {
  std::map<std::tuple<std::string, Reason, Instant>, std::pair<int, Instant>> last;
  return first_broken(life, [&](std::size_t, const Run& run, const Done& done) -> Broken {
    const Decision& decision = done.decision;
    if (decision.action != Action::warn) return std::nullopt;
    const int stage = stage_of(run.policy, *decision.days_left);
    const auto [before, is_new] = last.try_emplace(std::tuple{decision.key->str(), decision.reason, *decision.due}, stage, run.at);
    const auto [last_stage, last_at] = before->second;
    const bool repeated = !is_new && last_stage <= stage;
    if (repeated && !people_acted(life, last_at, run.at)) return story(run, decision, "warned of the same stage before");
    before->second = {stage, run.at};
    return std::nullopt;
  });
}

TEST(Life, WarnsOnceAStage) {
  expect_for_lives("each warning stage is told once a date", {.people = true, .missed_runs = true}, repeats_a_warning);
}

// ---- missed weeks never shorten a grace

/// When the stage that a decision ends began for this key; nothing when it ends none.
std::vector<std::pair<std::string, Instant>> ends_of_graces(const Life& life, std::size_t i, const Done& done) {
  const Run& run = life.runs[i];
  const Policy& policy = run.policy;
  const Key& key = *find(run, *done.decision.key);
  std::vector<std::pair<std::string, Instant>> ends;
  if (done.decision.action == Action::remove) {
    if (key.last_work) ends.emplace_back("recovery grace since it was last used", *key.last_work + policy.recovery_grace);
    const auto since = seen_inactive_since(life, i, key.id);
    if (since) ends.emplace_back("recovery grace", *since + policy.recovery_grace);
    return ends;
  }
  for (std::size_t j = 0; j < i; ++j) {
    for (const Done& earlier : life.runs[j].done) {
      const bool about_it = earlier.decision.key == key.id;
      const bool prepared = earlier.decision.action == Action::rotate || earlier.decision.note == LedgerNote::announced;
      if (about_it && prepared) ends.emplace_back("install grace", life.runs[j].at + policy.install_grace);
    }
  }
  if (ends.empty()) ends.emplace_back("preparation", Instant::max());
  const bool conflict = done.decision.reason == Reason::conflict_two_used_keys;
  if (conflict && !key.last_use) ends.emplace_back("time to come into use", key.created + 2 * policy.install_grace);
  return ends;
}

Broken shortens_a_grace(const History&, const Life& life) {
  return first_broken(life, [&](std::size_t i, const Run& run, const Done& done) -> Broken {
    if (!destroys(run, done.decision) || says_at_once(run, done.decision)) return std::nullopt;
    for (const auto& [grace, end] : ends_of_graces(life, i, done)) {
      if (!passed(end, run.at)) return story(run, done.decision, "the " + grace + " has not run out");
    }
    return std::nullopt;
  });
}

TEST(Life, GivesEveryGraceInFullAfterMissedWeeks) {
  expect_property("missed weeks never shorten a grace", [] {
    History history = *histories({.people = true, .missed_runs = true});
    // Many of them just when people change the keys.
    const auto length = rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, 30));
    for (const Interference& deed : history.people) history.missed.push_back({deed.day, *length});
    if (Broken broken = shortens_a_grace(history, simulate(history))) RC_FAIL(*broken);
  });
}

// ---- that all this happens

std::set<std::string> what_happens(const Life& life) {
  std::set<std::string> all;
  for (const Run& run : life.runs) {
    for (const auto& [decision, new_key] : run.done) {
      all.insert(std::string(to_string(decision.action)) + " " + std::string(to_string(decision.reason)));
      if (decision.note == LedgerNote::active_again) all.insert("active again");
      if (decision.action == Action::deactivate && !destroys(run, decision)) all.insert("deactivation completed");
    }
  }
  return all;
}

/// A property about deletions says nothing of lives without one. What random lives must have in them, counted over 1,000.
TEST(Life, IsRichEnoughToTestWith) {
  if (test::k_sanitized) GTEST_SKIP() << "of numbers only";
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    const History history = histories(k_anything)(rc::Random(seed), rc::kNominalSize).value();
    for (const std::string& what : what_happens(simulate(history))) ++seen[what];
  }
  for (const char* what :
       {"rotate expired_active_key", "rotate unused_expired_key", "deactivate install_grace_period_end",
        "deactivate unused_expired_key", "deactivate conflict_two_used_keys", "delete recovery_grace_period_end",
        "delete conflict_two_used_keys", "warn key_pending_rotation", "warn key_pending_deactivation",
        "warn key_pending_deletion", "note first_seen_inactive", "hold fact_unknown", "hold rolled_back",
        "hold reactivated", "hold replacement_missing", "hold conflict_two_used_keys", "wait held_while_in_use",
        "wait waiting_for_other_key", "wait waiting_for_new_key_use", "none exempt_user", "none exemption_unreadable",
        "active again", "deactivation completed"}) {
    EXPECT_GE(seen[what], 10) << what;
  }
}

}  // namespace
}  // namespace keyward::rotation::life
