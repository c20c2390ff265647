#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "aws/operations.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/policy_mode.hpp"

/// Which rights AWS must give for this very configuration, and no others: the one place that knows. `keyward policy`
/// prints them.
namespace keyward::orchestrator {

struct PolicyCondition {
  std::string operation;  ///< "StringEquals", "ForAnyValue:StringEquals"
  std::string key;        ///< "kms:ViaService"
  std::vector<std::string> values;

  bool operator==(const PolicyCondition&) const = default;
};

enum class PolicyEffect { allow, deny };

struct PolicyStatement {
  std::string sid;  ///< letters and digits, once in a policy
  std::vector<std::string> actions;
  std::vector<std::string> resources;
  std::vector<PolicyCondition> conditions;
  std::string why;  ///< for people, without a full stop
  PolicyEffect effect = PolicyEffect::allow;
};

struct Permissions {
  std::vector<PolicyStatement> statements;
  std::vector<std::string>
      notes;  ///< what is wider than one would wish and why, and what the configuration cannot tell
};

/// Where the rights are held, as far as it is known without asking AWS.
struct PolicyPlace {
  std::string partition = "aws";
  std::string region = "*";   ///< of the run; "*": not known
  std::string account = "*";  ///< an id, "*", or what stands for the id where the policy is filled in
};

/// Pure. For `store` of a configuration without a central store, and for nothing else, there are no statements.
/// Where accounts.overrides name other stores, what all of them need together, which a note says.
Permissions permissions_of(const Configuration& configuration, PolicyMode mode, const PolicyPlace& place);

/// What `keyward doctor` asks for beside; a run needs none of it. Where it is refused, doctor says what it could not look at.
Permissions doctor_permissions_of(const Configuration& configuration, PolicyMode mode, const PolicyPlace& place);

/// The user name that doctor looks for where it needs the name of nobody, and whose secret --write-test makes.
inline constexpr const char* k_doctors_user = "keyward-doctor";

/// The function by which Secrets Manager rotates secrets, as the policy of `secret-rotation` names it.
inline constexpr const char* k_rotation_function = "keyward-secret-rotation";

/// A right that AWS asks for beside the one to make the call.
struct CompanionRight {
  std::string_view action;
  std::string_view why;
};
inline constexpr auto k_companion_rights = std::to_array<CompanionRight>({
    {"ses:SendRawEmail", "SendEmail asks for it when a mail brings its own headers"},
    {"kms:Decrypt", "Secrets Manager uses the key in the name of its caller"},
    {"kms:GenerateDataKey", "Secrets Manager uses the key in the name of its caller"},
    {"kms:Encrypt", "ReplicateSecretToRegions asks for it on the replica's key"},
});

/// Calls that need no right: GetCallerIdentity is never refused, AssumeRoleWithWebIdentity is not signed.
inline constexpr auto k_calls_without_right =
    std::to_array<std::string_view>({"sts:GetCallerIdentity", "sts:AssumeRoleWithWebIdentity"});

}  // namespace keyward::orchestrator
