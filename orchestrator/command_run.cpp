#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "orchestrator/commands.hpp"
#include "orchestrator/open_run.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/run_summary.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

/// Why so many accounts are gone since the last run that something may be wrong with the list; empty when they are not.
std::string accounts_missing(const Limits& limits, std::size_t now, const RunMemory& memory) {
  const std::size_t before = memory.accounts().value_or(now);
  const auto percent = static_cast<std::size_t>(limits.max_inventory_shrink_percent);
  const std::size_t allowed = std::max<std::size_t>(1, before * percent / 100);
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
Task<ExitCode> walk(CommandContext& context, std::string command, Mode mode, Job& job, AccountsToCover& accounts) {
  Result<OpenRun> run = open_run(context, job, new_summary(context, command, mode, accounts));
  if (!run) co_return not_begun(context, run.error());
  accounts::Inventory& inventory = accounts.inventory;
  const bool audits = mode == Mode::enforce || mode == Mode::dry_run;
  const auto seen_as = [&context, mode](const accounts::Account& account) {
    return told_as(mode_for(context.configuration.for_account(account), mode));
  };
  longest_waiting_first(inventory, [&](const accounts::Account& account) { return run->memory.last_visit(account.id, seen_as(account)); });
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  Progress progress(executor, context.progress, context.services.context.statistics.throttled);
  progress.begin(participating(inventory));
  CoverageCallbacks callbacks;
  callbacks.previous_run = [&](const accounts::Account& account) { return run->memory.last_audited(account.id, seen_as(account)); };
  callbacks.account_begun = [&progress](const accounts::Account& account) { progress.account_begun(account); };
  callbacks.account_done = [&](AccountReport&& report) {
    run->account_done(report, context.services.context.clock.now());
    if (audits && !report.cut_short) run->memory.visited(report.account.id, told_as(report.mode), report.audited_at);
    if (audits && !report.cut_short && !report.failure) run->memory.audited(report.account.id, told_as(report.mode), report.audited_at);
    progress.account_done(report.account, report.failure.has_value());
  };
  rotation::RunIdentity identity = identity_of(context, run->id());
  Coverage coverage;
  const std::string missing = accounts_missing(context.configuration.limits, accounts.in_organization, run->memory);
  if (missing.empty()) {
    coverage = co_await job.cover(inventory, mode, std::move(identity), std::move(callbacks), &run->journal);
    run->memory.set_accounts(accounts.in_organization);
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
  Work work = [&context, mode](Job& job, AccountsToCover& accounts) { return walk(context, "run", mode, job, accounts); };
  ExitCode code = co_await under_lock(context, std::move(work));
  co_return code;
}

Task<ExitCode> run_recover(CommandContext context) {
  const Mode mode = context.line.list ? Mode::list_interrupted : Mode::recover;
  Work work = [&context, mode](Job& job, AccountsToCover& accounts) { return walk(context, "recover", mode, job, accounts); };
  ExitCode code = co_await under_lock(context, std::move(work));
  co_return code;
}

}  // namespace keyward::orchestrator
