#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <string>

namespace keyward::rotation {

/// Checks a property with 500 cases. RapidCheck prints the seed; RC_PARAMS="max_success=10000 seed=1" overrules both.
template <class Testable>
void expect_property(const std::string& name, Testable property) {
  static const bool prepared = [] {
    const char* given = std::getenv("RC_PARAMS");
    const std::string parameters = given == nullptr ? "" : given;
    // RapidCheck's own default is 100 cases.
    if (parameters.find("max_success") == std::string::npos) setenv("RC_PARAMS", (parameters + " max_success=500").c_str(), 1);
    return true;
  }();
  EXPECT_TRUE(prepared && rc::check(name, std::move(property)));
}

}  // namespace keyward::rotation
