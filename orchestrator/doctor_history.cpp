#include <algorithm>
#include <filesystem>
#include <map>

#include "base/files.hpp"
#include "orchestrator/doctor.hpp"
#include "orchestrator/journal.hpp"
#include "orchestrator/state_folders.hpp"
#include "report/run_format.hpp"
#include "report/summary.hpp"
#include "report/text.hpp"

// What earlier runs and earlier decisions left behind.
namespace keyward::orchestrator {
namespace {

using base::Task;
using report::counted;

constexpr std::chrono::days k_soon{30};

struct OpenMatters {
  int interrupted = 0;  ///< actions that were begun, and nobody knows what became of them
  int untold = 0;       ///< recipients are owed a message
  bool damaged = false;
};

/// Reads the journal as it lies there; Journal::open() would tidy it.
void count_open(const std::filesystem::path& file, OpenMatters& matters) {
  const base::Result<std::string> text = base::read_whole(file);
  if (!text) return;
  std::map<std::string, JournalLine> open;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::optional<ReadLine> line = read_line(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (!line) {
      matters.damaged = true;
    } else if (line->state == LineState::open) {
      open.insert_or_assign(name_of(line->line), line->line);
    } else {
      open.erase(name_of(line->line));
    }
  }
  for (const auto& [name, line] : open) {
    const auto* entry = std::get_if<JournalEntry>(&line);
    if (entry != nullptr && !entry->done) ++matters.interrupted;
    if (std::holds_alternative<notify::OwnerNotice>(line)) ++matters.untold;
  }
}

std::string exemption_name(const rotation::Exemption& exemption) {
  return exemption.account.str() + "/" + exemption.user.str() +
         (exemption.owner.empty() ? std::string() : " (owner " + exemption.owner + ")");
}

}  // namespace

Task<void> examine_journal(Examination& examination) {
  const std::string id = "doctor.history.journal";
  const StateFolders folders(examination.configuration().state_dir);
  OpenMatters matters;
  count_open(folders.own / "journal.jsonl", matters);
  for (const std::filesystem::path& other : folders.others) count_open(other / "journal.jsonl", matters);
  if (matters.interrupted > 0) {
    examination.warn(id, counted(matters.interrupted, "action") + " of an interrupted run",
                     "begun, and nobody knows what became of them; the next run finds out and finishes or undoes them",
                     "keyward recover --list\nkeyward recover");
  } else if (matters.damaged) {
    examination.warn(id, "a line of the journal cannot be read",
                     "somebody may be told of something twice or not at all; no key is in danger",
                     "keyward recover --list");
  } else {
    examination.ok(id, "no interrupted rotation");
  }
  if (matters.untold > 0) {
    examination.warn("doctor.history.untold", counted(matters.untold, "notice") + " nobody could deliver yet",
                     "the next run tries again", "keyward notify preview --out preview");
  }
  co_return;
}

Task<void> examine_last_run(Examination& examination) {
  const std::string id = "doctor.history.last_run";
  const base::Result<report::NewestRun> newest = report::newest_run(examination.configuration().state_dir / "runs");
  if (!newest) {
    examination.ok(id, "no run yet");
    co_return;
  }
  if (newest->unfinished > 0) {
    examination.warn("doctor.history.unfinished_run", counted(newest->unfinished, "newer run") + " without a summary",
                     "still at work, or killed; the next run finishes what was begun", "keyward recover --list");
  }
  const std::string name = newest->folder.filename().string();
  const base::Result<report::RunSummary> summary = report::read_summary(newest->folder / "run.json");
  if (!summary) {
    examination.warn(id, "the record of the last run cannot be read", reason_of(summary.error()), "");
    co_return;
  }
  const auto exit_code = static_cast<ExitCode>(summary->exit_code);
  if (exit_code == ExitCode::recovery_needed) {
    examination.fail(
        id, "the last run left a key that a person must see to",
        "run " + name + " ended with exit code 9: the key's secret could not be stored, nor the key removed",
        "keyward recover --list\nkeyward recover", report::Reach::part);
  } else if (exit_code == ExitCode::done || exit_code == ExitCode::findings) {
    examination.ok(id, "the last run, " + name + ", covered everything");
  } else {
    examination.warn(
        id, "the last run did not do everything",
        "run " + name + " ended with exit code " + std::to_string(summary->exit_code) + "; its record says why",
        "keyward report --run " + name + " --format html --out report.html");
  }
}

Task<void> examine_exemptions(Examination& examination) {
  const base::Instant now = examination.now();
  bool any = false;
  for (const rotation::Exemption& exemption : examination.configuration().users.exempt) {
    if (!exemption.until || now + k_soon < *exemption.until) continue;
    any = true;
    const std::string date = base::format_date(*exemption.until);
    const std::string fix = "users:\n  exempt: [{account: \"" + exemption.account.str() + "\", user: \"" +
                            exemption.user.str() +
                            "\", until: YYYY-MM-DD, reason: ..., owner: ...}]   # a later date, or remove the entry";
    if (*exemption.until <= now) {
      examination.warn("doctor.history.exemption_expired",
                       "the exemption of " + exemption_name(exemption) + " has expired",
                       "since " + date + " it no longer applies: the key is rotated when it is due", fix);
    } else {
      examination.warn("doctor.history.exemption_expiring",
                       "the exemption of " + exemption_name(exemption) + " ends soon",
                       "from " + date + " on the key is rotated when it is due", fix);
    }
  }
  if (!any) {
    const auto count = examination.configuration().users.exempt.size();
    examination.ok("doctor.history.exemptions",
                   counted(static_cast<long long>(count), "exemption") + ", none of them expired or about to");
  }
  co_return;
}

}  // namespace keyward::orchestrator
