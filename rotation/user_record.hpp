#pragma once

#include <vector>

#include "aws/iam_client.hpp"
#include "base/error.hpp"
#include "base/task.hpp"
#include "rotation/auditor.hpp"
#include "rotation/facts.hpp"
#include "rotation/secret_store.hpp"

namespace keyward::rotation {

/// keyward's record on the users of an account (ledger.hpp), written with an eye on other hosts: TagUser cannot be asked to
/// write only where nothing else was written meanwhile.
class UserRecord {
 public:
  struct Parts {
    aws::IamClient& iam;
    const Auditor& auditor;
    SecretStore& store;
  };

  explicit UserRecord(Parts parts) : parts_(parts) {}

  base::Task<base::Result<void>> write(UserFacts facts, Ledger ledger);

  /// Writes a record that speaks of no rotation, of a user who has no keys but the known ones, and looks afterwards. A
  /// stored key that came while it wrote is another run's, whose record may just have been replaced: then an intent is
  /// written that lets the next run find out, and the error is overtaken_error().
  base::Task<base::Result<void>> close(UserFacts facts, Ledger ledger, std::vector<base::AccessKeyId> known);

  /// Removes the intent of a rotation that left no key. Errors: `conflict` when somebody else made one.
  base::Task<base::Result<void>> clear_intent(UserFacts facts);

  /// Whether the user has this key now.
  base::Task<base::Result<bool>> has_key(base::UserName user, base::AccessKeyId key);

 private:
  Parts parts_;
};

/// Of a user whose keys are known.
std::vector<base::AccessKeyId> ids_of(const UserFacts& facts);
std::vector<base::AccessKeyId> active_ids_of(const UserFacts& facts);
bool contains(const std::vector<base::AccessKeyId>& ids, const base::AccessKeyId& id);

/// The record, empty when there is none.
Ledger ledger_of(const UserFacts& facts);

/// Another run worked on the user at the same time.
base::Error overtaken_error();

}  // namespace keyward::rotation
