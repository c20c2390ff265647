#pragma once

#include <boost/json/object.hpp>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// KMS: DescribeKey, so that a client can ask whether a key exists and is enabled.
boost::json::object handle_kms(const Call& call, const JsonParameters& parameters);

}  // namespace keyward::sandbox
