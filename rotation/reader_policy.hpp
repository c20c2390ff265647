#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace keyward::rotation {

/// The resource policy of a user's secret: the readers may get its value and nobody else may. Statements of other origin
/// in `existing` are kept; ours are recognised by their Sid.
/// Nothing when `existing` already says so. Errors: `invalid` when `existing` is not a policy.
base::Result<std::optional<std::string>> with_readers(std::string_view existing, const std::vector<base::Arn>& readers);

}  // namespace keyward::rotation
