#pragma once

#include <string>
#include <string_view>

#include "aws/aws_clock.hpp"
#include "aws/credentials.hpp"
#include "aws/endpoints.hpp"
#include "base/http.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

/// How credential sources reach the regional STS endpoint. The references outlive whoever holds this.
struct StsAccess {
  base::HttpTransport& transport;
  AwsClock& clock;
  EndpointSettings endpoints;
  base::Region region;
};

/// One STS action that answers with credentials: AssumeRole, AssumeRoleWithWebIdentity.
struct StsRequest {
  std::string action;
  std::string subject;    ///< for errors and Credentials::source: the role's ARN
  base::Body form;        ///< without Action and Version; see append_field()
  CredentialsPtr signer;  ///< null: sent unsigned, which is right for AssumeRoleWithWebIdentity only
};

/// Appends "&name=value", percent-encoded; nothing for an empty value. The encoded copy is wiped.
void append_field(base::Body& form, std::string_view name, std::string_view value);

/// Sends the request once, and a second time where the answer shows that the host's clock is wrong (aws-api.md, 7.2);
/// the clock learns from every answer. Retrying is the business of whoever asked for credentials. Errors, "sts:ACTION
/// SUBJECT": `denied` with what to check, `throttled`, `expired_credentials` (the signer, or the web identity token),
/// `transient` (5xx, IDPCommunicationError, an answer that is no STS answer), `invalid`.
base::Task<base::Result<CredentialsPtr>> request_credentials(const StsAccess& access, StsRequest request);

}  // namespace keyward::aws
