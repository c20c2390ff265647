#pragma once

#include <optional>
#include <string>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// SNS 2010-03-31: Publish to a topic of the world, CreateTopic.
std::optional<std::string> handle_sns(const Call& call, const QueryParameters& parameters);

}  // namespace keyward::sandbox
