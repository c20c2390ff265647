#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "rotation/decision.hpp"

namespace keyward::test {

/// Every enumerator of rotation::Reason. Behind the last one to_string() gives a name that another one has.
inline std::vector<rotation::Reason> every_reason() {
  std::vector<rotation::Reason> reasons;
  std::set<std::string_view> names;
  for (int value = 0;; ++value) {
    const auto reason = static_cast<rotation::Reason>(value);
    if (!names.insert(to_string(reason)).second) return reasons;
    reasons.push_back(reason);
  }
}

/// Those for which decide(), or a list of interrupted rotations, leaves a key to a person.
inline std::vector<rotation::Reason> reasons_to_hold() {
  using enum rotation::Reason;
  return {conflict_two_used_keys, rolled_back, reactivated, replacement_missing, fact_unknown, interrupted_rotation};
}

}  // namespace keyward::test
