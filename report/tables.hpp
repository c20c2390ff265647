#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts/inventory.hpp"
#include "base/time.hpp"
#include "report/highlights.hpp"
#include "report/summary.hpp"
#include "rotation/outcome.hpp"
#include "rotation/policy.hpp"

namespace keyward::report {

enum class Format { table, json, jsonl, csv };
/// "table", "json", "jsonl", "csv"; nothing for anything else.
std::optional<Format> parse_format(std::string_view text);

/// Colour adds to words, it never replaces them.
enum class Color { never, always };

/// How results are printed. Tables are laid out for `width` columns and never narrower than 100.
struct Output {
  Format format = Format::table;
  Color color = Color::never;
  std::size_t width = 100;
};

/// Every account: id, name, state, the path of organizational units, whether it takes part and why not; totals.
void print_inventory(std::ostream& out, const accounts::Inventory& inventory, const Output& output);

/// The audit's rows. Rows arrive account by account in any order and are kept rendered (about 100 bytes a key), because
/// the accounts that were not covered come first and are known last.
class AuditPrinter {
 public:
  AuditPrinter(std::ostream& out, const Output& output);
  /// `out` is written to in finish() only.
  void add(const accounts::Account& account, const std::vector<rotation::UserReport>& users,
           const rotation::Policy& policy, base::Instant now);
  /// Uncovered accounts, then the rows by account id, then totals. Counts come from the rows, coverage from the
  /// summary.
  void finish(const RunSummary& summary);

 private:
  std::string render(const Event& event, base::Instant now) const;
  void finish_table(const RunSummary& summary);
  void finish_json(const RunSummary& summary);
  void finish_jsonl(const RunSummary& summary);
  void finish_csv(const RunSummary& summary);

  std::ostream& out_;
  Output output_;
  std::map<std::string, std::string> accounts_;  ///< account id -> its rows, rendered, each with its line end
  long long users_ = 0;
  long long keys_ = 0;
  long long overdue_ = 0;
  long long unknown_ = 0;
};

/// Where the rest of the run can be read.
struct RunFiles {
  std::string report;  ///< path of report.html; empty: none was written
  std::string events;  ///< path of events.jsonl
};

/// The end of a run: what was not covered, what needs a person, what failed and what to do, what was changed and why,
/// counts, limits, API calls, where the report is and what to type next.
void print_run(std::ostream& out, const RunSummary& summary, const Highlights& highlights, const RunFiles& files,
               const Output& output);

}  // namespace keyward::report
