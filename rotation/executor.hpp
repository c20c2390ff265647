#pragma once

#include <string>

#include "aws/iam_client.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/permits.hpp"
#include "rotation/auditor.hpp"
#include "rotation/key_prover.hpp"
#include "rotation/outcome.hpp"
#include "rotation/run_identity.hpp"
#include "rotation/secret_store.hpp"
#include "rotation/user_record.hpp"

namespace keyward::rotation {

/// Turns decisions about one account's users into AWS calls (docs/rotation.md). Every key is read again right before it
/// is switched off or deleted, and before it is replaced unless it was read moments ago; a decision that no longer follows
/// from the facts is `stale`.
/// Killed at any moment, the next run finds the intent in the ledger and finishes or undoes the rotation (Settlement). After three
/// failures of the store in a row no further key is made in the account; what is wrong with one user's secret does not count.
class Executor {
 public:
  struct Parts {
    aws::IamClient& iam;
    Auditor& auditor;
    SecretStore& store;
    KeyProver& prover;
    const Policy& policy;
    const base::Clock& clock;
    base::Sleeper& sleeper;
    base::Log& log;
  };

  Executor(Parts parts, RunIdentity run) : parts_(parts), record_({parts.iam, parts.auditor, parts.store}), run_(std::move(run)) {}

  /// Carries out one decision that decide() made from these facts of a user.
  base::Task<Outcome> perform(UserFacts seen, Decision decision);

  /// A rotation asked for by a person: whatever the key's age. To be settled first, if need be. `decision` names the
  /// reason, forced_rotation or compromised_key, and tells why. A compromised key is inactive already; no replacement is
  /// made while AWS keeps the user in quarantine (a policy AWSCompromisedKeyQuarantine… is attached) or when that cannot
  /// be read.
  base::Task<Outcome> rotate_now(aws::IamUser user, Decision decision);

  /// Switches a key off because a person says that it is compromised: at once, whatever depends on it, and also when that
  /// cannot be recorded.
  base::Task<Outcome> switch_off_now(aws::IamUser user, Decision decision);

 private:
  // A store that fails for three users in a row will fail for the fourth; each try makes a key and takes it away again. As
  // long as the store has not taken a key of this account, no more than so many are made at the same time.
  static constexpr std::size_t k_store_failures = 3;

  using Trial = std::optional<base::Permits::Permit>;

  base::Task<Trial> turn_to_rotate();
  bool is_fresh(const UserFacts& facts) const;
  base::Task<Outcome> rotate(UserFacts facts, Decision decision, bool forced, Trial trial);
  base::Task<base::Result<aws::CreatedAccessKey>> create_key(UserFacts facts);
  base::Task<std::optional<base::Error>> quarantine(base::UserName user);
  base::Task<base::Result<bool>> remove_lost_key(UserFacts facts);
  base::Task<base::Result<void>> undo(UserFacts facts, SecretLocation location, base::AccessKeyId key);
  std::optional<base::Error> replacement_unseen(const UserFacts& facts, const Rotation& rotation) const;
  base::Task<std::optional<base::Error>> replacement_lost(UserFacts facts, base::AccessKeyId old_key);
  base::Task<Outcome> deactivate(UserFacts facts, Decision decision);
  base::Task<Outcome> switch_off(UserFacts facts, Decision decision);
  Outcome switched_off_unrecorded(Decision decision, base::Error error) const;
  base::Task<Outcome> remove(UserFacts facts, Decision decision);
  base::Task<Outcome> note(UserFacts facts, Decision decision);
  Outcome outcome(Decision decision, OutcomeStatus status) const { return make_outcome(std::move(decision), status, parts_.clock.now()); }
  Outcome failed(Decision decision, base::Error error) const {
    return make_failure(std::move(decision), std::move(error), parts_.clock.now());
  }
  /// Of a call that changes something: when it was not refused, its answer may only be lost.
  Outcome unanswered(Decision decision, base::Error error) const;

  /// Why no key may be made for this user, from what is known; nothing when one may.
  std::optional<base::Error> obstacle(const UserFacts& facts) const;
  void note_store_failure(const base::Error& error, Trial& trial);

  Parts parts_;
  UserRecord record_;
  RunIdentity run_;
  std::size_t store_failures_ = 0;     ///< in a row
  bool store_works_ = false;           ///< it has taken a key of this account in this run
  base::Permits store_trials_{k_store_failures};      ///< rotations that may fail, as long as nobody knows whether it works
  std::vector<base::Permits::Permit> failed_trials_;  ///< kept until that is known
};

/// Why switch_off_now() would not switch this key off; nothing when it would. Pure.
std::optional<base::Error> not_switchable(const UserFacts& facts, const base::AccessKeyId& key);

/// Why rotate_now() would not rotate this user; nothing when it would, quarantine apart. Pure.
std::optional<base::Error> not_rotatable(const UserFacts& facts, const Decision& decision);

}  // namespace keyward::rotation
