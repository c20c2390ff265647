#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/time.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// How far back a page looks.
inline constexpr int k_days_back = 30;

/// What was changed on one day.
struct DayOfChanges {
  long long rotated = 0, deactivated = 0, deleted = 0;
  long long total() const { return rotated + deactivated + deleted; }
};

/// How long an account has not been covered.
struct UncoveredSince {
  base::Instant started;   ///< of the first run of those in a row, this one included, that did not cover it
  bool or_longer = false;  ///< the row begins with the oldest run that was read
};

/// What the runs before one tell that its page needs. Without runs before it, empty.
struct RunHistory {
  std::optional<RunSummary> last;  ///< the last `run` over the same accounts: what the figures are compared with
  std::map<base::Instant, DayOfChanges> days;  ///< midnight -> what the runs of that day changed, this one included
  std::map<std::string, UncoveredSince> uncovered;  ///< by account
  std::size_t not_read = 0;  ///< records of the time that are too large, damaged or too many
};

/// Makes the history of `run` of the runs before it. Pure.
class HistoryOf {
 public:
  explicit HistoryOf(const RunSummary& run);
  /// The runs before it, the newest first; others than of the same organization and shard are passed over.
  void add(RunSummary earlier);
  void not_read() { ++history_.not_read; }
  RunHistory finish();

 private:
  void count_changes(const RunSummary& run);

  const RunSummary& run_;
  RunHistory history_;
  std::set<std::string> still_;  ///< accounts that no run so far covered
};

/// Reads the run.json of the runs before `run` and within k_days_back of it, from state_dir/runs. Bounded in number and
/// size; what is left out or cannot be read is counted.
RunHistory read_history(const std::filesystem::path& runs, const RunSummary& run);

}  // namespace keyward::report
