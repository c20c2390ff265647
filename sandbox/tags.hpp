#pragma once

#include <string_view>

namespace keyward::sandbox {

inline constexpr std::size_t k_tags_per_resource = 50;

/// Refuses a tag that AWS refuses: key of 1 to 128 characters, value of at most 256, of letters, digits, spaces and
/// `_.:/=+-@`, and no key in the reserved space `aws:`. Throws ApiError with `code`.
void check_tag(std::string_view key, std::string_view value, std::string_view code);

}  // namespace keyward::sandbox
