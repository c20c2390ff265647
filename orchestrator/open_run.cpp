#include "orchestrator/open_run.hpp"

#include "orchestrator/preflight.hpp"
#include "orchestrator/run_digest.hpp"
#include "orchestrator/run_summary.hpp"
#include "report/run_table.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

/// Both are tried: they help the next run each by itself.
Result<void> remember(const CommandContext& context, OpenRun& run, const Told& told) {
  const Result<void> journal = run.journal.told(told.not_reached, context.services.context.clock.now());
  const Result<void> memory = run.memory.save(run.folders, told.not_reached);
  return journal ? memory : journal;
}

/// Shards that start in the same second may choose the same id.
Result<RunRecord> open_record(const std::filesystem::path& state_dir, report::RunSummary summary, std::uint64_t random) {
  constexpr std::uint64_t k_tries = 16;
  for (std::uint64_t i = 1;; ++i) {
    Result<RunRecord> record = RunRecord::open(state_dir, summary);
    if (record || record.error().code != k_run_exists || i == k_tries) return record;
    summary.run = make_run_id(summary.started, random + i);
  }
}

}  // namespace

void OpenRun::account_done(const AccountReport& report, base::Instant now) {
  record.account_done(report, now);
  if (report.mode != Mode::list_interrupted) notices.collect(report, memory);
}

Result<OpenRun> open_run(const CommandContext& context, Job& job, report::RunSummary summary) {
  StateFolders folders(context.configuration.state_dir, context.line.shard);
  Result<RunRecord> record = open_record(folders.state_dir, std::move(summary), context.seed);
  if (!record) return record.error();
  Result<Notices> notices = Notices::prepare(context.configuration, record->folder(), job.hub(), context.services);
  if (!notices) {
    base::Error error = notices.error();
    error.message = "people could not be told: " + error.message;
    return error;
  }
  Result<Journal> journal = Journal::open(folders);
  if (!journal) return journal.error();
  RunMemory memory = RunMemory::load(folders);
  if (memory.damaged()) {
    context.services.log.warn("memory_damaged", {{"file", (folders.own / "memory.json").string()},
                                                 {"consequence", "people may be told of a matter once more, and limits.max_inventory_shrink_percent "
                                                                 "has nothing to compare this run with"}});
  }
  return OpenRun{std::move(folders), std::move(*record), std::move(*notices), std::move(memory), std::move(*journal)};
}

rotation::RunIdentity identity_of(const CommandContext& context, const std::string& run) {
  // A run of this host that has a folder, is not the current one and was at work in one of our accounts has ended: the
  // lock of these accounts is ours.
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
  ExitCode code = exit_code_of(summary);
  const Result<void> remembered = remember(context, run, told);
  if (!remembered) {
    say(context, "what this run told people could not be remembered", remembered.error());
    code = worst(code, ExitCode::partial);
  }
  code = with_signal(context, code);
  summary.exit_code = static_cast<int>(code);
  if (!context.line.list) {
    notify::RunDigest digest = run_digest(summary, record.highlights(), record.folder(), context.services.context.clock.now());
    std::vector<notify::Notice> notices = co_await run.notices.tell_operators(std::move(digest));
    record.told({std::move(notices), {}, {}}, context.services.context.clock.now());
    if (summary.notices_failed > 0) code = worst(code, ExitCode::partial);
    summary.exit_code = static_cast<int>(code);
  }
  close_summary(context, summary);
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
