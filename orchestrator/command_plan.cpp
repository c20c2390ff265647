#include <boost/asio/this_coro.hpp>
#include <optional>
#include <ostream>

#include "base/files.hpp"
#include "orchestrator/commands.hpp"
#include "orchestrator/notices.hpp"
#include "orchestrator/plan_file.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/queue_all.hpp"
#include "orchestrator/run_memory.hpp"
#include "orchestrator/run_record.hpp"
#include "orchestrator/run_summary.hpp"
#include "orchestrator/user_actions.hpp"
#include "orchestrator/version.hpp"
#include "report/plan_table.hpp"
#include "report/user_events.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

/// What the plan's rows come from and go to.
struct Planning {
  CommandContext& context;
  Job& job;
  Plan plan;
  report::RunSummary summary;
  report::PlanPrinter printer;
  std::optional<report::RunDiff> since;
  RunMemory memory;  ///< of the runs so far: which warnings are new depends on it
};

/// A dry run ends with the first change of a user; a plan names them all, as a run would come to them.
void decide_all(AccountReport& report, base::Instant now) {
  for (rotation::UserReport& user : report.users) {
    if (user.facts.gone) continue;
    user.outcomes.clear();
    for (const rotation::Decision& decision : rotation::decide(user.facts, report.settings.policy, now)) {
      user.outcomes.push_back(not_carried_out(decision, rotation::OutcomeStatus::done, now, ""));
    }
  }
}

void take(Planning& planning, AccountReport&& report) {
  const base::Instant now = planning.context.services.context.clock.now();
  const bool whole = !report.failure && !report.cut_short;
  decide_all(report, now);
  count(planning.summary, report, now);
  if (report.failure) return;
  if (whole) planning.plan.add(report);
  if (whole && planning.since) planning.since->add_covered(report.account.id.str(), report.account.name);
  for (const rotation::UserReport& user : report.users) {
    for (report::Event& event : report::user_events(report.account, user, report.settings.policy, now)) {
      event.dry_run = report.settings.dry_run;
      if (whole) planning.printer.add(event);
      if (whole && planning.since) planning.since->add(event);
    }
  }
}

Task<Coverage> walk(Planning& planning, const AccountsToCover& accounts) {
  CommandContext& context = planning.context;
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  Progress progress(executor, context.progress, context.services.context.statistics.throttled);
  progress.begin();
  AccountQueue queue;
  queue_all(accounts, queue, progress);
  CoverageCallbacks callbacks;
  callbacks.previous_run = [&planning](const accounts::Account& account) {
    const Mode mode = mode_for(planning.context.configuration.for_account(account), Mode::enforce);
    return planning.memory.last_audited(account.id, told_as(mode));
  };
  callbacks.account_begun = [&progress](const accounts::Account& account) { progress.account_begun(account); };
  callbacks.account_done = [&](AccountReport&& report) {
    const accounts::Account account = report.account;
    const bool failed = report.failure.has_value();
    take(planning, std::move(report));
    progress.account_done(account, failed);
  };
  rotation::RunIdentity run{planning.plan.id, {}};
  Coverage coverage = co_await planning.job.cover(queue, Mode::audit, std::move(run), std::move(callbacks), nullptr);
  progress.end();
  co_return coverage;
}

Result<std::optional<report::RunDiff>> compared_with(const CommandContext& context) {
  const std::string& name = context.line.diff;
  if (name.empty()) return std::optional<report::RunDiff>();
  std::error_code failed;
  const bool is_folder = name.find('/') != std::string::npos || std::filesystem::is_directory(name, failed);
  const std::filesystem::path folder = is_folder ? std::filesystem::path(name) : context.configuration.state_dir / "runs" / name;
  Result<report::RunDiff> diff = report::RunDiff::read(folder);
  if (!diff) return diff.error();
  return std::optional(std::move(*diff));
}

/// Before anything is read: a plan that cannot be kept is no use.
Result<std::optional<PlanKey>> key_for(const CommandContext& context) {
  const std::filesystem::path file = context.line.out;
  if (file.empty()) return std::optional<PlanKey>();
  std::error_code failed;
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, failed)) return refused_plan("NoFolder", folder.string() + " is no folder; make it first");
  if (std::filesystem::is_directory(file, failed)) return refused_plan("IsFolder", file.string() + " is a folder; name a file in it");
  const Result<void> free = base::replaceable(file, k_plan_beginning);
  if (!free) return free.error();
  Result<PlanKey> key = PlanKey::make_or_read(context.configuration.state_dir);
  if (!key) return key.error();
  return std::optional(std::move(*key));
}

ExitCode refuse(CommandContext& context, const base::Error& error) {
  say(context, "nothing was done", error);
  return ExitCode::usage;
}

}  // namespace

Task<ExitCode> run_plan(CommandContext context) {
  Result<std::optional<report::RunDiff>> since = compared_with(context);
  if (!since) co_return refuse(context, since.error());
  const Result<std::optional<PlanKey>> key = key_for(context);
  if (!key) co_return refuse(context, key.error());
  Job job(context.configuration, context.services, std::nullopt);
  std::optional<AccountsToCover> accounts = co_await preflight(context, job);
  if (!accounts) co_return ExitCode::preflight_failed;
  report::RunSummary summary = new_summary(context, "plan", Mode::audit);
  Plan plan{summary.run, k_version, summary.started, summary.started + k_plan_lasts, context.configuration_digest,
            accounts->inventory.organization_id, inventory_digest(accounts->inventory), {}};
  Planning planning{context, job, std::move(plan), std::move(summary), report::PlanPrinter(context.out, context.output), std::move(*since),
                    RunMemory::load(StateFolders(context.configuration.state_dir))};
  Coverage coverage = co_await walk(planning, *accounts);
  count(planning.summary, counts_of(*accounts));
  count(planning.summary, coverage);
  close_summary(context, planning.summary);
  ExitCode code = exit_code_of(planning.summary);
  report::PlanFacts facts{planning.plan.id, planning.plan.created, planning.plan.expires, "", false};
  facts.require_warning = context.configuration.defaults.notify.require_warning;
  if (*key) {
    const Result<void> written = write_plan(context.line.out, planning.plan, **key);
    if (written) facts.file = context.line.out;
    if (!written) {
      say(context, "the plan could not be written", written.error());
      code = worst(code, ExitCode::partial);
    }
  }
  planning.printer.finish(planning.summary, facts, planning.since ? &*planning.since : nullptr);
  co_return with_signal(context, code);
}

}  // namespace keyward::orchestrator
