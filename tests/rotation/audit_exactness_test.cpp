#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <tuple>

#include "audited_account.hpp"
#include "base/files.hpp"
#include "property.hpp"
#include "sandbox/scenario.hpp"

// The audit by credential report decides what an audit of every user decides, although the report may be four hours
// old, the cache be lost, damaged or of an earlier day, and people and keyward change keys until the run begins.
//
// Compared on every run, for every user of either listing: the decisions that act, tell or record, that is all but
// `none`, in their order, each with action, reason, key, note, due date and days left. `none` equals `none`, whatever
// its reason; a user whom only one of the two lists must have nothing but `none`.
//
// And what it says of the keys of a user whom it did not ask for was so when the report was made, or is so now.
//
// Left out, because no number of calls that is independent of the users tells it:
// - what another host of keyward does within those hours;
// - a user who was renamed within those hours: his old name is gone and his new one not in the report yet;
// - a key of a status that keyward does not know;
// - that keys cannot be listed of a user whose keys need not be listed;
// - a forced deactivation that AWS refused after the record said that it was begun, when somebody else then switches
// that key
//   off within those hours.
// Dates of AWS are whole seconds: the report and what changes keys do not fall into the same one.
namespace keyward::rotation::audited {
namespace {

using base::AccessKeyId;
using base::Instant;
using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;
namespace gen = rc::gen;

constexpr int k_names = 4;
constexpr int k_stale_minutes = 4 * 60 - 1;  // AWS makes a new report after four hours
const std::vector<std::string> k_services{"s3", "sts"};

// ---- histories

enum class Deed {
  make_key,
  delete_key,
  switch_off,
  switch_on,
  use_key,
  replace_key,  ///< a person makes one and deletes the other
  keep_older,   ///< a person deletes the newer one and switches the older one on
  make_user,
  delete_user,
  remake_user,  ///< deleted and made again, in another case
  join_group,
  leave_group,
  opt_in,
  opt_out,
  spoil_record,
  remove_record,
  force_rotation,     ///< keyward rotate
  force_compromised,  ///< keyward rotate --compromised
  die_with_intent,    ///< the same, killed before the key was made
  die_with_key,       ///< killed before it was stored
};
constexpr int k_deeds = static_cast<int>(Deed::die_with_key) + 1;

/// Somebody does something to one of the users and one of his keys.
struct Act {
  Deed deed = Deed::make_key;
  int user = 0;
  int key = 0;
  int when = 0;  ///< in parts of a thousand of its time
};

enum class Cache { kept, lost, cut, of_an_earlier_day };

struct Run {
  int gap = 1440;       ///< minutes since the run before
  int report_age = -1;  ///< minutes; negative: nobody has asked for a report
  Cache cache = Cache::kept;
  int cache_part = 0;       ///< how much is left of it, or which earlier one it is; in parts of a thousand
  bool carried_out = true;  ///< no dry run
  bool remembers = true;    ///< when the account was last audited
  int policy = 0;
  std::string denied;       ///< an action of IAM
  std::vector<Act> before;  ///< since the last run
  std::vector<Act> lately;  ///< in the hours of a stale report
};

struct FirstUser {
  int age = 0;            ///< days
  std::vector<int> keys;  ///< their ages in days
};

struct History {
  std::vector<FirstUser> users;
  std::vector<Policy> policies;
  UserSelection selection;
  std::vector<Run> runs;
};

std::ostream& operator<<(std::ostream& out, const Act& act) {
  return out << "{Deed(" << static_cast<int>(act.deed) << ") user " << act.user << " key " << act.key << " at "
             << act.when << "}";
}

std::ostream& operator<<(std::ostream& out, const Run& run) {
  out << "\n  run after " << run.gap << " min, report " << run.report_age << " min old, cache "
      << static_cast<int>(run.cache) << "/" << run.cache_part << ", " << (run.carried_out ? "carried out" : "dry")
      << (run.remembers ? "" : ", forgetful") << ", policy " << run.policy << ", denied '" << run.denied
      << "', before:";
  for (const Act& act : run.before) out << " " << act;
  out << ", lately:";
  for (const Act& act : run.lately) out << " " << act;
  return out;
}

std::ostream& operator<<(std::ostream& out, const History& history) {
  out << "users:";
  for (const FirstUser& user : history.users) {
    out << " " << user.age << "d{";
    for (const int age : user.keys) out << " " << age;
    out << " }";
  }
  out << "\npolicies:";
  for (const Policy& policy : history.policies) {
    out << " {rotate " << policy.rotate_after.count() << " install " << policy.install_grace.count() << " recovery "
        << policy.recovery_grace.count() << " warn";
    for (const int day : policy.warn_days) out << " " << day;
    out << " conflict " << static_cast<int>(policy.conflict) << " unused " << static_cast<int>(policy.unused_keys)
        << " hold " << policy.hold_while_in_use.count() << "}";
  }
  out << "\nopt-in: " << (history.selection.by_default == Participation::opt_in)
      << " group: " << history.selection.exempt_group << " exempt: " << history.selection.exempt.size() << "\nruns:";
  for (const Run& run : history.runs) out << run;
  return out;
}

rc::Gen<int> number(int least, int most) { return gen::resize(rc::kNominalSize, gen::inRange(least, most + 1)); }

template <class T>
rc::Gen<std::vector<T>> up_to(int most, rc::Gen<T> element) {
  return gen::resize(most, gen::container<std::vector<T>>(std::move(element)));
}

rc::Gen<days> some_days(rc::Gen<int> count) {
  return gen::map(std::move(count), [](int d) { return days(d); });
}

rc::Gen<Policy> policies() {
  const auto fitting = [](Policy policy) {
    std::erase_if(policy.warn_days,
                  [&](int day) { return days(day) >= policy.rotate_after; });  // as the configuration demands
    return policy;
  };
  return gen::map(
      gen::build<Policy>(
          gen::set(&Policy::rotate_after, some_days(gen::element(1, 2, 10, 30, 90, 90))),
          gen::set(&Policy::install_grace, some_days(gen::element(1, 3, 10))),
          gen::set(&Policy::recovery_grace, some_days(gen::element(1, 3, 10))),
          gen::set(&Policy::warn_days, gen::weightedElement<std::vector<int>>(
                                           {{1, {14, 7, 3, 1}}, {1, {10}}, {1, {3, 1}}, {1, {9, 2}}, {1, {}}})),
          gen::set(&Policy::hold_while_in_use, some_days(gen::element(0, 0, 2))),
          gen::set(&Policy::conflict,
                   gen::element(ConflictRule::retire_lru, ConflictRule::delete_lru, ConflictRule::hold)),
          gen::set(&Policy::unused_keys, gen::element(UnusedRule::rotate, UnusedRule::retire))),
      fitting);
}

rc::Gen<Act> acts() {
  const auto any = gen::map(number(0, k_deeds - 1), [](int deed) { return static_cast<Deed>(deed); });
  // What a record on a user with one young key comes from, and what makes it matter again.
  const auto telling = gen::element(Deed::force_compromised, Deed::keep_older, Deed::switch_off, Deed::make_key);
  const auto deed = gen::weightedOneOf<Deed>({{1, any}, {1, telling}});
  return gen::build<Act>(
      gen::set(&Act::deed, deed),
      gen::set(&Act::user, gen::weightedOneOf<int>({{3, gen::just(0)}, {2, number(0, k_names - 1)}})),
      gen::set(&Act::key, number(0, 1)), gen::set(&Act::when, number(0, 999)));
}

rc::Gen<Run> runs() {
  return gen::build<Run>(
      gen::set(&Run::gap,
               gen::weightedOneOf<int>({{6, number(1410, 1470)}, {2, number(30, 300)}, {3, number(1440, 14400)}})),
      gen::set(&Run::report_age, gen::weightedOneOf<int>({{1, gen::just(-1)}, {3, number(0, k_stale_minutes)}})),
      gen::set(&Run::cache, gen::weightedElement<Cache>(
                                {{6, Cache::kept}, {1, Cache::lost}, {1, Cache::cut}, {2, Cache::of_an_earlier_day}})),
      gen::set(&Run::cache_part, number(0, 999)),
      gen::set(&Run::carried_out, gen::weightedElement<bool>({{4, true}, {1, false}})),
      gen::set(&Run::remembers, gen::weightedElement<bool>({{5, true}, {1, false}})),
      gen::set(&Run::policy, number(0, 2)),
      gen::set(&Run::denied, gen::weightedElement<std::string>({{20, ""},
                                                                {1, "ListUserTags"},
                                                                {1, "GetGroup"},
                                                                {1, "GetAccessKeyLastUsed"},
                                                                {1, "GenerateCredentialReport"}})),
      gen::set(&Run::before, up_to(4, acts())), gen::set(&Run::lately, up_to(3, acts())));
}

std::string name_of(int user) {
  static const std::vector<std::string> k_all{"anna", "build,server", "legacy@fax", "zoe"};
  return k_all.at(static_cast<std::size_t>(user));
}

rc::Gen<UserSelection> selections() {
  const auto make = [](const std::tuple<bool, bool, bool>& chosen) {
    UserSelection selection;
    if (std::get<0>(chosen)) selection.by_default = Participation::opt_in;
    selection.include = {{{{"RotateKey", "True"}}}};
    if (std::get<1>(chosen)) selection.exempt_group = sandbox::k_exemption_group;
    const auto until = base::parse_iso8601("2026-02-15T00:00:00Z");
    if (std::get<2>(chosen))
      selection.exempt = {
          {*base::AccountId::parse("222222222222"), *base::UserName::parse("ANNA"), until, "vendor", ""}};
    return selection;
  };
  const auto seldom = gen::weightedElement<bool>({{3, false}, {1, true}});
  return gen::map(gen::tuple(seldom, gen::element(false, true), seldom), make);
}

rc::Gen<History> histories() {
  const auto users = gen::build<FirstUser>(gen::set(&FirstUser::age, number(100, 300)),
                                           gen::set(&FirstUser::keys, up_to(2, number(0, 100))));
  return gen::build<History>(
      gen::set(&History::users, gen::resize(k_names, gen::container<std::vector<FirstUser>>(k_names, users))),
      gen::set(&History::policies, gen::container<std::vector<Policy>>(3, policies())),
      gen::set(&History::selection, selections()), gen::set(&History::runs, up_to(90, runs())));
}

// ---- a history lived through

/// What was compared, over all cases: that the property is not true of nothing.
struct Tally {
  std::uint64_t runs = 0, stale = 0, users = 0, not_asked = 0, decisions = 0;
};
Tally tally;

using Comparable =
    std::tuple<Action, Reason, std::optional<AccessKeyId>, LedgerNote, std::optional<Instant>, std::optional<int>>;

std::vector<Comparable> what_counts(const std::vector<Decision>& decisions) {
  std::vector<Comparable> all;
  for (const Decision& decision : decisions) {
    if (decision.action == Action::none && decision.note == LedgerNote::none) continue;
    all.emplace_back(decision.action, decision.reason, decision.key, decision.note, decision.due, decision.days_left);
  }
  return all;
}

std::string shown(const std::vector<Decision>& decisions) {
  std::string text;
  for (const Decision& decision : decisions) {
    text += std::string(to_string(decision.action)) + " (" + std::string(to_string(decision.reason)) + ") " +
            (decision.key ? base::last_four(*decision.key) : "") +
            (decision.due ? " due " + base::format_iso8601(*decision.due) : "") + " " + decision.detail + "; ";
  }
  return text;
}

class Lived {
 public:
  explicit Lived(const History& history) : history_(history) {
    for (std::size_t i = 0; i < history.users.size(); ++i) {
      const FirstUser& first = history.users[i];
      sandbox::User& user = world_.make_user(name_of(static_cast<int>(i)));
      user.created = world_.now() - days(first.age);
      for (const int age : first.keys) world_.make_key(user, days(age) + seconds(30));
    }
  }

  void live() {
    for (const Run& run : history_.runs) {
      happen(run);
      trouble(run);
      compare(run);
    }
  }

 private:
  struct Event {
    Instant at;
    const Act* act;
  };

  void happen(const Run& run) {
    const Instant last = world_.now();
    const Instant start = std::chrono::ceil<minutes>(last + minutes(run.gap));
    std::vector<Event> events;
    const auto add = [&](const Act& act, Instant from) {
      const auto length = std::chrono::floor<minutes>(start - from);
      events.push_back({std::chrono::floor<minutes>(from) + length * act.when / 1000, &act});
    };
    for (const Act& act : run.before) add(act, last);
    for (const Act& act : run.lately) add(act, std::max(last, start - minutes(k_stale_minutes)));
    std::ranges::sort(events, {}, [](const Event& event) { return std::pair(event.at, event.act); });
    Instant free = last + seconds(1);
    const Instant reported = start - minutes(run.report_age);
    bool pending = run.report_age >= 0 && reported > last;
    for (const Event& event : events) {
      const Instant at = std::max(std::chrono::floor<minutes>(event.at) + seconds(30), free);
      if (at >= start) break;
      if (pending && reported <= at) make_report(reported, pending);
      world_.set_time(at);
      act(*event.act);
      free = at + seconds(1);
    }
    if (pending) make_report(reported, pending);
    world_.set_time(start);
  }

  void make_report(Instant at, bool& pending) {
    world_.set_time(at);
    world_.somebody_asks_for_a_report();
    note_reported();
    pending = false;
    ++tally.stale;
  }

  void note_reported() {
    reported_.clear();
    for (const auto& [name, user] : world_.account().users) reported_.emplace(name, keys_of(user));
  }

  using Keys = std::set<std::tuple<std::string, bool, Instant>>;
  static Keys keys_of(const sandbox::User& user) {
    Keys keys;
    for (const auto& key : user.keys) keys.emplace(key.id, key.active, key.created);
    return keys;
  }
  static Keys keys_of(const UserFacts& facts) {
    Keys keys;
    for (const KeyFacts& key : facts.keys.value())
      keys.emplace(key.id.str(), key.status == KeyStatus::active, key.created);
    return keys;
  }

  sandbox::User* find(int user) {
    auto& users = world_.account().users;
    const auto found = users.find(name_of(user));
    return found == users.end() ? nullptr : &found->second;
  }

  // ---- people, and keyward between two runs

  void act(const Act& act) {
    sandbox::User* user = find(act.user);
    if (user == nullptr) {
      if (act.deed == Deed::make_user || act.deed == Deed::remake_user) world_.make_user(spelled(act));
      return;
    }
    const auto index = static_cast<std::size_t>(act.key);
    sandbox::AccessKey* key = index < user->keys.size() ? &user->keys[index] : nullptr;
    switch (act.deed) {
      case Deed::make_key:
        if (user->keys.size() < 2) world_.make_key(*user);
        return;
      case Deed::delete_key:
        if (key != nullptr) world_.delete_key(*user, std::string(key->id));
        return;
      case Deed::switch_off:
      case Deed::switch_on:
        if (key != nullptr) world_.set_status(*key, act.deed == Deed::switch_on);
        return;
      case Deed::use_key:
        if (key != nullptr && key->active)
          key->last_used = sandbox::LastUsed{world_.now(), k_services[index % 2], "us-east-1"};
        return;
      case Deed::replace_key:
        if (key == nullptr) return;
        world_.delete_key(*user, std::string(key->id));
        world_.make_key(*user);
        return;
      case Deed::keep_older:
        if (user->keys.empty()) return;
        if (user->keys.size() == 2) world_.delete_key(*user, std::string(user->keys[1].id));
        world_.set_status(user->keys[0], true);
        return;
      case Deed::make_user: return;
      case Deed::delete_user: world_.delete_user(name_of(act.user)); return;
      case Deed::remake_user: {
        world_.delete_user(name_of(act.user));
        sandbox::User& again = world_.make_user(spelled(act));
        if (act.key == 1) world_.make_key(again);
        return;
      }
      case Deed::join_group: user->groups.insert(sandbox::k_exemption_group); return;
      case Deed::leave_group: user->groups.erase(sandbox::k_exemption_group); return;
      case Deed::opt_in: user->tags.insert_or_assign("rotatekey", "True"); return;
      case Deed::opt_out: user->tags.erase("rotatekey"); return;
      case Deed::spoil_record: user->tags.insert_or_assign(std::string(k_ledger_tag), "edited by hand"); return;
      case Deed::remove_record: user->tags.erase(std::string(k_ledger_tag)); return;
      case Deed::force_rotation:
      case Deed::force_compromised:
      case Deed::die_with_intent:
      case Deed::die_with_key: force(*user, act); return;
    }
  }

  static std::string spelled(const Act& act) {
    return act.key == 0 ? name_of(act.user) : sandbox_upper(name_of(act.user));
  }
  static std::string sandbox_upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return text;
  }

  void forget(KeyCache& cache, const sandbox::User& user) {
    cache.forget(*base::UserName::parse(user.name));
    save(cache);
  }

  void save(KeyCache& cache) {
    RC_ASSERT(cache.save().has_value());
    const auto content = base::read_whole(world_.cache_file());
    if (content && (earlier_.empty() || earlier_.back() != *content)) earlier_.push_back(*content);
  }

  /// A command between two runs, with a cache object of its own.
  void force(sandbox::User& user, const Act& act) {
    const auto tag = user.tags.find(k_ledger_tag);
    const bool readable = tag == user.tags.end() || parse_ledger(tag->second);
    if (!readable || user.keys.empty() || world_.ledger_of(user).intent) return;
    KeyCache cache(world_.cache_file(), world_.id());
    Ledger ledger = tidied(user);
    if (act.deed == Deed::force_compromised) {
      sandbox::AccessKey& key = user.keys[static_cast<std::size_t>(act.key) % user.keys.size()];
      forget(cache, user);
      switch_off(user, key, ledger);
      if (user.keys.size() == 2 || act.when % 3 == 0) return;  // no room, or in quarantine
      rotate(user, key.id, true);
      return;
    }
    if (user.keys.size() != 1 || !user.keys[0].active) return;
    forget(cache, user);
    if (act.deed == Deed::force_rotation) {
      rotate(user, user.keys[0].id, true);
      return;
    }
    ledger.intent = Intent{"20260101T020000Z-abcdef", world_.now(), {id_of(user.keys[0])}, true};
    if (world_.set_ledger(user, ledger) && act.deed == Deed::die_with_key) world_.make_key(user);
  }

  // ---- what keyward does, and what it records (rotation/executor.cpp)

  static AccessKeyId id_of(const sandbox::AccessKey& key) { return *AccessKeyId::parse(key.id); }

  Ledger tidied(const sandbox::User& user) const {
    Ledger ledger = world_.ledger_of(user);
    std::vector<AccessKeyId> existing;
    for (const auto& key : user.keys) existing.push_back(id_of(key));
    ledger.forget_all_but(existing);
    return ledger;
  }

  static std::vector<AccessKeyId> active(const sandbox::User& user) {
    std::vector<AccessKeyId> keys;
    for (const auto& key : user.keys) {
      if (key.active) keys.push_back(id_of(key));
    }
    return keys;
  }

  void rotate(sandbox::User& user, std::string old, bool forced) {
    if (user.keys.size() != 1) return;
    Ledger ledger = tidied(user);
    ledger.forget_inactivity_of(active(user));
    ledger.reactivated.erase(*AccessKeyId::parse(old));
    sandbox::AccessKey& made = world_.make_key(user);
    made.last_used = sandbox::LastUsed{world_.now(), "sts", "us-east-1"};
    ledger.rotation = Rotation{id_of(made), *AccessKeyId::parse(old), world_.now(), forced};
    world_.set_ledger(user, ledger);
  }

  void switch_off(sandbox::User& user, sandbox::AccessKey& key, Ledger ledger) {
    world_.set_status(key, false);
    ledger.announced.erase(id_of(key));
    ledger.deactivated.insert_or_assign(id_of(key), world_.now());
    world_.set_ledger(user, ledger);
  }

  void carry_out(sandbox::User& user, const Decision& decision) {
    const auto key =
        std::ranges::find_if(user.keys, [&](const auto& one) { return decision.key && one.id == decision.key->str(); });
    if (key == user.keys.end()) return;
    Ledger ledger = tidied(user);
    switch (decision.action) {
      case Action::rotate: rotate(user, key->id, false); return;
      case Action::deactivate: switch_off(user, *key, std::move(ledger)); return;
      case Action::remove: world_.delete_key(user, std::string(key->id)); return;
      default: break;
    }
    ledger.forget_inactivity_of(active(user));
    switch (decision.note) {
      case LedgerNote::first_seen_inactive:
        ledger.first_seen_inactive.insert_or_assign(*decision.key, world_.now());
        break;
      case LedgerNote::announced: ledger.announced.insert_or_assign(*decision.key, world_.now()); break;
      case LedgerNote::reactivated:
        ledger.deactivated.erase(*decision.key);
        ledger.reactivated.insert_or_assign(*decision.key, world_.now());
        break;
      case LedgerNote::none:
      case LedgerNote::active_again: break;
    }
    world_.set_ledger(user, ledger);
  }

  /// What was interrupted is undone.
  void settle(sandbox::User& user) {
    Ledger ledger = world_.ledger_of(user);
    const std::vector<AccessKeyId> existed = ledger.intent->keys;
    std::vector<std::string> made;
    for (const auto& key : user.keys) {
      if (std::ranges::find(existed, id_of(key)) == existed.end()) made.push_back(key.id);
    }
    for (const std::string& key : made) world_.delete_key(user, key);
    ledger.intent.reset();
    world_.set_ledger(user, ledger);
  }

  // ---- a run

  void trouble(const Run& run) {
    const std::string file = world_.cache_file();
    const auto content = base::read_whole(file);
    if (run.cache == Cache::lost) std::filesystem::remove(file);
    if (run.cache == Cache::cut && content) {
      std::ofstream(file, std::ios::binary)
          << content->substr(0, content->size() * static_cast<std::size_t>(run.cache_part) / 1000);
    }
    if (run.cache == Cache::of_an_earlier_day && !earlier_.empty()) {
      std::ofstream(file, std::ios::binary)
          << earlier_[earlier_.size() * static_cast<std::size_t>(run.cache_part) / 1000];
    }
  }

  void compare(const Run& run) {
    const Policy& policy = history_.policies.at(static_cast<std::size_t>(run.policy));
    const std::optional<Instant> previous = run.remembers ? previous_ : std::nullopt;
    if (!run.denied.empty()) world_.deny({run.denied});
    KeyCache cache(world_.cache_file(), world_.id());
    const Instant started = world_.now();
    const Verdicts sparing = world_.audit(Listing::sparing, cache, policy, history_.selection, previous);
    const auto& report = world_.account().credential_report;
    if (report && report->generated >= started) note_reported();  // made for this run
    KeyCache nothing;
    const Verdicts full = world_.audit(Listing::complete, nothing, policy, history_.selection, previous);
    world_.deny({});
    ++tally.runs;
    std::set<base::UserName> names;
    for (const auto* verdicts : {&sparing, &full}) {
      for (const auto& [name, verdict] : *verdicts) names.insert(name);
    }
    for (const base::UserName& name : names) compare(name, sparing, full);
    if (run.carried_out) carry_out(cache, sparing);
    save(cache);
    previous_ = world_.now();
  }

  void compare(const base::UserName& name, const Verdicts& sparing, const Verdicts& full) {
    static const std::vector<Decision> k_not_listed;
    const auto decisions_of = [&](const Verdicts& verdicts) -> const std::vector<Decision>& {
      const auto found = verdicts.find(name);
      return found == verdicts.end() ? k_not_listed : found->second.decisions;
    };
    const auto& sparing_ones = decisions_of(sparing);
    const auto& full_ones = decisions_of(full);
    ++tally.users;
    tally.decisions += what_counts(full_ones).size();
    const auto looked_at = sparing.find(name);
    if (looked_at != sparing.end() && looked_at->second.facts.tags.is_unknown()) ++tally.not_asked;
    if (looked_at != sparing.end() && looked_at->second.facts.keys.is_known()) {
      const Keys said = keys_of(looked_at->second.facts);
      const auto user = world_.account().users.find(name.str());
      const bool is_so = said == (user == world_.account().users.end() ? Keys() : keys_of(user->second));
      if (!is_so && said != reported_[name.str()]) RC_FAIL(name.str() + " never had such keys together");
    }
    if (what_counts(sparing_ones) == what_counts(full_ones)) return;
    RC_FAIL(base::format_iso8601(world_.now()) + " " + name.str() + "\n  sparing: " + shown(sparing_ones) +
            "\n  full: " + shown(full_ones));
  }

  void carry_out(KeyCache& cache, const Verdicts& verdicts) {
    for (const auto& [name, verdict] : verdicts) {
      const auto found = world_.account().users.find(name.str());
      if (found == world_.account().users.end()) continue;
      sandbox::User& user = found->second;
      if (verdict.facts.ledger.is_known() && verdict.facts.ledger.value().intent) {
        forget(cache, user);
        settle(user);
        continue;
      }
      for (const Decision& decision : verdict.decisions) {
        if (!decision.is_change() && decision.note == LedgerNote::none) continue;
        forget(cache, user);
        carry_out(user, decision);
      }
    }
  }

  const History& history_;
  AuditedAccount world_;
  std::optional<Instant> previous_;
  sandbox::ByName<Keys> reported_;    ///< when the report was made
  std::vector<std::string> earlier_;  ///< contents of the cache's file
};

TEST(AuditExactness, ASparingAuditDecidesWhatAFullOneDecides) {
  tally = {};
  expect_property("the audit by credential report is exact", [] {
    const History history = *histories();
    Lived(history).live();
  });
  // Otherwise it compares nothing with nothing.
  EXPECT_GT(tally.stale, tally.runs / 4);
  EXPECT_GT(tally.not_asked, tally.users / 10);
  EXPECT_GT(tally.decisions, tally.users / 20);
  std::cout << tally.runs << " runs, " << tally.stale << " stale reports, " << tally.users << " users compared, "
            << tally.not_asked << " of them not looked at, " << tally.decisions << " decisions\n";
}

// ---- what it costs

struct Cost : testing::TestWithParam<int> {
  void SetUp() override {
    for (int i = 0; i < GetParam(); ++i) {
      world.make_key(world.make_user("user-" + std::to_string(i)), days(20) + seconds(i));
    }
    world.make_user("without-a-key");
  }
  /// With the AssumeRole that a session begins with, which this world is spared.
  std::uint64_t calls_of_a_run() {
    world.forget_calls();
    KeyCache cache(world.cache_file(), world.id());
    world.audit(Listing::sparing, cache, Policy{}, UserSelection{}, previous);
    previous = world.now();
    EXPECT_TRUE(cache.save());
    return world.call_count() + 1;
  }
  AuditedAccount world;
  std::optional<Instant> previous;
};

TEST_P(Cost, IsFourCallsAndOneForEachUserWithAKeyTheFirstTime) {
  EXPECT_LE(calls_of_a_run(), 4U + static_cast<std::uint64_t>(GetParam()));
}

TEST_P(Cost, IsFourCallsAtMostWhenNothingIsDue) {
  calls_of_a_run();
  for (int day = 0; day < 3; ++day) {
    world.set_time(world.now() + days(1));
    EXPECT_LE(calls_of_a_run(), 4U);
  }
}

INSTANTIATE_TEST_SUITE_P(Users, Cost, testing::Values(20, 1000),
                         [](const auto& users) { return std::to_string(users.param); });

}  // namespace
}  // namespace keyward::rotation::audited
