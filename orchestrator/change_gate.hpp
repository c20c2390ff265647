#pragma once

#include "base/condition.hpp"
#include "base/task.hpp"

namespace keyward::orchestrator {

/// Stands before whatever a run changes, in AWS or in its journal. Accounts are read while the organization is still being
/// listed; it opens when the list is complete and has passed its checks, and never when it has not: a run that may not
/// trust its list has changed nothing. Who lists never waits for a place that is held by somebody who waits here.
class ChangeGate {
 public:
  void open();
  /// For ever; does nothing to a gate that is open.
  void refuse();

  bool is_open() const noexcept { return state_ == State::open; }
  bool is_refused() const noexcept { return state_ == State::refused; }

  /// Waits until one of both is said. True: go on. False: change nothing.
  base::Task<bool> pass();

 private:
  enum class State { closed, open, refused };
  void decide(State state);

  State state_ = State::closed;
  base::Condition decided_;
};

}  // namespace keyward::orchestrator
