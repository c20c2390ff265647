#pragma once

#include <string>

#include "orchestrator/commands.hpp"
#include "orchestrator/journal.hpp"
#include "orchestrator/notices.hpp"
#include "orchestrator/run_memory.hpp"
#include "orchestrator/run_record.hpp"

namespace keyward::orchestrator {

/// What of a run this process does: all of it, or a piece of a fan-out (orchestrator/fan_out.hpp).
enum class Piece {
  whole,
  account,  ///< one account. Nobody is told: what owners are owed is left in OpenRun::owed
  rest,     ///< no account. Owners are told of `owed`, operators by whoever has put the pieces together
};

/// What a run that may change something writes to.
struct OpenRun {
  StateFolders folders;
  RunRecord record;
  Notices notices;
  RunMemory memory;
  Journal journal;
  Piece piece = Piece::whole;
  std::vector<notify::OwnerNotice> owed;

  const std::string& id() { return record.summary().run; }
  /// Records an account, and keeps what somebody must hear of it.
  void account_done(const AccountReport& report, base::Instant now);
};

/// Gives the run its id. Errors: what the run needs cannot be had; nothing was done.
base::Task<base::Result<OpenRun>> open_run(const CommandContext& context, Job& job, report::RunSummary summary);

/// Under which name the run goes in the accounts, and which other runs are over.
rotation::RunIdentity identity_of(const CommandContext& context, const std::string& run);

/// Ends a run: mails, memory, record, what is said on standard output.
base::Task<ExitCode> conclude(CommandContext& context, Job& job, OpenRun& run);

}  // namespace keyward::orchestrator
