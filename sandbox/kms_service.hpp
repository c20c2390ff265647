#pragma once

#include <boost/json/object.hpp>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// KMS: DescribeKey and GetKeyPolicy, so that a client can ask whether a key exists, is enabled, and for whom.
boost::json::object handle_kms(const Call& call, const JsonParameters& parameters);

}  // namespace keyward::sandbox
