#pragma once

#include <map>

#include "base/ids.hpp"

namespace keyward::orchestrator {

/// limits.max_changes and limits.max_changes_per_account: how many keys a run may create, deactivate or delete.
class ChangeBudget {
 public:
  ChangeBudget(int run, int account) : left_(run), per_account_(account) {}

  /// Takes one change; false when a limit refuses it.
  bool take(const base::AccountId& account) {
    int& used = used_[account];
    if (left_ == 0 || used == per_account_) return false;
    --left_;
    ++used;
    return true;
  }

 private:
  int left_;
  int per_account_;
  std::map<base::AccountId, int> used_;
};

}  // namespace keyward::orchestrator
