#pragma once

#include <boost/json/object.hpp>
#include <optional>

#include "orchestrator/plan.hpp"

namespace keyward::orchestrator {

/// A plan as JSON, its members in a fixed order.
boost::json::object json_of(const Plan& plan);
/// Nothing for what json_of() does not make.
std::optional<Plan> plan_of(const boost::json::object& object);

}  // namespace keyward::orchestrator
