#include "report/merge.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "report/event_log.hpp"
#include "report/html_report.hpp"

namespace keyward::report {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

Error refused(std::string code, std::string why) { return Error{ErrorKind::invalid, "report merge", std::move(code), "", std::move(why)}; }

/// The shards of a daily run are begun together; one that a scheduler tried again is some hours late.
constexpr std::chrono::hours k_apart{12};

ShardPart part_of(const RunSummary& summary) { return summary.shard.value_or(ShardPart{1, 1, summary.accounts_total}); }

std::string name_of(int index, int count) { return std::to_string(index) + '/' + std::to_string(count); }

/// What all shards of one run have in common.
Result<void> check_same(const RunSummary& first, const RunSummary& other, Kinship kinship) {
  const auto differ = [&](std::string_view what, const std::string& a, const std::string& b) {
    return refused("NotOneRun",
                   "runs " + first.run + " and " + other.run + " are of different " + std::string(what) + ": " + a + " and " + b);
  };
  if (part_of(first).count != part_of(other).count) {
    return differ("divisions", std::to_string(part_of(first).count) + " shards", std::to_string(part_of(other).count) + " shards");
  }
  if (first.command != other.command) return differ("commands", first.command, other.command);
  if (first.mode != other.mode) return differ("modes", first.mode, other.mode);
  if (first.organization != other.organization) return differ("organizations", first.organization, other.organization);
  if (kinship == Kinship::known) return {};
  // Each shard's newest record is not enough where one of them did not run today.
  if (std::chrono::abs(first.started - other.started) >= k_apart) {
    return differ("days", base::format_iso8601(first.started), base::format_iso8601(other.started));
  }
  if (first.version != other.version) return differ("versions of keyward", first.version, other.version);
  if (first.configuration != other.configuration)
    return differ("configurations, by their digests", first.configuration, other.configuration);
  return {};
}

constexpr int k_partial = 4;
constexpr int k_recovery_needed = 9;

/// A key without a stored secret outweighs everything, that a signal came in too (130, 143).
int worse(int a, int b) { return a == k_recovery_needed || b == k_recovery_needed ? k_recovery_needed : std::max(a, b); }

template <class Name, class Number>
void add(std::map<Name, Number>& sum, const std::map<Name, Number>& more) {
  for (const auto& [name, count] : more) sum[name] += count;
}

void add(RunSummary& sum, const RunSummary& more) {
  sum.started = std::min(sum.started, more.started);
  sum.finished = std::max(sum.finished, more.finished);
  if (std::abs(more.clock_offset_seconds) > std::abs(sum.clock_offset_seconds)) sum.clock_offset_seconds = more.clock_offset_seconds;
  sum.merged_from.push_back(more.run);
  for (int RunSummary::* count :
       {&RunSummary::accounts_total, &RunSummary::accounts_participating, &RunSummary::accounts_covered, &RunSummary::accounts_dry_run,
        &RunSummary::accounts_enforced, &RunSummary::users, &RunSummary::keys, &RunSummary::keys_out_of_policy,
        &RunSummary::users_unreadable, &RunSummary::needs_human, &RunSummary::recovery_needed, &RunSummary::held_back,
        &RunSummary::notices_sent, &RunSummary::notices_failed}) {
    sum.*count += more.*count;
  }
  sum.oldest_active_key_days = std::max(sum.oldest_active_key_days, more.oldest_active_key_days);
  add(sum.accounts_skipped, more.accounts_skipped);
  sum.uncovered.insert(sum.uncovered.end(), more.uncovered.begin(), more.uncovered.end());
  add(sum.active_keys_by_age, more.active_keys_by_age);
  add(sum.decisions, more.decisions);
  for (const auto& [action, outcomes] : more.outcomes) add(sum.outcomes[action], outcomes);
  add(sum.api_calls, more.api_calls);
  sum.api_throttled += more.api_throttled;
  sum.api_retried += more.api_retried;
  sum.interrupted = sum.interrupted || more.interrupted;
  if (!more.stopped_by.empty() && sum.stopped_by.find(more.stopped_by) == std::string::npos) {
    sum.stopped_by += (sum.stopped_by.empty() ? "" : "; ") + more.stopped_by;
  }
  sum.events += more.events;
  sum.exit_code = worse(sum.exit_code, more.exit_code);
}

/// Where a line of an events file stands, and what it is sorted by.
struct Line {
  bool of_no_account;  ///< such lines come last
  std::string account;
  std::string recipient;  ///< of a line of no account
  std::uint32_t file;
  std::uint64_t offset;

  auto operator<=>(const Line&) const = default;
};

std::filesystem::path events_of(const std::filesystem::path& folder) { return folder / "events.jsonl"; }

Error unreadable(const std::filesystem::path& file, std::uint64_t offset) {
  return refused("DamagedRecord", file.string() + ": what stands at byte " + std::to_string(offset) + " is no event");
}

/// `events`: how many the record says there are.
Result<void> collect(const std::filesystem::path& file, std::int64_t events, std::uint32_t number, std::vector<Line>& lines) {
  const std::size_t before = lines.size();
  std::ifstream in(file, std::ios::binary);
  if (!in) return refused("DamagedRecord", file.string() + " cannot be read");
  std::uint64_t offset = 0;
  for (std::string text; std::getline(in, text); offset += text.size() + 1) {
    const std::optional<Event> event = parse_event(text);
    if (!event || in.eof()) return unreadable(file, offset);
    lines.push_back({event->account.empty(), event->account, event->account.empty() ? event->recipient : "", number, offset});
  }
  if (in.bad()) return refused("DamagedRecord", file.string() + " cannot be read to its end");
  const auto found = static_cast<std::int64_t>(lines.size() - before);
  if (found == events) return {};
  return refused("DamagedRecord", file.string() + " holds " + std::to_string(found) + " events and the record says " + std::to_string(events));
}

/// The events of one shard's record.
struct Source {
  std::filesystem::path file;
  std::int64_t events;  ///< how many the record says there are
};

Result<Highlights> write_sorted(const std::vector<Source>& sources, const std::filesystem::path& out, std::string run) {
  std::vector<Line> lines;
  for (std::uint32_t i = 0; i < sources.size(); ++i) {
    const Result<void> collected = collect(sources[i].file, sources[i].events, i, lines);
    if (!collected) return collected.error();
  }
  std::ranges::sort(lines);
  Result<EventLog> log = EventLog::open(events_of(out), std::move(run));
  if (!log) return log.error();
  Highlights highlights;
  std::string text;
  // One at a time: of thousands of pieces more would be open than a process may have (1,024 on AWS Lambda). The lines of an account
  // are in one file, so it is seldom another.
  std::ifstream in;
  std::optional<std::uint32_t> opened;
  for (const Line& line : lines) {
    if (opened != line.file) {
      in = std::ifstream(sources[line.file].file, std::ios::binary);
      if (!in) return refused("OutOfReach", sources[line.file].file.string() + " cannot be opened");
      opened = line.file;
    }
    in.clear();
    in.seekg(static_cast<std::streamoff>(line.offset));
    std::getline(in, text);
    const std::optional<Event> event = parse_event(text);
    if (!event) return unreadable(sources[line.file].file, line.offset);
    highlights.add(*event);
    const Result<void> written = log->append(*event);
    if (!written) return written.error();
  }
  const Result<void> closed = log->close();
  if (!closed) return closed.error();
  return highlights;
}

Result<void> make_empty(const std::filesystem::path& out) {
  std::error_code failed;
  std::filesystem::create_directories(out, failed);
  if (failed) return refused("OutUnusable", out.string() + ": " + failed.message());
  if (!std::filesystem::is_empty(out, failed) || failed) {
    return refused("OutNotEmpty", out.string() + " holds something already; name a new folder for --out");
  }
  return {};
}

}  // namespace

Result<RunSummary> merge_summaries(const std::vector<RunSummary>& shards, Missing missing, Kinship kinship) {
  if (shards.empty()) return refused("NothingToMerge", "there is no record to merge");
  std::map<int, const RunSummary*> by_index;
  for (const RunSummary& shard : shards) {
    const Result<void> same = check_same(shards.front(), shard, kinship);
    if (!same) return same.error();
    const ShardPart part = part_of(shard);
    const auto [there, added] = by_index.emplace(part.index, &shard);
    if (!added) {
      return refused("ShardTwice",
                     "shard " + name_of(part.index, part.count) + " is there twice: runs " + there->second->run + " and " + shard.run);
    }
  }
  const RunSummary& first = *by_index.begin()->second;
  RunSummary merged;
  merged.command = first.command;
  merged.mode = first.mode;
  merged.version = first.version;
  merged.started = first.started;
  merged.finished = first.finished;
  merged.organization = first.organization;
  merged.region = first.region;
  merged.policy = first.policy;
  merged.configuration = first.configuration;
  merged.limits = first.limits;
  merged.exemptions = first.exemptions;
  merged.limits.erase(k_shard_changes);
  int in_organization = 0;
  bool all_dry = true;
  for (const auto& [index, shard] : by_index) {
    add(merged, *shard);
    all_dry = all_dry && shard->dry_run;
    in_organization = std::max(in_organization, part_of(*shard).accounts_in_organization);
  }
  const bool any_begun = merged.accounts_dry_run + merged.accounts_enforced > 0;
  merged.dry_run = any_begun ? merged.accounts_enforced == 0 : all_dry;
  std::ranges::sort(merged.uncovered, {}, &Uncovered::account);
  const int count = part_of(first).count;
  std::string names;
  for (int index = 1; index <= count; ++index) {
    if (by_index.contains(index)) continue;
    merged.shards_missing.push_back(name_of(index, count));
    names += (names.empty() ? "" : ", ") + merged.shards_missing.back();
  }
  if (merged.shards_missing.empty()) return merged;
  if (missing == Missing::refused) {
    return refused("ShardsMissing",
                   "the records of shards " + names + " are missing; name them too, or merge what there is with --partial");
  }
  merged.accounts_missing = std::max(0, in_organization - merged.accounts_total);
  merged.exit_code = worse(merged.exit_code, k_partial);
  return merged;
}

Result<MergedRun> merge_runs(const std::vector<std::filesystem::path>& folders, const std::filesystem::path& out, std::string run,
                             Missing missing, Kinship kinship) {
  std::vector<RunSummary> summaries;
  for (const std::filesystem::path& folder : folders) {
    Result<RunSummary> summary = read_summary(folder / "run.json");
    if (!summary) {
      return refused("NoRecord", folder.string() + " holds no record of a finished run (" + base::describe(summary.error()) +
                                     "); without it the others can be merged with --partial");
    }
    summaries.push_back(std::move(*summary));
  }
  Result<RunSummary> merged = merge_summaries(summaries, missing, kinship);
  if (!merged) return merged.error();
  merged->run = std::move(run);
  const Result<void> empty = make_empty(out);
  if (!empty) return empty.error();
  std::vector<Source> sources;
  sources.reserve(folders.size());
  for (std::size_t i = 0; i < folders.size(); ++i) sources.push_back({events_of(folders[i]), summaries[i].events});
  Result<Highlights> highlights = write_sorted(sources, out, merged->run);
  if (!highlights) return highlights.error();
  const Result<void> written = write_summary(out / "run.json", *merged);
  if (!written) return written.error();
  const Result<void> page = write_report(out);
  if (!page) return page.error();
  return MergedRun{std::move(*merged), std::move(*highlights)};
}

Result<std::vector<std::filesystem::path>> newest_shards(const std::filesystem::path& runs) {
  struct Record {
    base::Instant started;
    ShardPart shard;
    std::filesystem::path folder;
  };
  std::vector<Record> records;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(runs, failed), end; !failed && entry != end; entry.increment(failed)) {
    const Result<RunSummary> summary = read_summary(entry->path() / "run.json");
    if (summary && summary->command == "run" && summary->shard) records.push_back({summary->started, *summary->shard, entry->path()});
  }
  if (failed) return refused("NoRecord", runs.string() + " cannot be read: " + failed.message());
  if (records.empty()) return refused("NoRecord", runs.string() + " holds no record of `run --shard`; name the folders of the records");
  std::ranges::sort(records, std::ranges::greater{}, &Record::started);
  std::map<int, std::filesystem::path> by_index;
  for (const Record& record : records) {
    const bool same_run = record.shard.count == records.front().shard.count && records.front().started - record.started < k_apart;
    if (same_run) by_index.try_emplace(record.shard.index, record.folder);
  }
  std::vector<std::filesystem::path> folders;
  folders.reserve(by_index.size());
  for (const auto& [index, folder] : by_index) folders.push_back(folder);
  return folders;
}

}  // namespace keyward::report
