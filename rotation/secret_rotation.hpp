#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/secret_value_client.hpp"
#include "rotation/executor.hpp"
#include "rotation/key_document.hpp"

namespace keyward::rotation {

/// The four steps in which Secrets Manager has a secret rotated (its user guide, "Lambda rotation functions").
enum class RotationStep { create, set, test, finish };

/// "createSecret" and so on; nothing for any other name.
std::optional<RotationStep> parse_rotation_step(std::string_view name);
std::string_view to_string(RotationStep step) noexcept;

struct RotationStepRequest {
  RotationStep step;
  std::string secret;  ///< ARN or name
  std::string token;   ///< the version that the rotation makes (ClientRequestToken)
};

/// What a step came to. Never a value.
struct RotationStepDone {
  std::string secret;   ///< ARN
  std::string outcome;  ///< "created", "already_created", "nothing_to_set", "proved", "promoted", "already_promoted",
                        ///< "copied", "unchanged"
  bool no_op = false;   ///< the value stays what it was: the secret cannot be rotated alone
  std::optional<base::UserName> user;    ///< not with no_op
  std::optional<base::AccessKeyId> key;  ///< the new one; not with no_op
  std::optional<base::AccessKeyId> old_key;
  std::string notify_email;  ///< whom the secret names; empty: nobody
};

/// A tag on a secret whose rotation may leave the value as it is, and its value. The tag has the prefix of keyward's
/// others.
inline constexpr std::string_view k_no_op_tag = "no-op-rotation";
inline constexpr std::string_view k_no_op_allowed = "allowed";

/// Rotates a secret when Secrets Manager asks for it (docs/secret-rotation.md): an IAM user's access key, or, for a
/// secret that is tagged so, nothing at all. Every step may be repeated, and killed anywhere the same step asked again
/// goes on. The new key is current only after it was proved; what fails before leaves the old value current. The old
/// key stays on: the daily run deactivates and deletes it by the rules, from the record that this leaves on the user. A
/// user with two keys gets no third: what of the other one is due by the rules is done, and otherwise the rotation is
/// refused until its time has come.
class SecretRotation {
 public:
  struct Parts {
    aws::SecretsManagerClient& secrets;
    aws::SecretValueClient& values;
    aws::IamClient& iam;
    Auditor& auditor;
    Executor& executor;
    SecretStore& store;  ///< where a daily run would store this account's keys
    KeyProver& prover;
    const Policy& policy;
    const base::Clock& clock;
    base::Log& log;
  };
  struct Settings {
    base::AccountId account;
    std::string partition;
    std::string tag_prefix;  ///< users.tag_prefix
    bool may_retire =
        true;  ///< false: keys are deactivated and deleted by runs only, because their owner has to be warned first
  };

  SecretRotation(Parts parts, Settings settings)
      : parts_(parts), settings_(std::move(settings)), record_({parts.iam, parts.auditor, parts.store}) {}

  base::Task<base::Result<RotationStepDone>> perform(RotationStepRequest request);

 private:
  struct Turn;

  base::Task<base::Result<RotationStepDone>> rotate_key(RotationStep step, Turn& turn);
  base::Task<base::Result<RotationStepDone>> nothing_to_set(Turn& turn);
  base::Task<base::Result<RotationStepDone>> create(Turn& turn);
  base::Task<base::Result<RotationStepDone>> test(Turn& turn);
  base::Task<base::Result<RotationStepDone>> finish(Turn& turn);
  base::Task<base::Result<RotationStepDone>> conclude(Turn& turn);
  base::Task<base::Result<RotationStepDone>> make_key(Turn& turn, UserFacts facts);
  base::Task<base::Result<RotationStepDone>> copy(RotationStep step, Turn& turn);

  base::Task<base::Result<void>> owned_by_writer(Turn& turn);
  base::Task<base::Result<UserFacts>> settled(Turn& turn, UserFacts facts);
  base::Task<base::Result<UserFacts>> with_room(Turn& turn, UserFacts facts);
  base::Task<base::Result<std::optional<KeyDocument>>> pending_document(Turn& turn);
  base::Task<base::Result<void>> mark_user(const Turn& turn, const UserFacts& facts);
  base::Task<base::Result<void>> promote(Turn& turn);
  base::Task<base::Error> set_aside(Turn& turn, base::Error why);
  base::Task<base::Result<void>> take_back(Turn& turn, UserFacts facts, base::AccessKeyId key);
  static base::Error nothing_there(const Turn& turn);
  RotationStepDone done(const Turn& turn, std::string outcome, std::optional<base::AccessKeyId> key) const;
  aws::IamUser iam_user(const base::UserName& name) const;

  Parts parts_;
  Settings settings_;
  UserRecord record_;
};

/// Why the key `current`, which the secret holds, is not to be rotated, from what is known of its user; nothing when it
/// may. Pure.
std::optional<base::Error> not_rotatable_with_secret(const UserFacts& facts, const base::AccessKeyId& current);

}  // namespace keyward::rotation
