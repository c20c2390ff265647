#pragma once

#include <string>

#include "aws/credentials.hpp"
#include "aws/sts_query.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

struct WebIdentityInputs {
  std::string token_file;  ///< read at every fetch: Kubernetes replaces it
  base::Arn role;
  std::string session_name;
};

/// AssumeRoleWithWebIdentity with the token in a file: the one call that is unsigned by definition.
/// Errors: those of request_credentials(); `invalid` for a token file that cannot be read or holds no token.
class WebIdentityCredentials final : public CredentialProvider {
 public:
  WebIdentityCredentials(StsAccess sts, WebIdentityInputs inputs);

  base::Task<base::Result<CredentialsPtr>> credentials() override;

 private:
  StsAccess sts_;
  WebIdentityInputs inputs_;
};

}  // namespace keyward::aws
