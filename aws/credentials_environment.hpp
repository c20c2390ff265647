#pragma once

#include "aws/credentials.hpp"
#include "aws/shared_config.hpp"

namespace keyward::aws {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (or the old AWS_SECURITY_TOKEN),
/// AWS_CREDENTIAL_EXPIRATION. Errors: `not_found` when neither half of the pair is set, `invalid` when one is missing
/// or the expiration is not an ISO 8601 time.
class EnvironmentCredentials final : public CredentialProvider {
 public:
  /// `environment` outlives this object.
  explicit EnvironmentCredentials(const Environment& environment) : environment_(environment) {}

  base::Task<base::Result<CredentialsPtr>> credentials() override;

 private:
  const Environment& environment_;
};

}  // namespace keyward::aws
