#pragma once

#include <string>

#include "aws/credentials.hpp"
#include "aws/shared_config.hpp"
#include "base/http.hpp"

namespace keyward::aws {

/// The role of an EC2 instance, by version 2 of the instance metadata service only: version 1 answers anybody who can
/// make the host send a GET, so there is no way back to it (aws-api.md, section 8.6). One second per request, one
/// attempt. AWS_EC2_METADATA_DISABLED=true turns it off; AWS_EC2_METADATA_SERVICE_ENDPOINT names another endpoint,
/// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6 the other usual one.
/// Errors: `not_found` where the service is off, absent, refuses a token or knows no role, as long as it has never
/// handed out credentials; afterwards `transient`. `invalid` for an answer that is none and for a bad setting.
class ImdsCredentials final : public CredentialProvider {
 public:
  /// The references outlive this object.
  ImdsCredentials(const Environment& environment, base::HttpTransport& transport)
      : environment_(environment), transport_(transport) {}

  base::Task<base::Result<CredentialsPtr>> credentials() override;

 private:
  base::Error absent(std::string code, std::string message) const;
  base::Task<base::Result<base::Body>> get(std::string url, base::Body token);
  base::Task<base::Result<base::Body>> ask(base::HttpRequest request);

  const Environment& environment_;
  base::HttpTransport& transport_;
  bool has_answered_ = false;
};

}  // namespace keyward::aws
