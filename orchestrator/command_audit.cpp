#include <boost/asio/this_coro.hpp>

#include "base/files.hpp"
#include "orchestrator/commands.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/queue_all.hpp"
#include "orchestrator/run_record.hpp"
#include "orchestrator/run_summary.hpp"
#include "report/audit_table.hpp"
#include "report/junit.hpp"
#include "report/user_events.hpp"

namespace keyward::orchestrator {

namespace {

/// The file of --junit: the accounts as they are done, those that were not covered last.
class AuditCases {
 public:
  explicit AuditCases(const std::string& file)
      : file_(file), cases_(report::RunSummary(), [this](std::string_view part) { file_.write(part); }) {}
  AuditCases(const AuditCases&) = delete;
  AuditCases& operator=(const AuditCases&) = delete;

  void add(const AccountReport& report, base::Instant now) {
    for (const rotation::UserReport& user : report.users) {
      for (const report::Event& event : report::user_events(report.account, user, report.settings.policy, now)) cases_.add(event);
    }
  }
  base::Result<void> finish(const report::RunSummary& summary) {
    for (const report::Uncovered& account : summary.uncovered) cases_.not_covered(account, summary.finished);
    cases_.end();
    return file_.commit();
  }

 private:
  base::FileReplacement file_;
  report::JUnitWriter cases_;
};

}  // namespace

base::Task<ExitCode> run_audit(CommandContext context) {
  if (!context.line.junit.empty()) {
    const base::Result<void> free = base::replaceable(context.line.junit, report::k_junit_beginning);
    if (!free) {
      say(context, "nothing was done", free.error());
      co_return ExitCode::usage;
    }
  }
  Job job(context.configuration, context.services, context.line.shard);
  std::optional<AccountsToCover> accounts = co_await preflight(context, job);
  if (!accounts) co_return ExitCode::preflight_failed;
  report::RunSummary summary = new_summary(context, "audit", Mode::audit);
  report::AuditPrinter printer(context.out, context.output);
  std::optional<AuditCases> cases;
  if (!context.line.junit.empty()) cases.emplace(context.line.junit);
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
    if (!report.failure && cases) cases->add(report, now);
    progress.account_done(report.account, report.failure.has_value());
  };
  rotation::RunIdentity run{summary.run, {}};
  Coverage coverage = co_await job.cover(queue, Mode::audit, std::move(run), std::move(callbacks), nullptr);
  progress.end();
  count(summary, counts_of(*accounts));
  count(summary, coverage);
  close_summary(context, summary);
  ExitCode code = exit_code_of(summary);
  if (summary.keys_out_of_policy > 0 && !context.line.exit_zero) code = worst(code, ExitCode::findings);
  summary.exit_code = static_cast<int>(code);
  printer.finish(summary);
  const base::Result<void> written = cases ? cases->finish(summary) : base::Result<void>();
  if (!written) {
    say(context, "the JUnit file could not be written", written.error());
    code = worst(code, ExitCode::partial);
  }
  co_return with_signal(context, code);
}

}  // namespace keyward::orchestrator
