#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "report/output.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// Active keys older than so many days fail what auditors check: CIS AWS Foundations Benchmark ("access keys are rotated every 90
/// days or less"), Security Hub IAM.3.
inline constexpr int k_check_days = 90;

/// One run of the simulated future, and the keys as it leaves them.
struct SimulatedDay {
  base::Instant at;
  int rotations = 0;
  int deactivations = 0;
  int deletions = 0;
  int warnings = 0;
  int held_back = 0;     ///< changes that a limit put off to the next day
  int needs_human = 0;   ///< holds that were not there the day before
  int mails = 0;         ///< one for each recipient
  int out_of_policy = 0;  ///< keys
  int over_90 = 0;        ///< active keys that are older than k_check_days whole days before the next run
  int oldest_days = 0;    ///< of active keys, exempt users left out
};

/// What a policy does in the coming days.
struct SimulatedPeriod {
  int rotate_after_days = 90;  ///< of the global policy
  std::vector<SimulatedDay> days;
};

struct SimulationReport {
  std::string adoption;  ///< "prompt", "late", "never"
  SimulatedPeriod as_configured;
  std::optional<SimulatedPeriod> earlier;  ///< with keys rotated so early that the old one is gone by day 90
  int users = 0;
  int keys = 0;
  int exempt_users = 0;
  int unreadable_users = 0;      ///< nothing is foretold about them
  int accounts_dry_run = 0;      ///< simulated as if they were not
  int users_without_recipient = 0;
  int max_changes = 0;
  int max_changes_per_account = 0;
};

/// Accounts that were not covered first, then weeks and what auditors would say; json, jsonl and csv have a row for each day.
void print_simulation(std::ostream& out, const RunSummary& summary, const SimulationReport& report, const Output& output);

}  // namespace keyward::report
