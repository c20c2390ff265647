#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "report/event.hpp"
#include "report/run_history.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// What the record of a run can be rendered as. docs/formats.md says what each of them holds.
enum class RunFormat { html, json, jsonl, csv, ocsf, asff, prometheus, junit };

/// Takes a text part by part, so that nobody holds the whole.
using TextSink = std::function<void(std::string_view)>;

/// Writes one format. The events come in the order of the record; those of an account follow each other.
class RunWriter {
 public:
  virtual ~RunWriter() = default;
  virtual void add(const Event& event) = 0;
  /// Ends the text; nothing is added afterwards.
  virtual void end() = 0;
};

/// What earlier runs tell, for the formats that say something of it.
struct EarlierRuns {
  std::optional<base::Instant> last_success;  ///< when a run last ended with exit code 0
  RunHistory history;
};

/// The beginning of the text is written at once.
std::unique_ptr<RunWriter> open_writer(RunFormat format, const RunSummary& summary, TextSink out, EarlierRuns earlier = {});

/// Renders the record in this folder, holding one event in memory at a time (html: all keys). Returns what the record
/// lacks, in sentences; nothing for a whole one. Without run.json only `csv` and `jsonl` show what is there.
/// Errors: `not_found` without a record, `invalid` for one of which nothing can be shown.
base::Result<std::vector<std::string>> render_run(const std::filesystem::path& folder, RunFormat format, const TextSink& out);

/// When the last run that ended with exit code 0 ended, by the records in `runs`; `rotate` and `recover` are no such runs.
std::optional<base::Instant> last_success(const std::filesystem::path& runs);

/// The newest record with a run.json of `run` or `apply` in `runs`, and how many newer ones have none. Where there is neither,
/// that of another command.
struct NewestRun {
  std::filesystem::path folder;
  int unfinished = 0;
};
/// Errors: `not_found` when there is none.
base::Result<NewestRun> newest_run(const std::filesystem::path& runs);

}  // namespace keyward::report
