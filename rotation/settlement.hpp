#pragma once

#include <optional>
#include <vector>

#include "aws/iam_client.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "rotation/auditor.hpp"
#include "rotation/outcome.hpp"
#include "rotation/run_identity.hpp"
#include "rotation/secret_store.hpp"
#include "rotation/user_record.hpp"

namespace keyward::rotation {

/// Ends the rotations of an account that a run left behind: killed, or overtaken by its host's sleep (docs/rotation.md).
class Settlement {
 public:
  struct Parts {
    aws::IamClient& iam;
    const Auditor& auditor;
    SecretStore& store;
    const base::Clock& clock;
    base::Log& log;
  };

  Settlement(Parts parts, RunIdentity run) : parts_(parts), record_({parts.iam, parts.auditor, parts.store}), run_(std::move(run)) {}

  /// Finishes or undoes the interrupted rotation that the ledger speaks of. Nothing when it may still be running
  /// elsewhere. A finished one is an Outcome of `rotate`, so that its owner hears of it.
  base::Task<std::optional<Outcome>> settle(UserFacts facts);

 private:
  Outcome left_to_secret(const UserFacts& facts, Decision decision) const;
  base::Task<Outcome> leave_to_person(UserFacts facts, Decision decision, std::vector<base::AccessKeyId> made);
  Outcome outcome(Decision decision, OutcomeStatus status) const { return make_outcome(std::move(decision), status, parts_.clock.now()); }
  Outcome failed(Decision decision, base::Error error) const {
    return make_failure(std::move(decision), std::move(error), parts_.clock.now());
  }

  Parts parts_;
  UserRecord record_;
  RunIdentity run_;
};

/// Whether a key that `intent` does not name and that is not current may be the one its rotation made. Not one that came
/// when that rotation was long over, and not one that somebody works with: the proof uses STS only, and nobody heard of it.
/// A last use that could not be read has to be ruled out before. Pure.
bool may_be_unfinished(const KeyFacts& key, const Intent& intent);

}  // namespace keyward::rotation
