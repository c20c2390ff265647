#include "report/run_format.hpp"

#include <algorithm>

#include "report/asff.hpp"
#include "report/csv_keys.hpp"
#include "report/event_log.hpp"
#include "report/html_report.hpp"
#include "report/junit.hpp"
#include "report/ocsf.hpp"
#include "report/prometheus.hpp"

namespace keyward::report {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

class HtmlWriter final : public RunWriter {
 public:
  HtmlWriter(const RunSummary& summary, TextSink out, RunHistory history) : report_(summary, std::move(history)), out_(std::move(out)) {}
  void add(const Event& event) override { report_.add(event); }
  void end() override { report_.write(out_); }

 private:
  HtmlReport report_;
  TextSink out_;
};

/// One document: {"run": the summary, "events": [...]}.
class JsonWriter final : public RunWriter {
 public:
  JsonWriter(const RunSummary& summary, TextSink out) : run_(summary.run), out_(std::move(out)) {
    out_("{\"run\":" + format_summary(summary) + ",\"events\":[");
  }
  void add(const Event& event) override {
    out_((first_ ? "\n" : ",\n") + format_event(event, run_));
    first_ = false;
  }
  void end() override { out_("\n]}\n"); }

 private:
  std::string run_;
  TextSink out_;
  bool first_ = true;
};

/// The summary as a line whose `event` is "run", then the lines of events.jsonl.
class JsonLinesWriter final : public RunWriter {
 public:
  JsonLinesWriter(const RunSummary& summary, TextSink out) : run_(summary.run), out_(std::move(out)) {
    out_("{\"event\":\"run\"," + format_summary(summary).substr(1) + '\n');
  }
  void add(const Event& event) override { out_(format_event(event, run_) + '\n'); }
  void end() override {}

 private:
  std::string run_;
  TextSink out_;
};

bool shows_parts(RunFormat format) { return format == RunFormat::csv || format == RunFormat::jsonl; }

/// What the record of a run that was killed still says of it.
RunSummary summary_of_remains(const std::filesystem::path& folder) {
  RunSummary summary;
  summary.run = folder.filename().string();
  summary.interrupted = true;
  summary.exit_code = 4;
  return summary;
}

std::vector<std::string> flaws_of(const EventsRead& read, const RunSummary& summary, bool ended) {
  std::vector<std::string> flaws;
  if (!ended) flaws.emplace_back("there is no run.json: the run has not ended, or was killed; accounts that it did not come to are missing");
  if (read.cut) flaws.emplace_back("the last line of events.jsonl is cut");
  if (read.unreadable > 0) flaws.push_back(std::to_string(read.unreadable) + " lines of events.jsonl cannot be read");
  const auto expected = static_cast<std::uint64_t>(std::max<std::int64_t>(summary.events, 0));
  if (ended && read.events != expected) {
    flaws.push_back("events.jsonl holds " + std::to_string(read.events) + " events, run.json counts " + std::to_string(expected));
  }
  return flaws;
}

/// Folders of records, newest first: their names begin with the time.
std::vector<std::filesystem::path> records(const std::filesystem::path& runs) {
  std::vector<std::filesystem::path> folders;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(runs, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code unknown;
    if (at->is_directory(unknown)) folders.push_back(at->path());
  }
  std::ranges::sort(folders, std::ranges::greater());
  return folders;
}

}  // namespace

std::unique_ptr<RunWriter> open_writer(RunFormat format, const RunSummary& summary, TextSink out, EarlierRuns earlier) {
  switch (format) {
    case RunFormat::html: return std::make_unique<HtmlWriter>(summary, std::move(out), std::move(earlier.history));
    case RunFormat::json: return std::make_unique<JsonWriter>(summary, std::move(out));
    case RunFormat::jsonl: return std::make_unique<JsonLinesWriter>(summary, std::move(out));
    case RunFormat::csv: return std::make_unique<CsvKeys>(summary, std::move(out));
    case RunFormat::ocsf: return std::make_unique<OcsfWriter>(summary, std::move(out));
    case RunFormat::asff: return std::make_unique<AsffWriter>(summary, std::move(out));
    case RunFormat::prometheus: return std::make_unique<PrometheusWriter>(summary, std::move(out), earlier.last_success);
    case RunFormat::junit: return std::make_unique<JUnitWriter>(summary, std::move(out));
  }
  return nullptr;
}

Result<std::vector<std::string>> render_run(const std::filesystem::path& folder, RunFormat format, const TextSink& out) {
  const std::filesystem::path events = folder / "events.jsonl";
  Result<RunSummary> summary = read_summary(folder / "run.json");
  const bool ended = summary.has_value();
  if (!ended) {
    std::error_code failed;
    if (!std::filesystem::exists(events, failed)) {
      return Error{ErrorKind::not_found, "report", "NoRecord", "", folder.string() + " holds no record of a run"};
    }
    if (summary.error().kind != ErrorKind::not_found) return summary.error();
    if (!shows_parts(format)) {
      return Error{ErrorKind::invalid, "report", "RunNotEnded", "",
                   folder.string() + " has no run.json: the run has not ended, or was killed; --format csv and jsonl show what it wrote"};
    }
    summary = summary_of_remains(folder);
  }
  std::error_code failed;
  if (!std::filesystem::exists(events, failed)) {
    return Error{ErrorKind::invalid, "report", "NoEvents", "", events.string() + " is missing; run.json beside it still has the numbers"};
  }
  EarlierRuns earlier;
  if (format == RunFormat::prometheus) earlier.last_success = last_success(folder.parent_path());
  if (format == RunFormat::html) earlier.history = read_history(folder.parent_path(), *summary);
  const std::unique_ptr<RunWriter> writer = open_writer(format, *summary, out, std::move(earlier));
  const Result<EventsRead> read = read_events(events, [&writer](const Event& event) { writer->add(event); });
  if (!read) return read.error();
  writer->end();
  return flaws_of(*read, *summary, ended);
}

std::optional<base::Instant> last_success(const std::filesystem::path& runs) {
  for (const std::filesystem::path& folder : records(runs)) {
    const Result<RunSummary> summary = read_summary(folder / "run.json");
    if (summary && summary->command == "run" && summary->exit_code == 0) return summary->finished;
  }
  return std::nullopt;
}

Result<NewestRun> newest_run(const std::filesystem::path& runs) {
  NewestRun newest;
  std::optional<NewestRun> other;
  for (const std::filesystem::path& folder : records(runs)) {
    const Result<RunSummary> summary = read_summary(folder / "run.json");
    if (!summary && summary.error().kind == ErrorKind::not_found) {
      ++newest.unfinished;
      continue;
    }
    newest.folder = folder;
    if (!summary || summary->command == "run" || summary->command == "apply") return newest;
    if (!other) other = newest;
  }
  if (other) return *other;
  const std::string found = newest.unfinished == 0 ? "" : "; " + std::to_string(newest.unfinished) + " not ended are there, --run names one";
  return Error{ErrorKind::not_found, "report", "NoRecord", "", runs.string() + " holds no record of a run that ended" + (found.empty() ? "; keyward run makes one" : found)};
}

}  // namespace keyward::report
