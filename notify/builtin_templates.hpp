#pragma once

#include <string_view>

namespace keyward::notify {

// The files in templates/, embedded when keyward is built (notify/CMakeLists.txt).
extern const std::string_view k_enforce_html;
extern const std::string_view k_enforce_text;
extern const std::string_view k_audit_html;
extern const std::string_view k_audit_text;

}  // namespace keyward::notify
