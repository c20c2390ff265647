#include "report/run_history.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace keyward::report {
namespace {

using std::chrono::days;

// A daily job leaves thirty records of some kilobytes; one with ten thousand uncovered accounts has two megabytes.
constexpr std::size_t k_most_records = 500;
constexpr std::uintmax_t k_most_bytes = 64u << 20u;

/// Whether both went by the same accounts, as far as the organization and the shard say.
bool same_accounts(const RunSummary& a, const RunSummary& b) {
  if (a.organization != b.organization || a.shard.has_value() != b.shard.has_value()) return false;
  return !a.shard || (a.shard->index == b.shard->index && a.shard->count == b.shard->count);
}

long long done(const RunSummary& run, const std::string& action) {
  const auto outcomes = run.outcomes.find(action);
  if (outcomes == run.outcomes.end()) return 0;
  const auto count = outcomes->second.find("done");
  return count == outcomes->second.end() ? 0 : count->second;
}

/// "20261121T023000Z-4f2a": of other folders nothing is known.
bool is_run_id(const std::string& name) {
  return name.size() == 21 && name[8] == 'T' && name[15] == 'Z' && name[16] == '-' && name.find_first_not_of("0123456789TZabcdef-") == std::string::npos;
}

}  // namespace

HistoryOf::HistoryOf(const RunSummary& run) : run_(run) {
  for (const Uncovered& account : run.uncovered) {
    still_.insert(account.account);
    history_.uncovered[account.account] = {run.started, false};
  }
}

void HistoryOf::add(RunSummary earlier) {
  if (!same_accounts(earlier, run_)) return;
  count_changes(earlier);
  // The other commands go to some of the accounts only, or look at none of the keys.
  if (earlier.command != "run") return;
  std::set<std::string> uncovered;
  for (const Uncovered& account : earlier.uncovered) uncovered.insert(account.account);
  for (auto account = still_.begin(); account != still_.end();) {
    if (!uncovered.contains(*account)) {
      account = still_.erase(account);
      continue;
    }
    history_.uncovered[*account].started = earlier.started;
    ++account;
  }
  if (!history_.last && run_.command == "run") history_.last = std::move(earlier);
}

void HistoryOf::count_changes(const RunSummary& run) {
  const auto midnight = std::chrono::floor<days>(run.started);
  if (midnight < std::chrono::floor<days>(run_.started) - days(k_days_back)) return;
  DayOfChanges& day = history_.days[midnight];
  day.rotated += done(run, "rotate");
  day.deactivated += done(run, "deactivate");
  day.deleted += done(run, "delete");
}

RunHistory HistoryOf::finish() {
  const bool any = history_.last.has_value() || !history_.days.empty();
  for (const std::string& account : still_) history_.uncovered[account].or_longer = any;
  count_changes(run_);
  return std::move(history_);
}

RunHistory read_history(const std::filesystem::path& runs, const RunSummary& run) {
  const std::string oldest = base::format_basic(run.started - days(k_days_back + 1));
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(runs, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (is_run_id(name) && name >= oldest && name < run.run) names.push_back(name);
  }
  std::ranges::sort(names, std::greater<>());
  HistoryOf history(run);
  std::uintmax_t bytes = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::filesystem::path file = runs / names[i] / "run.json";
    std::error_code missing;
    const std::uintmax_t size = std::filesystem::file_size(file, missing);
    if (missing) continue;  // still at work, or killed: it left no numbers
    if (i >= k_most_records || bytes + size > k_most_bytes) {
      history.not_read();
      continue;
    }
    bytes += size;
    base::Result<RunSummary> earlier = read_summary(file);
    if (earlier) {
      history.add(std::move(*earlier));
    } else {
      history.not_read();
    }
  }
  return history.finish();
}

}  // namespace keyward::report
