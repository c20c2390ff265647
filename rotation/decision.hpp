#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "rotation/facts.hpp"
#include "rotation/policy.hpp"

namespace keyward::rotation {

enum class Action {
  none,        ///< nothing to do
  warn,        ///< tell the owner what comes
  rotate,      ///< make a new key
  deactivate,  ///< switch the key off
  remove,      ///< delete the key
  note,        ///< record in the ledger only
  wait,        ///< something must happen first
  hold,        ///< a person must decide
};

/// Why. The first group are the AWS guidance's identifiers.
enum class Reason {
  expired_active_key,
  unused_expired_key,
  forced_rotation,
  compromised_key,
  install_grace_period_end,
  recovery_grace_period_end,
  key_pending_rotation,
  key_pending_deactivation,
  key_pending_deletion,

  key_compliant,
  no_keys,
  exempt_user,
  exemption_unreadable,
  fact_unknown,
  interrupted_rotation,
  first_seen_inactive,
  conflict_two_used_keys,
  rolled_back,           ///< the newer key was deactivated by somebody else
  reactivated,           ///< somebody undid keyward's deactivation
  replacement_missing,   ///< the key that replaces this one is gone or inactive
  waiting_for_new_key_use,
  waiting_for_other_key,  ///< the user has two keys; one must go before a new one can be made
  held_while_in_use,
  rotated_by_secret,       ///< Secrets Manager makes this user's keys; it has not made one in time
  deactivation_waits_for_warning,  ///< notify.require_warning: its owner has to hear of it first
  deletion_waits_for_warning,
};
inline constexpr Reason k_last_reason = Reason::deletion_waits_for_warning;

std::string_view to_string(Action action) noexcept;
std::string_view to_string(Reason reason) noexcept;

/// What a decision adds to the ledger beside its own effect.
enum class LedgerNote { none, first_seen_inactive, announced, reactivated, active_again };

struct Decision {
  Action action = Action::none;
  Reason reason = Reason::key_compliant;
  std::optional<base::AccessKeyId> key;    ///< the key it is about
  std::optional<base::Instant> due;        ///< when the pending action comes, or the next date of this key
  std::optional<int> days_left;            ///< with warn: whole days until `due`
  LedgerNote note = LedgerNote::none;
  std::optional<KeyUse> last_use;          ///< of `key`, when known: who will notice
  std::string detail;                      ///< for people

  bool is_change() const noexcept {
    return action == Action::rotate || action == Action::deactivate || action == Action::remove;
  }
};

/// A daily job never starts at the same second: a date counts as reached this much early, so that a stage does not slip
/// by a day because today's run began a minute before yesterday's.
inline constexpr std::chrono::hours k_daily_slack{1};

/// What happened so recently may be missing in a credential report: AWS keeps one for four hours, and an account's users are
/// gone through within the rest.
inline constexpr std::chrono::hours k_unreported{6};

/// Whole days until `due`, rounded up; 0 or less once it is reached.
int days_until(base::Instant due, base::Instant now);

/// True when decide() needs tags, ledger and last use of these keys: something is due, near, inactive or double.
bool needs_details(const std::vector<KeyFacts>& keys, const Policy& policy, base::Instant now);

/// When the record first speaks of the key as switched off, or on again; nothing when it does not.
std::optional<base::Instant> recorded_switch(const Ledger& ledger, const base::AccessKeyId& key);

/// The rules (docs/policy.md). Pure: the same facts give the same decisions. Never empty; at most one decision a key,
/// in the order in which they are to be carried out.
std::vector<Decision> decide(const UserFacts& facts, const Policy& policy, base::Instant now);

struct DecisionsUntil {
  std::vector<Decision> decisions;
  /// As long as the facts stay the same, a daily run decides nothing new before this moment; nothing: it never does.
  std::optional<base::Instant> until;
};

/// The same, and how long it holds, for whoever looks ahead. A warning is not repeated by runs of the following days.
DecisionsUntil decide_until(const UserFacts& facts, const Policy& policy, base::Instant now);

/// With notify.require_warning: what a deactivation or deletion becomes as long as its owner received no warning of it.
/// Nothing for any other decision, for a compromised key, and for a deactivation that was begun already. Pure.
std::optional<Decision> waiting_for_warning(const Decision& decision, const UserFacts& facts);

/// True when the policy's own dates have passed for an active key: what `audit` reports as a finding.
bool out_of_policy(const KeyFacts& key, const UserFacts& facts, const Policy& policy, base::Instant now);

}  // namespace keyward::rotation
