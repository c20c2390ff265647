#pragma once

#include <optional>
#include <string>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// STS 2011-06-15: AssumeRole with all its limits, GetCallerIdentity.
std::optional<std::string> handle_sts(const Call& call, const QueryParameters& parameters);

}  // namespace keyward::sandbox
