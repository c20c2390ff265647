#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace keyward::aws::json_fields {

// Reading answers of the JSON protocols. A member that is null, absent or of another type is "not there".

/// Nothing when the member is not a string.
std::optional<std::string> text(const boost::json::object& object, std::string_view name);
const boost::json::object* object(const boost::json::object& object, std::string_view name);
const boost::json::array* array(const boost::json::object& object, std::string_view name);
bool flag(const boost::json::object& object, std::string_view name);
/// Epoch seconds as a number, possibly with a fraction or an exponent.
std::optional<base::Instant> instant(const boost::json::object& object, std::string_view name);

}  // namespace keyward::aws::json_fields
