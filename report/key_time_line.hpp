#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "report/user_explanation.hpp"

namespace keyward::report {

/// The user's keys and those to come as lines of plain ASCII, a legend below; nothing when there is no key. `width` columns
/// at most, 40 at least.
std::vector<std::string> key_time_line(const UserExplanation& explanation, std::size_t width);

}  // namespace keyward::report
