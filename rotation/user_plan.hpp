#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rotation/decision.hpp"

namespace keyward::rotation {

/// What a plan has for one user: the steps, in the order in which they are to be carried out, and the facts that led to them.
struct UserPlan {
  UserFacts facts;
  std::vector<Decision> steps;
};

/// Whether a run would do something about this decision: change a key, warn somebody, or write keyward's record.
bool is_step(const Decision& decision);

std::vector<Decision> steps_of(const std::vector<Decision>& decisions);

/// What is different now of the facts that a plan went by, for people: keys, their states, keyward's record, exemption. Empty
/// when nothing is. That a key was used since is no drift: the rules decide whether that matters. Pure.
std::string drift(const UserFacts& planned, const UserFacts& now);

/// What the rules say of a user now, held against a plan.
struct KeptToPlan {
  /// Those that change nothing, and those planned steps that still hold. What is due and was not planned stands here too, with
  /// nothing to do.
  std::vector<Decision> decisions;
  std::vector<Decision> stale;  ///< planned steps that no longer hold; `detail` says what differs
  int unplanned = 0;            ///< steps that came due since
};

/// A planned step holds when the facts have not drifted and the rules still ask for the same action on the same key for the
/// same reason. `plan` is null for a user that the plan has nothing for; `drifted` says why nothing that was planned
/// for the user's account holds, and is empty otherwise. Pure.
KeptToPlan keep_to_plan(const UserPlan* plan, std::string_view drifted, const UserFacts& now, std::vector<Decision> decisions);

}  // namespace keyward::rotation
