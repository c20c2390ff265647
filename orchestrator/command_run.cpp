#include <algorithm>

#include "orchestrator/commands.hpp"
#include "orchestrator/open_run.hpp"
#include "orchestrator/preflight.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

/// Why so many accounts are gone since the last run that something may be wrong with the list; empty when they are not.
std::string accounts_missing(const CommandContext& context, const accounts::Inventory& inventory, const RunMemory& memory) {
  const std::size_t now = inventory.entries.size();
  const std::size_t before = memory.accounts().value_or(now);
  const std::size_t allowed = std::max<std::size_t>(1, before * static_cast<std::size_t>(context.configuration.limits.max_inventory_shrink_percent) / 100);
  if (now >= before || before - now <= allowed) return {};
  return "limits.max_inventory_shrink_percent: the organization has " + std::to_string(now) + " accounts, the last run saw " +
         std::to_string(before) + "; if that is right, set it to 100 for one run";
}

Coverage nothing_covered(const accounts::Inventory& inventory, const std::string& why) {
  Coverage coverage;
  coverage.stopped_by = why;
  for (const auto& entry : inventory.entries) {
    if (entry.skip == accounts::Skip::none) coverage.not_covered.push_back({entry.account, "not begun: " + why});
  }
  return coverage;
}

/// Walks the accounts and tells the owners.
Task<ExitCode> walk(CommandContext& context, std::string command, Mode mode, Job& job, const accounts::Inventory& inventory) {
  Result<OpenRun> run = open_run(context, job, command);
  if (!run) co_return not_begun(context, run.error());
  const bool audits = mode == Mode::enforce || mode == Mode::dry_run;
  Progress progress(context.err, context.progress);
  progress.begin(participating(inventory));
  CoverageCallbacks callbacks;
  callbacks.previous_run = [&](const accounts::Account& account) {
    return run->memory.last_audited(account.id, told_as(mode_for(context.configuration.for_account(account), mode)));
  };
  callbacks.account_done = [&](AccountReport&& report) {
    run->account_done(report, context.services.context.clock.now());
    if (audits && !report.failure && !report.cut_short) run->memory.audited(report.account.id, told_as(report.mode), report.audited_at);
    progress.account_done(report.failure.has_value(), context.services.context.statistics.throttled);
  };
  rotation::RunIdentity identity = identity_of(context, run->id());
  Coverage coverage;
  const std::string missing = accounts_missing(context, inventory, run->memory);
  if (missing.empty()) {
    coverage = co_await job.cover(inventory, mode, std::move(identity), std::move(callbacks), &run->journal);
    run->memory.set_accounts(inventory.entries.size());
  } else {
    coverage = nothing_covered(inventory, missing);
  }
  progress.end();
  count(run->record.summary(), inventory, coverage);
  ExitCode code = co_await conclude(context, job, *run);
  co_return code;
}

}  // namespace

Task<ExitCode> run_job(CommandContext context) {
  const Mode mode = context.line.dry_run ? Mode::dry_run : Mode::enforce;
  Work work = [&context, mode](Job& job, const accounts::Inventory& inventory) {
    return walk(context, "run", mode, job, inventory);
  };
  ExitCode code = co_await under_lock(context, std::move(work));
  co_return code;
}

Task<ExitCode> run_recover(CommandContext context) {
  const Mode mode = context.line.list ? Mode::list_interrupted : Mode::recover;
  Work work = [&context, mode](Job& job, const accounts::Inventory& inventory) {
    return walk(context, "recover", mode, job, inventory);
  };
  ExitCode code = co_await under_lock(context, std::move(work));
  co_return code;
}

}  // namespace keyward::orchestrator
