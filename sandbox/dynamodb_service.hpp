#pragma once

#include <boost/json/object.hpp>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// DynamoDB: Scan of tables whose attributes are texts.
boost::json::object handle_dynamodb(const Call& call, const JsonParameters& parameters);

}  // namespace keyward::sandbox
