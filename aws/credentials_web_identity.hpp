#pragma once

#include <string>

#include "aws/caller.hpp"
#include "aws/credentials.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

struct WebIdentityInputs {
  std::string token_file;  ///< read at every fetch: Kubernetes replaces it
  base::Arn role;
  std::string session_name;
};

/// AssumeRoleWithWebIdentity with the token in a file.
/// Errors: those of StsClient::assume_role_with_web_identity(); `invalid` for a token file that cannot be read or holds
/// no token.
class WebIdentityCredentials final : public CredentialProvider {
 public:
  /// STS is asked in `region`. `context` outlives this object.
  WebIdentityCredentials(CallContext& context, base::Region region, WebIdentityInputs inputs);

  base::Task<base::Result<CredentialsPtr>> credentials() override;

 private:
  AnonymousCredentials nobody_;
  Caller caller_;
  WebIdentityInputs inputs_;
};

}  // namespace keyward::aws
