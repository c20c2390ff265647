#pragma once

#include <deque>
#include <optional>

#include "accounts/account.hpp"
#include "base/condition.hpp"
#include "base/task.hpp"

namespace keyward::orchestrator {

/// Accounts that take part, on their way from the list to the workers. It has no bound, so that the list never waits for
/// the work: the gate opens when it is complete (change_gate.hpp).
class AccountQueue {
 public:
  void add(accounts::Account account);
  /// No further account comes.
  void end();

  /// The next account, in the order in which they were added; nothing after the last one. For one taker.
  base::Task<std::optional<accounts::Account>> next();

  /// How many were added so far.
  int added() const noexcept { return added_; }

 private:
  std::deque<accounts::Account> waiting_;
  int added_ = 0;
  bool ended_ = false;
  base::Condition changed_;
};

}  // namespace keyward::orchestrator
