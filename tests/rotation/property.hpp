#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <string>

#include "support/sanitized.hpp"

namespace keyward::rotation {

inline constexpr const char* k_cases = test::k_sanitized ? " max_success=15" : " max_success=500";

/// Checks a property with 500 cases, 15 under a sanitizer. RapidCheck prints the seed; RC_PARAMS="max_success=10000 seed=1"
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
