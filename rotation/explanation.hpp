#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "rotation/decision.hpp"

namespace keyward::rotation {

/// Used by anyone but keyward's own proof of a new key. Not only where the record names the key: records get lost, and a key
/// that nobody has must not pass for the replacement of one that is in use.
bool is_adopted(const KeyFacts& key);

/// Jobs that run once a month are among those that use a key; one that was last used longer ago counts as left.
inline constexpr std::chrono::days k_in_use{30};

/// The rules, row by row of docs/policy.md.
enum class Row {
  // what stops everything else
  exemption_unreadable,
  exempt,
  keys_unreadable,
  no_keys,
  status_unrecognized,
  nothing_near,
  record_unreadable,
  interrupted,
  more_than_two,
  too_recent,
  use_unreadable,
  // a person undid something
  reactivated,
  rolled_back,
  rolled_back_seen,
  rolled_back_young,
  // one active key
  one_not_due,
  one_due,
  unused,
  rotated_by_secret,
  // two active keys
  replaced_waits,
  replaced_due,
  replaced_in_use,
  grace_starts_over,
  pair_young,
  pair_replaced,
  pair_new_one_unused,
  pair_not_due,
  conflict,
  beside_conflict,
  // an announced deactivation, of a row above
  announce,
  announced_waits,
  announced_due,
  // an inactive key
  replacement_missing,
  deactivation_unfinished,
  inactive_young,
  inactive_seen,
  deletion_waits,
  deletion_due,
  beside_inactive_not_due,
  beside_inactive_due,
};
inline constexpr Row k_last_row = Row::beside_inactive_due;

/// A stable name: "one_due".
std::string_view to_string(Row row) noexcept;
/// The row in words, for people: "one active key, due: a new one is made".
std::string_view in_words(Row row) noexcept;

/// What one rule said of a user or a key.
struct RuleLine {
  Row row = Row::no_keys;
  std::optional<base::AccessKeyId> key;  ///< absent: of the user
  bool fired = false;
  std::string why;                      ///< of a rule that did not fire: why not
  std::optional<base::Instant> from;    ///< when it would, if nothing else changes
};

struct Explained {
  std::vector<Decision> decisions;  ///< those of decide()
  std::vector<RuleLine> rules;      ///< in the order in which they were looked at; one fired for each decision, about its key
};

/// decide(), and how it came to that. Pure.
Explained explain(const UserFacts& facts, const Policy& policy, base::Instant now);

}  // namespace keyward::rotation
