#include "orchestrator/open_run.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "orchestrator/metrics_file.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/run_digest.hpp"
#include "orchestrator/run_summary.hpp"
#include "orchestrator/run_templates.hpp"
#include "report/run_table.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

/// What became of telling people, and of noting it down.
struct Telling {
  Told told;
  Result<void> noted;
};

void complain_of_lost(Told& told, const std::vector<JournalEntry>& given_up) {
  for (const JournalEntry& entry : given_up) {
    told.problems.push_back({entry.account, entry.user,
                             "what became of an action begun on " + base::format_date(entry.begun) + " (" +
                                 std::string(to_string(entry.decision.action)) +
                                 ") could not be found out for two weeks, and its owner is not told any more"});
  }
}

/// What people are owed is noted before it is sent: a run that dies in between tells one recipient twice at the most, and
/// what it did not send the next one sends, whichever accounts that goes through.
Task<Telling> tell(const CommandContext& context, Job& job, OpenRun& run) {
  if (context.line.list) co_return Telling{};
  const base::Instant now = context.services.context.clock.now();
  notify::OwnerNotices owed = co_await run.notices.address(job, now);
  std::ranges::move(run.owed, std::back_inserter(owed.notices));
  run.owed.clear();
  if (run.piece == Piece::account) run.owed = std::exchange(owed.notices, {});
  const Result<std::vector<JournalEntry>> noted = run.journal.owe(std::move(owed.notices), now);
  const Result<void> remembered = noted ? run.memory.save(run.folders) : noted.error();
  Told told = co_await run.notices.send(run.journal, run.id(), now);
  told.problems.insert(told.problems.begin(), owed.problems.begin(), owed.problems.end());
  if (noted) complain_of_lost(told, *noted);
  // Not where it failed before: what this run ended then still stands in the file, for the next one to find.
  const Result<void> tidied = remembered ? run.journal.tidy() : remembered;
  co_return Telling{std::move(told), tidied};
}

base::Error untellable(base::Error error) {
  error.message = "people could not be told: " + error.message;
  return error;
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

Task<Result<OpenRun>> open_run(const CommandContext& context, Job& job, report::RunSummary summary) {
  const notify::NotifySettings& settings = context.configuration.defaults.notify;
  Result<RunTemplates> templates = co_await run_templates(settings, context.services);
  if (!templates) co_return untellable(templates.error());
  Result<notify::AddressBook> book = co_await recipients(settings, job);
  if (!book) co_return untellable(book.error());
  StateFolders folders(context.configuration.state_dir, context.line.shard);
  Result<RunRecord> record = open_record(folders.state_dir, std::move(summary), context.seed);
  if (!record) co_return record.error();
  const Result<void> kept = keep_fetched(*templates, record->folder());
  if (!kept) co_return kept.error();
  Result<Notices> notices = Notices::prepare(context.configuration, std::move(templates->compiled), std::move(*book), record->folder(),
                                             job.hub(), context.services);
  if (!notices) co_return untellable(notices.error());
  Result<Journal> journal = Journal::open(folders);
  if (!journal) co_return journal.error();
  RunMemory memory = RunMemory::load(folders);
  if (memory.damaged()) {
    context.services.log.warn("memory_damaged", {{"file", (folders.own / "memory.json").string()},
                                                 {"consequence", "people may be told of a matter once more, and limits.max_inventory_shrink_percent "
                                                                 "has nothing to compare this run with"}});
  }
  if (journal->damaged()) {
    context.services.log.warn("journal_damaged", {{"file", (folders.own / "journal.jsonl").string()},
                                                  {"consequence", "what cannot be read in it may be told nobody, or once more; no key "
                                                                  "is in danger"}});
  }
  OpenRun run{std::move(folders), std::move(*record), std::move(*notices), std::move(memory), std::move(*journal), Piece::whole, {}};
  co_return run;
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
  const Telling telling = co_await tell(context, job, run);
  record.told(telling.told, context.services.context.clock.now());
  ExitCode code = exit_code_of(summary);
  if (!telling.noted) {
    say(context, "what this run told people could not be remembered", telling.noted.error());
    code = worst(code, ExitCode::partial);
  }
  code = with_signal(context, code);
  summary.exit_code = static_cast<int>(code);
  if (!context.line.list && run.piece == Piece::whole) {
    notify::RunDigest digest = run_digest(summary, record.highlights(), record.folder(), context.services.context.clock.now());
    std::vector<notify::Notice> notices = co_await run.notices.tell_operators(std::move(digest));
    record.told({std::move(notices), {}, std::nullopt}, context.services.context.clock.now());
    if (summary.notices_failed > 0) code = worst(code, ExitCode::partial);
    code = with_signal(context, code);  // one may have come while they were told
    summary.exit_code = static_cast<int>(code);
  }
  close_summary(context, summary);
  const Result<void> written = record.finish();
  if (!written) {
    say(context, "the record of this run is not complete", written.error());
    code = worst(code, ExitCode::partial);
    summary.exit_code = static_cast<int>(code);
  }
  const Result<void> metrics = summary.command == "run" && run.piece == Piece::whole ? write_metrics(context.configuration, record.folder()) : Result<void>();
  if (!metrics) {
    say(context, "report.prometheus_file could not be written", metrics.error());
    code = worst(code, ExitCode::partial);
    summary.exit_code = static_cast<int>(code);
  }
  report::print_run(context.out, summary, record.highlights(), record.files(), context.output);
  co_return code;
}

}  // namespace keyward::orchestrator
