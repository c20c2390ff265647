#pragma once

#include <optional>
#include <string>

#include "aws/secrets_manager_client.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "rotation/outcome.hpp"
#include "rotation/store_settings.hpp"

namespace keyward::rotation {

/// What DescribeSecret tells about one stored key.
enum class StoredState {
  absent,   ///< not stored
  pending,  ///< stored, not yet proved
  current,  ///< proved and promoted: its owner is meant to use it
};

/// A secret that is ready to take a key.
struct PreparedSecret {
  SecretLocation location;
  std::string current;  ///< the version under AWSCURRENT; empty: none
};

/// Stores the keys of one account's users in Secrets Manager, in the account itself or in a central one; which of the two
/// is decided by the client it is given. Knows versions and staging labels, never reads a value.
class SecretStore {
 public:
  SecretStore(aws::SecretsManagerClient& client, StoreSettings settings, base::AccountId account, base::Region region)
      : client_(client), settings_(std::move(settings)), account_(std::move(account)), region_(std::move(region)) {}

  /// Reads only: the name is legal, and the secret, if it exists, is not scheduled for deletion, not managed by another
  /// service and has the right KMS key. Returns the secret, nothing when there is none yet.
  base::Task<base::Result<std::optional<aws::SecretDescription>>> check(base::UserName user);

  /// Everything else that can be known to go wrong before a key is made. `seen` is what check() found right before: the
  /// secret is created (empty) when there was none, its readers and its replicas are seen to.
  base::Task<base::Result<PreparedSecret>> prepare(base::UserName user, base::Arn user_arn, std::optional<aws::SecretDescription> seen);

  /// Stores the key under AWSPENDING.
  base::Task<base::Result<void>> put_pending(SecretLocation location, base::UserName user, base::AccessKeyId key,
                                             base::Secret secret);
  /// Moves AWSCURRENT to the key. Safe to repeat. Errors: `conflict` when the key lost AWSPENDING to another rotation, which
  /// is then the one to be finished. AWSPENDING stays on the key until the next one takes it, as after a rotation by AWS; only
  /// where no version was current before is it taken away, because nothing else tells then that the key was proved.
  base::Task<base::Result<void>> promote(SecretLocation location, base::UserName user, base::AccessKeyId key);
  /// The same in one call, from the version `current`, for a rotation that no other run can have begun to settle: only where
  /// AWSCURRENT is is checked, by AWS, and not who has AWSPENDING. When AWS refuses because the label has moved, it looks.
  base::Task<base::Result<void>> promote_from(std::string current, SecretLocation location, base::UserName user, base::AccessKeyId key);
  /// Takes AWSPENDING away from a key that will not be used. Safe to repeat.
  base::Task<base::Result<void>> drop_pending(SecretLocation location, base::UserName user, base::AccessKeyId key);

  /// Whether the key can still be fetched, under whatever label: the secret is there and not about to be deleted.
  base::Task<base::Result<bool>> holds(base::UserName user, base::AccessKeyId key);
  /// Six characters that differ when the user's keys are stored in another place.
  std::string mark(const base::UserName& user) const;
  base::Task<base::Result<StoredState>> state(base::UserName user, base::AccessKeyId key);
  /// Where the user's secret is; `not_found` when there is none.
  base::Task<base::Result<SecretLocation>> locate(base::UserName user);

  const StoreSettings& settings() const noexcept { return settings_; }

 private:
  /// Why a key must not be stored there; nothing when it may.
  std::optional<base::Error> refusal(const aws::SecretDescription& secret, const std::string& name) const;
  base::Task<base::Result<aws::SecretDescription>> create_secret(std::string name, base::UserName user);
  base::Task<base::Result<void>> ensure_readers(std::string arn, base::Arn user_arn);
  base::Task<base::Result<void>> ensure_replicas(aws::SecretDescription secret);
  SecretLocation location_of(const aws::SecretDescription& secret) const;

  aws::SecretsManagerClient& client_;
  StoreSettings settings_;
  base::AccountId account_;
  base::Region region_;
};

/// The state of one version, from its labels and those of the others. AWS gives AWSCURRENT to the first version of a
/// secret whatever label was asked for (its PutSecretValue page), so both labels together mean "promoted" only if
/// another version lost AWSCURRENT to this one; and so does AWSCURRENT alone while another version has AWSPENDING, which
/// may have been taken from this one.
StoredState stored_state(const aws::SecretDescription& secret, const std::string& version);

}  // namespace keyward::rotation
