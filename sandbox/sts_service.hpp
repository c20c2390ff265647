#pragma once

#include <optional>
#include <string>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// Who sends the unsigned AssumeRoleWithWebIdentity: the identity provider in the role's account. Throws as
/// read_web_identity() and for a malformed RoleArn.
Principal web_identity_principal(const World& world, const QueryParameters& parameters);

/// STS 2011-06-15: AssumeRole with all its limits, AssumeRoleWithWebIdentity, GetCallerIdentity.
std::optional<std::string> handle_sts(const Call& call, const QueryParameters& parameters);

}  // namespace keyward::sandbox
