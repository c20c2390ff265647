#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <exception>
#include <map>

#include "base/task_group.hpp"
#include "orchestrator/commands.hpp"
#include "orchestrator/metrics_file.hpp"
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

/// A run whose accounts are worked on while the organization is still being listed.
struct Walk {
  CommandContext& context;
  Job& job;
  OpenRun& run;
  Progress& progress;
  Mode mode;
  AccountQueue queue;
  bool listed_all = false;
  AccountCounts accounts;
  std::deque<report::Uncovered> participating;  ///< what they are when the list is refused
  std::string refused_by;                       ///< the limit that the list does not keep, and why; empty: none
  Coverage coverage;
  std::map<notify::Mode, int> listed{};  ///< accounts handed on, by what they are in this run
  std::map<notify::Mode, int> done{};    ///< of them, gone through to their end

  notify::Mode seen_as(const accounts::Account& account) const {
    return told_as(mode_for(context.configuration.for_account(account), mode));
  }
  /// Whether the account is one to work on.
  bool count(const accounts::InventoryEntry& entry) {
    accounts.add(entry, context.line.shard);
    if (!is_to_cover(entry, context.line.shard)) return false;
    participating.push_back({entry.account.id.str(), entry.account.name, {}});
    return true;
  }
  void work_on(accounts::Account account) {
    progress.account_listed();
    ++listed[seen_as(account)];
    queue.add(std::move(account));
  }
};

/// Hands the accounts on as they are listed, unless some must come first: then all are awaited. Opens the gate when the
/// list is complete and can be believed.
Task<void> hand_on(Walk& walk) {
  const RunMemory& memory = walk.run.memory;
  // Which accounts are dry ones is not known before they are listed.
  const bool in_order = memory.left_behind(notify::Mode::dry_run) ||
                        (writes(walk.mode) && memory.left_behind(notify::Mode::enforce));
  std::deque<accounts::Account> waiting;
  accounts::OnListed on_listed = [&](accounts::InventoryEntry entry) {
    if (!walk.count(entry)) return;
    if (in_order) {
      waiting.push_back(std::move(entry.account));
    } else {
      walk.work_on(std::move(entry.account));
    }
  };
  std::optional<std::string> organization = co_await list_accounts(walk.context, walk.job, std::move(on_listed));
  if (!organization) co_return;
  walk.listed_all = true;
  walk.accounts.organization = std::move(*organization);
  walk.refused_by = accounts_missing(walk.context.configuration.limits, walk.accounts.in_organization, memory);
  if (!walk.refused_by.empty()) co_return;
  walk.participating.clear();
  count(walk.run.record.summary(), walk.accounts);
  longest_waiting_first(waiting, [&walk, &memory](const accounts::Account& account) {
    return memory.last_visit(account.id, walk.seen_as(account));
  });
  for (accounts::Account& account : waiting) walk.work_on(std::move(account));
  walk.job.gate().open();
}

/// Whatever ends the listing, nobody is left waiting. What was not found right by then is wrong.
Task<void> list(Walk& walk) {
  std::exception_ptr failure;
  try {
    co_await hand_on(walk);
  } catch (...) {
    failure = std::current_exception();
  }
  walk.job.gate().refuse();
  walk.queue.end();
  walk.progress.all_listed();
  if (failure) std::rethrow_exception(failure);
}

Task<void> cover(Walk& walk) {
  CommandContext& context = walk.context;
  OpenRun& run = walk.run;
  const bool audits = walk.mode == Mode::enforce || walk.mode == Mode::dry_run;
  CoverageCallbacks callbacks;
  callbacks.previous_run = [&](const accounts::Account& account) { return run.memory.last_audited(account.id, walk.seen_as(account)); };
  callbacks.account_begun = [&](const accounts::Account& account) { walk.progress.account_begun(account); };
  callbacks.account_done = [&](AccountReport&& report) {
    run.account_done(report, context.services.context.clock.now());
    const notify::Mode mode = told_as(report.mode);
    // Also when it was cut short: one account that is too large for limits.deadline must not stand before all others for ever.
    if (audits) run.memory.visited(report.account.id, mode, report.audited_at);
    if (audits && !report.cut_short && !report.failure) run.memory.audited(report.account.id, mode, report.audited_at);
    if (!report.cut_short) ++walk.done[mode];
    walk.progress.account_done(report.account, report.failure.has_value());
  };
  rotation::RunIdentity identity = identity_of(context, run.id());
  walk.coverage = co_await walk.job.cover(walk.queue, walk.mode, std::move(identity), std::move(callbacks), &run.journal);
  if (!audits) co_return;
  for (const auto& [mode, listed] : walk.listed) run.memory.set_left_behind(mode, walk.done[mode] < listed);
}

Task<void> list_and_cover(Walk& walk, base::TaskGroup& group) {
  Task<void> listing = list(walk);
  co_await group.spawn(std::move(listing));
  Task<void> covering = cover(walk);
  co_await group.spawn(std::move(covering));
}

/// What was read while the list was doubtful counts for nothing: a record of its own, in which no account is covered.
Task<ExitCode> refuse(Walk& walk, report::RunSummary summary) {
  walk.run.record.discard();
  Result<OpenRun> run = co_await open_run(walk.context, walk.job, std::move(summary));
  if (!run) co_return not_begun(walk.context, run.error());
  count(run->record.summary(), walk.accounts);
  for (report::Uncovered& account : walk.participating) {
    account.reason = "not begun: " + walk.refused_by;
    run->record.summary().uncovered.push_back(std::move(account));
  }
  Coverage nothing;
  nothing.stopped_by = walk.refused_by;
  count(run->record.summary(), nothing);
  ExitCode code = co_await conclude(walk.context, walk.job, *run);
  co_return code;
}

/// Walks the accounts and tells the owners.
Task<ExitCode> walk(CommandContext& context, std::string command, Mode mode, Job& job) {
  const bool known = co_await identify(context, job);
  if (!known) co_return ExitCode::preflight_failed;
  const report::RunSummary summary = new_summary(context, command, mode);
  Result<OpenRun> run = co_await open_run(context, job, summary);
  if (!run) co_return not_begun(context, run.error());
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  Progress progress(executor, context.progress, context.services.context.statistics.throttled);
  progress.begin();
  Walk walk{context, job, *run, progress, mode, {}, false, {}, {}, {}, {}};
  const auto body = [&walk](base::TaskGroup& group) { return list_and_cover(walk, group); };
  co_await base::run_group(2, body);
  progress.end();
  if (!walk.listed_all) {
    run->record.discard();
    co_return ExitCode::preflight_failed;
  }
  if (!walk.refused_by.empty()) {
    ExitCode code = co_await refuse(walk, summary);
    co_return code;
  }
  run->memory.set_accounts(walk.accounts.in_organization);
  count(run->record.summary(), walk.coverage);
  ExitCode code = co_await conclude(context, job, *run);
  co_return code;
}

}  // namespace

Task<ExitCode> run_job(CommandContext context) {
  const Mode mode = context.line.dry_run ? Mode::dry_run : Mode::enforce;
  Work work = [&context, mode](Job& job) { return walk(context, "run", mode, job); };
  ExitCode code = co_await under_lock(context, std::move(work));
  if (code == ExitCode::preflight_failed) {
    const Result<void> metrics = write_metrics_of_failed_start(context.configuration, context.services.context.clock.now(), code);
    if (!metrics) say(context, "report.prometheus_file could not be written", metrics.error());
  }
  co_return code;
}

Task<ExitCode> run_recover(CommandContext context) {
  const Mode mode = context.line.list ? Mode::list_interrupted : Mode::recover;
  Work work = [&context, mode](Job& job) { return walk(context, "recover", mode, job); };
  ExitCode code = co_await under_lock(context, std::move(work));
  co_return code;
}

}  // namespace keyward::orchestrator
