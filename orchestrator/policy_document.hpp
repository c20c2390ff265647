#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>

#include "orchestrator/permissions.hpp"

namespace keyward::orchestrator {

// IAM's limits, in characters without white space ("IAM and AWS STS quotas").
inline constexpr std::size_t k_managed_policy_limit = 6'144;
inline constexpr std::size_t k_inline_policies_limit = 10'240;  ///< of all of a role's inline policies together
inline constexpr std::size_t k_trust_policy_limit = 2'048;      ///< unless raised

/// Who may assume a role, and how.
struct Trust {
  boost::json::value account;   ///< id of the account of the identity that runs keyward, or what a template puts there
  boost::json::value identity;  ///< its ARN, or what a template puts there; null: whoever that account lets
  boost::json::value external_id;  ///< null: none is asked for
  std::string organization;        ///< empty: not known
  std::string session_name;
};

/// What the identity may do, as IAM takes it.
boost::json::object identity_policy(const Permissions& permissions);
/// Names the account, and the identity by a condition: IAM refuses a principal that does not exist yet, and replaces
/// one that is made anew by an id that nobody has.
boost::json::object trust_policy(const Trust& trust);
/// In this identity, role or user, or in whoever its account lets for `arn:aws:iam::ACCOUNT:root`; the rest is empty.
Trust trust_in(const std::string& principal);

/// Characters that IAM counts.
std::size_t length_of(const boost::json::object& policy);

/// JSON for people: indented by two blanks.
std::string indented(const boost::json::value& value);

}  // namespace keyward::orchestrator
