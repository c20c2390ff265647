#include "aws/sts_access.hpp"

#include <utility>

namespace keyward::aws {

using base::Error;
using base::ErrorKind;
using base::Result;

Result<std::optional<base::Region>> configured_region(const Environment& environment,
                                                      const SharedConfig::Section* profile) {
  std::string origin = "AWS_REGION";
  auto text = variable(environment, origin);
  if (!text) text = variable(environment, origin = "AWS_DEFAULT_REGION");
  if (!text && profile != nullptr) text = variable(*profile, origin = "region");
  if (!text) return std::optional<base::Region>();
  auto region = base::Region::parse(*text);
  if (!region) {
    return Error{ErrorKind::invalid, "region", "BadRegion", "",
                 origin + " must be " + std::string(base::Region::expectation()) + ", not \"" + *text + "\""};
  }
  return region;
}

Result<StsAccess> sts_access(const ChainSettings& settings, const SharedConfig::Section* profile) {
  std::optional<base::Region> region = settings.region;
  if (!region) {
    auto configured = configured_region(settings.environment, profile);
    if (!configured) return configured.error();
    region = *std::move(configured);
  }
  if (!region) {
    return Error{
        ErrorKind::invalid, "credentials", "NoRegion", "",
        "a role is to be assumed, but no region is given for STS: use --region, AWS_REGION or the profile's region"};
  }
  return StsAccess{settings.transport, settings.clock, settings.endpoints, *region};
}

std::string default_role_session_name(const base::Clock& clock) {
  return "keyward-" + std::to_string(clock.now().time_since_epoch().count());
}

}  // namespace keyward::aws
