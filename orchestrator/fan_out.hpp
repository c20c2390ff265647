#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "notify/bucket_templates.hpp"
#include "notify/digest.hpp"
#include "orchestrator/commands.hpp"

// The daily run divided among functions (docs/lambda.md): one lists the accounts, each of many goes through one of them and
// leaves what it found in a bucket, and the last makes one record of that and tells people, each once. A place in the
// bucket belongs to one fan-out:
//   accounts.jsonl   the accounts that take part, each as the event for its function
//   inventory.json   the organization, and why other accounts do not take part
//   accounts/ID.json what the function of an account found
//   told.json        whose owners have been told
//   run.json, events.jsonl, report.html   the record of the whole run
namespace keyward::orchestrator {

/// Leaves what list_accounts_as_events() found, and puts into its place in `content` where that is.
base::Task<base::Result<void>> leave_inventory(CommandContext context, notify::BucketPlace place, boost::json::object& content);

/// Leaves what became of an account. `found`: "exit_code", "said", and, where there was a run, "run" and "events".
base::Task<base::Result<void>> leave_account(CommandContext context, notify::BucketPlace place, std::string account, boost::json::object found,
                                             std::vector<notify::OwnerNotice> owed);

/// Makes one run of what was left. An account whose function left nothing is not covered.
base::Task<ExitCode> merge_fan_out(CommandContext context, notify::BucketPlace place, boost::json::object& content);

}  // namespace keyward::orchestrator
