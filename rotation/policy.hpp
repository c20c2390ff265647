#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace keyward::rotation {

/// What to do with two keys that are both used and both overdue.
enum class ConflictRule {
  retire_lru,  ///< warn, deactivate the least recently used, delete it after the recovery grace, then rotate the other
  delete_lru,  ///< the AWS guidance's way: delete the least recently used at once, then rotate the other
  hold,        ///< report only
};

/// What to do with an overdue key that was never used.
enum class UnusedRule {
  rotate,  ///< replace it once; a replacement that is never used either is retired
  retire,  ///< deactivate it, later delete it, no replacement
};

/// When a key is rotated, deactivated and deleted. Days are whole days of AWS's calendar.
struct Policy {
  std::chrono::days rotate_after{90};     ///< RotationPeriod; age at which a new key is made
  std::chrono::days install_grace{10};    ///< InstallationGracePeriod; both keys are active this long
  std::chrono::days recovery_grace{10};   ///< RecoveryGracePeriod; inactive this long before it is deleted
  std::vector<int> warn_days{14, 7, 3, 1};  ///< PendingActionWarnPeriod; days before an action, each announced once
  std::chrono::days hold_while_in_use{0};  ///< >0: a key used within the last day is not deactivated for so many more days
  ConflictRule conflict = ConflictRule::retire_lru;
  UnusedRule unused_keys = UnusedRule::rotate;

  bool operator==(const Policy&) const = default;
};

}  // namespace keyward::rotation
