#pragma once

#include <boost/json/object.hpp>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// Systems Manager: GetParameter and PutParameter.
boost::json::object handle_ssm(const Call& call, const JsonParameters& parameters);

}  // namespace keyward::sandbox
