#pragma once

#include "orchestrator/commands.hpp"
#include "orchestrator/lambda_event.hpp"

// What is done about one account that somebody names, without a list of the whole organization where the rules can do
// without: hundreds of functions at once would each ask for it (docs/lambda.md).
namespace keyward::orchestrator {

/// The daily run of one account; with `force_rotate` that user's key is rotated instead. As a part of a fan-out it tells
/// nobody, and `owed` gets what people have to be told.
base::Task<ExitCode> run_account(CommandContext context, AccountEvent event, std::vector<notify::OwnerNotice>& owed);

/// One user of the caller's own account.
base::Task<ExitCode> run_user(CommandContext context, UserEvent event);

/// The accounts that take part, as events, and why the others do not.
base::Task<ExitCode> list_accounts_as_events(CommandContext context, bool dry_run, boost::json::object& content);

}  // namespace keyward::orchestrator
