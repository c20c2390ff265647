#pragma once

#include <map>
#include <string>

#include "base/error.hpp"

namespace keyward::orchestrator {

/// What every request says of its sender: "keyward/1.0", and " app/ID" when AWS_SDK_UA_APP_ID names one, as the AWS
/// SDKs do (SDKs and Tools Reference Guide, "Application ID"). CloudTrail records it. Errors: `invalid` for an id of
/// more than 50 characters or with others than letters, digits and !$%&*+-.^_`|~.
base::Result<std::string> user_agent(const std::map<std::string, std::string>& environment);

}  // namespace keyward::orchestrator
