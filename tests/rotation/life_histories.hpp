#pragma once

#include <rapidcheck.h>

#include "life_simulation.hpp"

namespace keyward::rotation::life {

/// What a random history may hold beside one or two keys, any policy and any habits.
struct Allowed {
  bool people = false;          ///< somebody deactivates, activates, deletes and makes keys, or removes the record; inactive keys at first
  bool missed_runs = false;     ///< days or weeks without a run, and days with two
  bool trouble = false;         ///< unreadable facts, refused changes, exemptions, state_dir lost
  bool policy_changes = false;
  int keys = 2;                 ///< on the first day, at most
};

inline constexpr Allowed k_anything{true, true, true, true, 2};

rc::Gen<History> histories(Allowed allowed);

}  // namespace keyward::rotation::life
