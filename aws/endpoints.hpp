#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

/// The services keyward speaks to.
enum class Service { organizations, sts, iam, secrets_manager, ses, sns, ssm, s3, cloudwatch, account, dynamodb, kms, security_hub };

/// The prefix used in permissions and error texts: "iam", "secretsmanager", "ses".
std::string_view permission_prefix(Service service) noexcept;

struct Endpoint {
  std::string url;             ///< "https://iam.amazonaws.com", without a path and a trailing slash
  std::string signing_region;  ///< IAM and Organizations sign with one region of the partition
  std::string signing_name;
};

/// What the environment and the configuration say about endpoints.
struct EndpointSettings {
  bool use_fips = false;                                ///< AWS_USE_FIPS_ENDPOINT
  std::optional<std::string> override_all;              ///< AWS_ENDPOINT_URL
  std::map<Service, std::string> override_by_service;   ///< AWS_ENDPOINT_URL_<SERVICE>
};

/// Reads AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE id>, AWS_USE_FIPS_ENDPOINT, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
/// from the given environment. Errors: `invalid` for a URL that is neither https nor http to loopback, or a flag that is
/// neither true nor false.
base::Result<EndpointSettings> endpoint_settings(const std::map<std::string, std::string>& environment);

/// "aws", "aws-us-gov", "aws-cn", ... Errors: `invalid` for a region of no known partition: a safety tool does not guess.
base::Result<std::string> partition_of(const base::Region& region);

/// Where a service is and with what it is signed, from one table (aws-api.md, sections 0.3 and 11). An override changes
/// the host only, never what is signed. Errors: `invalid` for an unknown partition, a service the partition does not
/// have (SES in aws-cn), or FIPS where there is none.
base::Result<Endpoint> resolve_endpoint(Service service, const base::Region& region, const EndpointSettings& settings);

}  // namespace keyward::aws
