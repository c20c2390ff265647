#pragma once

#include <string>

#include "aws/iam_client.hpp"
#include "orchestrator/account_report.hpp"
#include "orchestrator/workplace.hpp"

namespace keyward::orchestrator {

/// What the coroutines of one account share. Outlives all of them.
struct AccountWork {
  const RunParts& parts;
  Workplace& workplace;
  AccountReport& report;
  const AccountPlan* plan = nullptr;  ///< what is to be done here and nothing else; null: whatever is due
};

/// The empty report of an account whose turn has come in a run of this mode.
AccountReport open_report(const RunParts& parts, accounts::Account account, Mode run);

/// A decision that was not carried out; `detail` replaces the decision's own unless it is empty.
rotation::Outcome not_carried_out(const rotation::Decision& decision, rotation::OutcomeStatus status, base::Instant at, std::string detail);

/// Carries out a decision that was made from these facts, between two lines of the journal.
base::Task<rotation::Outcome> perform(AccountWork& work, rotation::UserFacts seen, rotation::Decision decision);

/// Whether carrying it out changes anything, the user's record included.
bool touches_aws(const rotation::Decision& decision);

/// One decision of one user: carried out, only told, put off until its owner is warned, or refused by a limit.
base::Task<rotation::Outcome> act(AccountWork& work, rotation::UserFacts& facts, rotation::Decision decision);

/// What of these decisions the account's plan holds; planned steps that no longer hold are `stale` in the user's report.
std::vector<rotation::Decision> keep_to_plan(AccountWork& work, rotation::UserReport& user, std::vector<rotation::Decision> decisions);

/// What earlier runs left to be done for this user: an interrupted rotation is finished or undone, and actions that nobody
/// was told of are told. The facts in `report` are those after it.
base::Task<void> catch_up(AccountWork& work, aws::IamUser user, rotation::UserReport& report, rotation::Reading reading);

}  // namespace keyward::orchestrator
