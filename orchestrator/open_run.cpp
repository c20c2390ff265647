#include "orchestrator/open_run.hpp"

#include "orchestrator/preflight.hpp"
#include "orchestrator/run_summary.hpp"
#include "report/run_table.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

/// Both are tried: they help the next run each by itself.
Result<void> remember(const CommandContext& context, OpenRun& run, const Told& told) {
  const Result<void> journal = run.journal.told(told.not_reached, context.services.context.clock.now());
  const Result<void> memory = run.memory.save(context.configuration.state_dir, told.not_reached);
  return journal ? memory : journal;
}

}  // namespace

void OpenRun::account_done(const AccountReport& report, base::Instant now) {
  record.account_done(report, now);
  if (report.mode != Mode::list_interrupted) notices.collect(report, memory);
}

Result<OpenRun> open_run(const CommandContext& context, Job& job, const std::string& command) {
  const std::filesystem::path& state_dir = context.configuration.state_dir;
  Result<RunRecord> record = RunRecord::open(state_dir, new_summary(context, command));
  if (!record) return record.error();
  Result<Notices> notices = Notices::prepare(context.configuration, record->folder(), job.hub());
  if (!notices) {
    base::Error error = notices.error();
    error.message = "people could not be told: " + error.message;
    return error;
  }
  Result<Journal> journal = Journal::open(state_dir);
  if (!journal) return journal.error();
  return OpenRun{std::move(*record), std::move(*notices), RunMemory::load(state_dir), std::move(*journal)};
}

rotation::RunIdentity identity_of(const CommandContext& context, const std::string& run) {
  // A run of this host that has a folder and is not the current one has ended: the lock is ours.
  const auto runs = context.configuration.state_dir / "runs";
  return {run, [runs, run](const std::string& other) {
            std::error_code failed;
            return other != run && std::filesystem::is_directory(runs / other, failed);
          }};
}

Task<ExitCode> conclude(CommandContext& context, Job& job, OpenRun& run) {
  RunRecord& record = run.record;
  report::RunSummary& summary = record.summary();
  Told told = co_await run.notices.deliver(job, summary.run, context.services.context.clock.now());
  record.told(told, context.services.context.clock.now());
  close_summary(context, summary);
  ExitCode code = exit_code_of(summary);
  const Result<void> remembered = remember(context, run, told);
  if (!remembered) {
    say(context, "what this run told people could not be remembered", remembered.error());
    code = worst(code, ExitCode::partial);
  }
  code = with_signal(context, code);
  summary.exit_code = static_cast<int>(code);
  const Result<void> written = record.finish();
  if (!written) {
    say(context, "the record of this run is not complete", written.error());
    code = worst(code, ExitCode::partial);
    summary.exit_code = static_cast<int>(code);
  }
  report::print_run(context.out, summary, record.highlights(), record.files(), context.output);
  co_return code;
}

}  // namespace keyward::orchestrator
