#include "orchestrator/surroundings.hpp"

#include <algorithm>
#include <array>

#include "aws/credential_chain.hpp"
#include "orchestrator/user_agent.hpp"

namespace keyward::orchestrator {
namespace {

/// Those that libcurl looks at for requests over TLS.
constexpr std::array k_proxies{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

}  // namespace

std::string value_of(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

base::Result<Surroundings> surroundings(const Configuration& configuration, const Environment& environment) {
  const std::string home = value_of(environment, "HOME");
  const std::optional<std::string> profile = configuration.profile.empty() ? std::nullopt : std::optional(configuration.profile);
  std::optional<std::string> named_region;
  if (configuration.region) named_region = configuration.region->str();
  const base::Result<base::Region> region = aws::resolve_region(named_region, environment, home, profile);
  if (!region) return region.error();
  const base::Result<std::string> partition = aws::partition_of(*region);
  if (!partition) return partition.error();
  const base::Result<aws::EndpointSettings> endpoints = aws::endpoint_settings(environment);
  if (!endpoints) return endpoints.error();
  const base::Result<std::string> agent = user_agent(environment);
  if (!agent) return agent.error();
  return Surroundings{environment, home, profile, *region, *partition, *endpoints, *agent, value_of(environment, "AWS_CA_BUNDLE")};
}

base::CurlTransportSettings transport_settings(const Surroundings& where) {
  base::CurlTransportSettings settings;
  settings.ca_file = where.ca_file;
  const bool proxy = std::ranges::any_of(k_proxies, [&](const char* name) { return !value_of(where.environment, name).empty(); });
  settings.proxy = proxy ? base::Proxy::named : base::Proxy::none;
  return settings;
}

}  // namespace keyward::orchestrator
