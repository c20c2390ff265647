#pragma once

#include <memory>

#include "aws/caller.hpp"
#include "aws/credentials.hpp"
#include "aws/sts_client.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

/// A session with a role, made with the credentials of another provider. Every call of credentials() is a call of STS:
/// wrap it into RefreshingCredentials.
/// Errors: those of StsClient::assume_role() and of the base. A base without credentials is `invalid`, not `not_found`:
/// the role is configured, so no other identity may take its place.
class AssumeRoleCredentials final : public CredentialProvider {
 public:
  /// STS is asked in `region`. `context` outlives this object.
  AssumeRoleCredentials(CallContext& context, std::shared_ptr<CredentialProvider> base, base::Region region,
                        AssumeRoleInputs inputs);

  base::Task<base::Result<CredentialsPtr>> credentials() override;

 private:
  std::shared_ptr<CredentialProvider> base_;
  Caller caller_;
  AssumeRoleInputs inputs_;
};

}  // namespace keyward::aws
