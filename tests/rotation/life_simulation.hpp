#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "rotation/decision.hpp"

// One IAM user over 400 days: programs that use the keys, people who interfere, and keyward run once a day. keyward is
// decide() and what the executor does about it in IAM and in the ledger; the rest of the executor is not played.
namespace keyward::rotation::life {

inline constexpr int k_days = 400;
inline constexpr int k_never = 1'000;  ///< a day that does not come

/// How the owner's programs use one key.
struct Habit {
  int starts_after = 0;        ///< days after the key was made, k_never: it is never used
  int every = 1;               ///< days between two uses
  int stops_after = k_never;   ///< days after a newer key came into use; k_never: goes on using this one
  std::string service = "s3";
};

/// A key that exists on the first day.
struct FirstKey {
  int age = 0;  ///< in days, made in the morning
  KeyStatus status = KeyStatus::active;
};

enum class Deed { activate, deactivate, remove, create, forget_record };

/// A person does something, at nine in the morning.
struct Interference {
  int day = 0;
  Deed deed = Deed::create;
  int key = 0;  ///< 0: the older of the user's keys, 1: the newer
};

struct Span {
  int day = 0;
  int days = 1;
  bool contains(int other) const { return day <= other && other < day + days; }
};

enum class Unread { keys, record, exemption, use_of_older, use_of_newer };

struct Blindness {
  Span span;
  Unread what = Unread::keys;
};

/// The run dies while it deactivates a key.
struct Death {
  int day = 0;
  int after = 1;  ///< 1: the intention is recorded, the key still active; 2: the key is inactive, that is not recorded
};

struct PolicyChange {
  int day = 0;
  Policy policy;
};

/// Everything that happens to a user and is not keyward's doing.
struct History {
  Policy policy;
  std::vector<PolicyChange> policy_changes;
  std::vector<FirstKey> keys;       ///< two at most
  std::vector<Habit> habits;        ///< of the keys in the order in which they are made, over and over; none: no key is ever used
  std::vector<Interference> people;
  std::vector<Span> missed;         ///< no run on these days
  std::vector<Blindness> blind;     ///< a fact cannot be read
  std::vector<Span> exempt;         ///< the user does not take part
  std::vector<Span> refused;        ///< AWS refuses every change, or a limit holds it back
  std::vector<Death> deaths;
  std::vector<int> forgetful;       ///< days on which state_dir is lost before the run
  std::vector<int> twice;           ///< days with a second run half an hour later
  std::vector<int> start_minutes;   ///< of the runs after two o'clock, over and over; less than 60

  const Policy& policy_on(int day) const;
};

std::ostream& operator<<(std::ostream& out, const History& history);

enum class Maker { earlier, keyward, person };

/// A key as it truly is. IAM tells less: see Simulation::look().
struct Key {
  base::AccessKeyId id;
  int number = 0;  ///< in the order in which they are made
  Maker maker = Maker::earlier;
  KeyStatus status = KeyStatus::active;
  base::Instant created;
  std::optional<KeyUse> last_use;            ///< as IAM records it: keyward's proof counts, and times are of 15 minutes
  std::optional<base::Instant> first_work;   ///< of the owner's programs
  std::optional<base::Instant> last_work;
};

struct Done {
  Decision decision;
  std::optional<base::AccessKeyId> new_key;  ///< of a rotation
};

/// One run: what it saw, what it decided and what became of it.
struct Run {
  int day = 0;
  base::Instant at;
  Policy policy;
  std::vector<Key> keys;  ///< the truth at its beginning
  UserFacts facts;
  std::vector<Decision> decisions;
  std::vector<Done> done;  ///< carried out, or told to the owner
  bool undisturbed = true;  ///< the user takes part, everything can be read, no change is refused, the run before is remembered
};

struct PersonsDeed {
  base::Instant at;
  Deed deed = Deed::create;
};

struct Life {
  std::vector<Run> runs;
  std::vector<PersonsDeed> people;  ///< only what had an effect
  bool record_overflowed = false;   ///< the ledger did not fit into the tag once
};

Life simulate(const History& history);

}  // namespace keyward::rotation::life
