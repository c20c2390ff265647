#pragma once

#include <optional>

#include "orchestrator/account_report.hpp"
#include "orchestrator/workplace.hpp"

namespace keyward::orchestrator {

/// Works through one account: session, facts, decisions, and in enforce mode their execution. Never throws for what the
/// world can cause: that stands in the report.
base::Task<AccountReport> work_account(RunParts parts, accounts::Account account, Mode mode,
                                       std::optional<base::Instant> previous_run);

}  // namespace keyward::orchestrator
