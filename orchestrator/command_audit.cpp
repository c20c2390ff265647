#include <boost/asio/this_coro.hpp>

#include "orchestrator/commands.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/queue_all.hpp"
#include "orchestrator/run_record.hpp"
#include "orchestrator/run_summary.hpp"
#include "report/audit_table.hpp"

namespace keyward::orchestrator {

base::Task<ExitCode> run_audit(CommandContext context) {
  Job job(context.configuration, context.services, context.line.shard);
  std::optional<AccountsToCover> accounts = co_await preflight(context, job);
  if (!accounts) co_return ExitCode::preflight_failed;
  report::RunSummary summary = new_summary(context, "audit", Mode::audit);
  report::AuditPrinter printer(context.out, context.output);
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  Progress progress(executor, context.progress, context.services.context.statistics.throttled);
  progress.begin();
  AccountQueue queue;
  queue_all(*accounts, queue, progress);
  CoverageCallbacks callbacks;
  callbacks.previous_run = [](const accounts::Account&) { return std::optional<base::Instant>(); };
  callbacks.account_begun = [&progress](const accounts::Account& account) { progress.account_begun(account); };
  callbacks.account_done = [&](AccountReport&& report) {
    const base::Instant now = context.services.context.clock.now();
    count(summary, report, now);
    if (!report.failure) printer.add(report.account, report.users, report.settings.policy, now);
    progress.account_done(report.account, report.failure.has_value());
  };
  rotation::RunIdentity run{summary.run, {}};
  Coverage coverage = co_await job.cover(queue, Mode::audit, std::move(run), std::move(callbacks), nullptr);
  progress.end();
  count(summary, *accounts);
  count(summary, coverage);
  close_summary(context, summary);
  ExitCode code = exit_code_of(summary);
  if (summary.keys_out_of_policy > 0 && !context.line.exit_zero) code = worst(code, ExitCode::findings);
  summary.exit_code = static_cast<int>(code);
  printer.finish(summary);
  co_return with_signal(context, code);
}

}  // namespace keyward::orchestrator
