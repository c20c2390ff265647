#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "orchestrator/account_report.hpp"
#include "orchestrator/user_actions.hpp"
#include "report/asff.hpp"

namespace keyward::orchestrator {

/// What an account's Security Hub is to be told.
struct FindingsToPush {
  struct Failed {
    report::AsffSubject subject;
    report::Event event;
  };
  std::vector<Failed> failed;
  std::vector<report::AsffSubject> resolved;
  std::vector<report::AsffSubject> kept;  ///< told earlier, and nothing is known about them now
};

/// Pure. A key that was switched off or deleted in this run is no longer out of policy. What was told earlier is resolved
/// when its key is gone or in policy, and not when that could not be read.
FindingsToPush findings_of(const AccountReport& report, const std::vector<report::AsffSubject>& told, base::Instant now);

/// Tells the account's Security Hub, in the account's session, and remembers what it took. Nothing when there is nothing to
/// tell, when the run is being stopped or its accounts could not all be listed. What is not taken is tried once more.
base::Task<std::optional<FindingsPushed>> push_findings(AccountWork& work);

}  // namespace keyward::orchestrator
