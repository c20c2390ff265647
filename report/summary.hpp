#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace keyward::report {

/// An account that should have been covered and was not, and why: named first in every output.
struct Uncovered {
  std::string account;
  std::string name;
  std::string reason;
};

/// A configured exemption, as the run went by it.
struct ExemptionRecord {
  std::string account;
  std::string user;
  std::string until;  ///< the last day on which it applies, "2027-03-31"; empty: no end
  std::string reason;
  std::string owner;  ///< who answers for it
};

/// The ages, in days, at which the global policy acts: what the report draws its threshold lines from.
struct PolicyDays {
  int rotate = 90;
  int deactivate = 100;
  int remove = 110;
};

/// Which accounts a run was for, when several machines shared the organization.
struct ShardPart {
  int index = 1;
  int count = 1;
  int accounts_in_organization = 0;  ///< those of other shards included
};

/// Name among the limits of a shard: its share of max_changes.
inline constexpr const char* k_shard_changes = "max_changes_of_this_shard";

/// run.json: what a run found and did, in numbers.
struct RunSummary {
  std::string run;
  std::string command;  ///< "run", "audit", "rotate"
  bool dry_run = true;  ///< nothing could be changed in any account
  std::string version;
  base::Instant started;
  base::Instant finished;
  std::string organization;
  std::string region;  ///< that the run worked from
  std::int64_t clock_offset_seconds = 0;  ///< AWS minus host
  std::uint64_t seed = 0;                 ///< of the jitter generator
  PolicyDays policy;
  std::string mode;                ///< as asked for: "enforce", "dry_run", "audit", "recover", "list_interrupted"
  std::string configuration;       ///< digest: equal for runs that went by the same configuration
  std::string plan;                ///< id of the plan that was applied; empty: none
  std::optional<ShardPart> shard;  ///< every number below is of this shard
  std::vector<std::string> merged_from;     ///< ids of the shards' runs that this record was made of
  std::vector<std::string> shards_missing;  ///< "3/4": nothing is known about their accounts

  int accounts_total = 0;  ///< in the organization, or in the shard
  int accounts_missing = 0;  ///< in the organization and in no record that was merged: those of the missing shards
  int accounts_participating = 0;
  int accounts_covered = 0;
  int accounts_dry_run = 0;                     ///< of those begun: nothing could be changed there
  int accounts_enforced = 0;                    ///< of those begun: what was due was done there
  std::map<std::string, int> accounts_skipped;  ///< reason -> count
  std::vector<Uncovered> uncovered;

  int users = 0;
  int keys = 0;
  int keys_out_of_policy = 0;
  int oldest_active_key_days = 0;  ///< of the users that are not exempt; 0: no such key was seen
  std::map<int, int> active_keys_by_age;                       ///< days -> keys
  std::map<std::string, int> decisions;                        ///< action -> count
  std::map<std::string, std::map<std::string, int>> outcomes;  ///< action -> outcome -> count
  int users_unreadable = 0;                                    ///< users with a fact that could not be read
  int needs_human = 0;                                         ///< holds
  int recovery_needed = 0;
  int held_back = 0;                           ///< by a limit
  int due_since_plan = 0;                      ///< came due since the plan was made, and was not done
  std::map<std::string, std::int64_t> limits;  ///< as configured: "max_changes" -> 500
  std::vector<ExemptionRecord> exemptions;     ///< those of the configuration
  int notices_sent = 0;
  int notices_failed = 0;
  std::int64_t events = 0;  ///< lines of events.jsonl

  std::map<std::string, std::uint64_t> api_calls;  ///< action -> requests
  std::uint64_t api_throttled = 0;
  std::uint64_t api_retried = 0;
  bool interrupted = false;
  std::string stopped_by;  ///< why the run ended early: "limits.max_failed_accounts_percent: 12 of 40 accounts failed"
  int exit_code = 0;
};

/// Where a run could change something. Each account may have a dry_run of its own.
enum class Extent {
  dry_run,   ///< nowhere
  mixed,     ///< in some accounts; the others were in dry run
  enforced,  ///< wherever it went
};
Extent extent_of(const RunSummary& summary) noexcept;

/// Actions that failed, and nothing was changed.
int failed_actions(const RunSummary& summary);
/// Actions that were not tried because what they went by had changed.
int stale_actions(const RunSummary& summary);

/// The summary as JSON, members in the order above.
std::string format_summary(const RunSummary& summary);
/// Errors: `invalid` for anything format_summary() does not write. Unknown members are passed over, missing counts are
/// 0.
base::Result<RunSummary> parse_summary(std::string_view json);

/// Writes run.json whole or not at all (mode 0600).
base::Result<void> write_summary(const std::filesystem::path& file, const RunSummary& summary);
/// Errors: `not_found` without the file, `invalid` for another content.
base::Result<RunSummary> read_summary(const std::filesystem::path& file);

}  // namespace keyward::report
