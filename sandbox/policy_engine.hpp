#pragma once

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/world.hpp"

namespace keyward::sandbox {

/// One operator line of a condition: "StringNotEquals": {"aws:PrincipalArn": [...]}.
struct PolicyCondition {
  std::string operation;  ///< without the IfExists suffix and the set prefix
  bool if_exists = false;
  bool for_all_values = false;
  bool for_any_value = false;
  std::string key;  ///< lower case: condition keys do not distinguish it
  std::vector<std::string> values;
};

struct PolicyStatement {
  std::string sid;
  bool allow = false;
  std::vector<std::string> actions, not_actions;
  std::vector<std::string> resources, not_resources;
  std::vector<std::string> principals;  ///< of type AWS or Federated; "*" is everybody
  std::vector<std::string> services;    ///< of type Service: never matched here, checked for shape only
  bool has_principal = false;
  std::vector<PolicyCondition> conditions;
};

struct Policy {
  std::vector<PolicyStatement> statements;
};

enum class PolicyKind {
  identity,  ///< on a user, group or role, or a session policy: no Principal, Resource required
  resource,  ///< on a secret or a KMS key: Principal and Resource required
  trust,     ///< on a role: Principal, no Resource
};

/// Reads a policy document as strictly as AWS does. The error is a sentence for MalformedPolicyDocument.
boost::system::result<Policy, std::string> parse_policy(std::string_view text, PolicyKind kind);

/// Values of condition keys, by lower-case key.
using PolicyContext = std::map<std::string, std::vector<std::string>>;

struct PolicyQuestion {
  std::string action;    ///< "secretsmanager:GetSecretValue"
  std::string resource;  ///< ARN, or "*"
  std::string account;   ///< of the principal
  /// What the principal is called: the user's ARN, or the session's ARN and its role's.
  std::vector<std::string> principal_arns;
  std::string session_arn;  ///< set for a role session
  PolicyContext context;
};

/// Who an Allow of a resource or trust policy spoke to; decides whether the identity policy is needed as well.
enum class PolicyGrant {
  none,
  account,    ///< the principal's account: the account's own policies decide
  principal,  ///< the user, the role, or everybody
  session,    ///< this very role session: a session policy does not limit it
};

struct PolicyVerdict {
  bool denied = false;  ///< an explicit Deny matched
  PolicyGrant grant = PolicyGrant::none;
  bool allows() const { return !denied && grant != PolicyGrant::none; }
};

PolicyVerdict evaluate(const Policy& policy, const PolicyQuestion& question);

/// `*` and `?` as in policies.
bool matches_wildcard(std::string_view pattern, std::string_view text);

/// Whether the policy lets in principals that nobody named: what BlockPublicPolicy refuses.
bool is_public(const Policy& policy);

}  // namespace keyward::sandbox
