#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <string>

namespace keyward::rotation {

// A sanitizer looks at how the cases run, not at what comes out, and makes each many times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr const char* k_cases = " max_success=50";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr const char* k_cases = " max_success=50";
#else
inline constexpr const char* k_cases = " max_success=500";
#endif
#else
inline constexpr const char* k_cases = " max_success=500";
#endif

/// Checks a property with 500 cases, 50 under a sanitizer. RapidCheck prints the seed; RC_PARAMS="max_success=10000 seed=1"
/// overrules both.
template <class Testable>
void expect_property(const std::string& name, Testable property) {
  static const bool prepared = [] {
    const char* given = std::getenv("RC_PARAMS");
    const std::string parameters = given == nullptr ? "" : given;
    // RapidCheck's own default is 100 cases.
    if (parameters.find("max_success") == std::string::npos) setenv("RC_PARAMS", (parameters + k_cases).c_str(), 1);
    return true;
  }();
  EXPECT_TRUE(prepared && rc::check(name, std::move(property)));
}

}  // namespace keyward::rotation
