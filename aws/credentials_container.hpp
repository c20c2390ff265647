#pragma once

#include <string>

#include "aws/credentials.hpp"
#include "aws/shared_config.hpp"
#include "base/clock.hpp"
#include "base/http.hpp"

namespace keyward::aws {

/// The credential endpoint of ECS tasks and EKS Pod Identity: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, else
/// AWS_CONTAINER_CREDENTIALS_FULL_URI, with the token of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE (read each time) or
/// AWS_CONTAINER_AUTHORIZATION_TOKEN (aws-api.md, section 8.5). A full URI must be https or name loopback or one of the
/// addresses that AWS uses, so that nobody's environment variable sends the token elsewhere; no other name is resolved.
/// Three attempts, one second apart, two seconds each.
/// Errors: `not_found` when neither variable is set; `invalid` for a URI or token that is refused; those of the
/// transport.
class ContainerCredentials final : public CredentialProvider {
 public:
  /// The references outlive this object.
  ContainerCredentials(const Environment& environment, base::HttpTransport& transport, base::Sleeper& sleeper)
      : environment_(environment), transport_(transport), sleeper_(sleeper) {}

  base::Task<base::Result<CredentialsPtr>> credentials() override;

 private:
  base::Result<base::HttpRequest> request() const;
  base::Task<base::Result<CredentialsPtr>> fetch();

  const Environment& environment_;
  base::HttpTransport& transport_;
  base::Sleeper& sleeper_;
};

}  // namespace keyward::aws
