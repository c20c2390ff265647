#pragma once

#include <string_view>

namespace keyward::report {

/// The style of report.html. Its hash stands in the page's content security policy.
extern const std::string_view k_page_style;
/// Sorting, filtering and the colour scheme of report.html; the page reads without it.
extern const std::string_view k_page_script;

}  // namespace keyward::report
