#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/caller.hpp"
#include "aws/credentials.hpp"
#include "aws/shared_config.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

/// What the chain needs of the world. The references outlive the chain.
struct ChainSettings {
  CallContext& context;  ///< its clock learns from the answers of STS: a role may be the first call of all
  const Environment& environment;
  std::string home;                    ///< for ~/.aws
  std::optional<std::string> profile;  ///< --profile: environment keys are then skipped
  base::Region region;                 ///< where STS is asked for roles: the global endpoint is not used
};

/// The default credential chain of the AWS SDKs: environment keys, web identity, profile (static keys, source_profile,
/// credential_source, web_identity_token_file, credential_process), container, IMDSv2. The first that is configured is
/// used for the whole run; if it fails the chain fails. The result refreshes itself: from 15 minutes before expiry it
/// tries, a failed try keeps the old credentials until they really expire (one refresh at a time, others wait for it).
/// Errors of credentials(): `not_found` (code "NoCredentials") with all the ways that were looked at.
std::unique_ptr<CredentialProvider> default_credential_chain(ChainSettings settings);

/// The region to work in: `explicit_region`, else AWS_REGION, AWS_DEFAULT_REGION, the profile's `region`.
/// Errors: `invalid` for a malformed one, `not_found` when there is none.
base::Result<base::Region> resolve_region(const std::optional<std::string>& explicit_region,
                                          const Environment& environment, const std::string& home,
                                          const std::optional<std::string>& profile);

}  // namespace keyward::aws
