#pragma once

#include <boost/json/object.hpp>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// Organizations 2016-11-28: everything that lists and describes. Asked from outside of the management account only
/// DescribeOrganization answers.
boost::json::object handle_organizations(const Call& call, const JsonParameters& parameters);

}  // namespace keyward::sandbox
