#pragma once

#include <string>

#include "aws/credential_chain.hpp"
#include "aws/sts_query.hpp"

namespace keyward::aws {

/// Where a credential source reaches STS: in the region of the command line, of AWS_REGION or AWS_DEFAULT_REGION, of
/// the profile (may be null). Errors: `invalid` for a malformed region or none at all: the global endpoint is not used.
base::Result<StsAccess> sts_access(const ChainSettings& settings, const SharedConfig::Section* profile);

/// The region that the environment or the profile (may be null) names. Absent is no error, malformed is `invalid`.
base::Result<std::optional<base::Region>> configured_region(const Environment& environment,
                                                            const SharedConfig::Section* profile);

/// "keyward-1792555200": for roles that nobody named a session for.
std::string default_role_session_name(const base::Clock& clock);

}  // namespace keyward::aws
