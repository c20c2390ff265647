#pragma once

#include <memory>
#include <string>

#include "aws/credential_chain.hpp"
#include "aws/credentials.hpp"
#include "aws/shared_config.hpp"

namespace keyward::aws {

/// Builds what the profile says (aws-api.md, section 8.3): a role (role_arn with source_profile, followed to its end,
/// or credential_source), a web identity, static keys or credential_process. Nothing is fetched yet. Errors:
/// `not_found` for a profile that exists and says nothing about credentials; `invalid` for one that contradicts itself
/// (half a pair, both or neither source, a loop), does not exist, or needs what keyward does not do: a person at hand
/// for mfa_serial, a browser for SSO and login sessions.
base::Result<std::shared_ptr<CredentialProvider>> profile_credentials(const std::string& profile,
                                                                      const SharedConfig& config,
                                                                      const ChainSettings& settings);

}  // namespace keyward::aws
