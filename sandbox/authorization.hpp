#pragma once

#include <string>
#include <string_view>

#include "sandbox/api.hpp"
#include "sandbox/policy_engine.hpp"

namespace keyward::sandbox {

/// What a call wants to do to what.
struct Access {
  std::string action;           ///< "iam:ListUsers"
  std::string resource;         ///< ARN, or "*"
  std::string owner;            ///< the account the resource belongs to
  std::string resource_policy;  ///< JSON text of the resource or trust policy; empty: none
  PolicyKind resource_policy_kind = PolicyKind::resource;
  PolicyContext context;  ///< beside the keys every request has
  /// Roles and KMS keys: nobody gets in whom their own policy does not let in, whatever the identity's policy says.
  bool resource_must_allow = false;
};

/// Throws AccessDenied in the words of the call's protocol unless AWS would allow it: an explicit Deny anywhere
/// refuses; in one account the identity's or the resource's policy must allow, across accounts both; a session policy
/// limits what its session may do.
void authorize(const Call& call, const Access& access);
/// The same as a question.
bool is_authorized(const Call& call, const Access& access);

/// For an action on the caller's own account.
void authorize(const Call& call, std::string action, std::string resource);

/// The condition keys every request has.
PolicyContext request_context(const Call& call);

}  // namespace keyward::sandbox
