#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "orchestrator/account_worker.hpp"
#include "orchestrator/accounts_to_cover.hpp"
#include "orchestrator/exit_code.hpp"
#include "orchestrator/job.hpp"
#include "orchestrator/notices.hpp"
#include "report/event_log.hpp"
#include "report/highlights.hpp"
#include "report/run_table.hpp"
#include "report/summary.hpp"

namespace keyward::orchestrator {

/// "20261121T023000Z-4f2a": sorts by time, and two runs that start in the same second differ.
std::string make_run_id(base::Instant now, std::uint64_t random);

/// Code of the error when another run has that id.
inline constexpr const char* k_run_exists = "RunExists";

/// Counts what an account brought into a run's summary; whether the run was dry follows from the accounts.
void count(report::RunSummary& summary, const AccountReport& report, base::Instant now);
/// Counts the accounts there are.
void count(report::RunSummary& summary, const AccountCounts& accounts);
/// Counts what coverage came to.
void count(report::RunSummary& summary, const Coverage& coverage);

/// The exit code of finished work, by the order of ExitCode (interruption apart).
ExitCode exit_code_of(const report::RunSummary& summary);

/// state_dir/runs/RUN: events.jsonl written as things happen, run.json and report.html at the end.
class RunRecord {
 public:
  /// Errors: `invalid` when the folder cannot be used, with code k_run_exists when there is a record of that id.
  static base::Result<RunRecord> open(const std::filesystem::path& state_dir, report::RunSummary summary);

  void account_done(const AccountReport& report, base::Instant now);
  /// An account that was not gone to: what was to be done there, and became nothing.
  void account_skipped(const AccountReport& report, base::Instant now);
  void told(const Told& told, base::Instant now);
  /// Writes run.json and report.html. Errors: `invalid` when one of them cannot be written.
  base::Result<void> finish();
  /// Leaves no record: the run came to nothing before it began.
  void discard();

  report::RunSummary& summary() noexcept { return summary_; }
  /// What can be read of it; the report only when finish() has written it.
  report::RunFiles files() const;
  const report::Highlights& highlights() const noexcept { return highlights_; }
  const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  RunRecord(std::filesystem::path folder, report::RunSummary summary, report::EventLog events)
      : folder_(std::move(folder)), summary_(std::move(summary)), events_(std::move(events)) {}
  void append(const report::Event& event);
  void append_users(const AccountReport& report, base::Instant now);
  void append_findings(const AccountReport& report, base::Instant now);

  std::filesystem::path folder_;
  report::RunSummary summary_;
  report::EventLog events_;
  report::Highlights highlights_;
  std::optional<base::Error> write_failure_;
  bool report_written_ = false;
};

}  // namespace keyward::orchestrator
