#pragma once

#include <array>
#include <cstddef>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "report/event.hpp"
#include "report/gaps.hpp"
#include "report/layout.hpp"
#include "report/output.hpp"
#include "report/run_diff.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// What is said of a plan beside its rows.
struct PlanFacts {
  std::string id;
  base::Instant created;
  base::Instant expires;
  std::string file;              ///< it was written to; empty: nowhere
  bool require_warning = false;  ///< a deactivation or deletion waits for a warning that its owner received
};

/// A plan for people and for tools. Rows are kept rendered (about 150 bytes each), because the accounts that were not covered
/// come first and are known last.
class PlanPrinter {
 public:
  PlanPrinter(std::ostream& out, const Output& output);

  /// A line about a user (report::user_events). `dry_run` of the event: of an account in which apply would change nothing.
  void add(const Event& event);

  /// Uncovered accounts, counts, rows by action, what changed since an earlier run (null: nobody asked), the limits and what
  /// to type next. Limits and coverage come from the summary.
  void finish(const RunSummary& summary, const PlanFacts& facts, const RunDiff* since);

 private:
  static constexpr std::size_t k_sections = 9;

  struct Section {
    std::map<std::string, std::string> rows;  ///< account id -> its rows, rendered
    long long total = 0;
    long long dry_run = 0;
  };
  /// What the limits would let pass and hold back.
  struct Changes {
    long long all = 0;
    long long held_back = 0;
    std::vector<std::string> full_accounts;  ///< with more than limits.max_changes_per_account
  };

  std::string render(const Event& event);
  Changes changes(const RunSummary& summary) const;
  std::string next(const RunSummary& summary, const PlanFacts& facts) const;
  void fact(std::string_view name, const std::string& value, Tone tone = Tone::plain);
  void print_counts();
  void print_rows();
  void print_since(const RunDiff& since, const RunSummary& summary);
  std::string totals(const RunSummary& summary) const;
  void finish_table(const RunSummary& summary, const PlanFacts& facts, const RunDiff* since);
  void finish_json(const RunSummary& summary, const PlanFacts& facts, const RunDiff* since);
  void finish_jsonl(const RunSummary& summary, const PlanFacts& facts, const RunDiff* since);
  void finish_csv(const RunSummary& summary, const RunDiff* since);

  std::ostream& out_;
  Output output_;
  Table table_;
  std::array<Section, k_sections> sections_;
  std::map<std::string, long long> changes_;  ///< account id -> changes that apply would make there
  UnreadUsers unread_;
  long long exempt_ = 0;  ///< users
};

}  // namespace keyward::report
