#pragma once

#include <map>
#include <optional>
#include <string>

#include "aws/endpoints.hpp"
#include "base/curl_transport.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "orchestrator/configuration.hpp"

namespace keyward::orchestrator {

using Environment = std::map<std::string, std::string>;

/// Empty when it is not set.
std::string value_of(const Environment& environment, const char* name);

/// Where the program is and how it reaches AWS from there: what environment and configuration say together.
struct Surroundings {
  Environment environment;
  std::string home;
  std::optional<std::string> profile;
  base::Region region;
  std::string partition;
  aws::EndpointSettings endpoints;
  std::string user_agent;
  std::string ca_file;  ///< AWS_CA_BUNDLE; empty: the system's
};

/// Errors: no region, an unknown partition, an endpoint or an application id that cannot be used.
base::Result<Surroundings> surroundings(const Configuration& configuration, const Environment& environment);

/// For the transport that speaks to AWS and to webhooks.
base::CurlTransportSettings transport_settings(const Surroundings& where);

}  // namespace keyward::orchestrator
