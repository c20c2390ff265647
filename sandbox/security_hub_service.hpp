#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// Security Hub: BatchImportFindings. What the findings hold is checked as far as AWS says what is required.
std::string security_hub_action(const WireRequest& request);
boost::json::object handle_security_hub(const Call& call, const JsonParameters& parameters);

}  // namespace keyward::sandbox
