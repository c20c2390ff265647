#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "accounts/account.hpp"
#include "base/time.hpp"
#include "report/event.hpp"
#include "report/gaps.hpp"
#include "report/layout.hpp"
#include "report/output.hpp"
#include "report/summary.hpp"
#include "rotation/outcome.hpp"
#include "rotation/policy.hpp"

namespace keyward::report {

/// The audit's rows. Rows arrive account by account in any order and are kept rendered (about 150 bytes a key), because
/// the accounts that were not covered come first and are known last.
class AuditPrinter {
 public:
  AuditPrinter(std::ostream& out, const Output& output);
  /// `out` is written to in finish() only.
  void add(const accounts::Account& account, const std::vector<rotation::UserReport>& users,
           const rotation::Policy& policy, base::Instant now);
  /// Uncovered accounts, then the users that could not be read, then the rows by account id, then totals. Counts come
  /// from the rows, coverage from the summary.
  void finish(const RunSummary& summary);

 private:
  std::string render(const Event& event, base::Instant now);
  void finish_table(const RunSummary& summary);
  void finish_json(const RunSummary& summary);
  void finish_jsonl(const RunSummary& summary);
  void finish_csv(const RunSummary& summary);

  std::ostream& out_;
  Output output_;
  Table table_;
  std::map<std::string, std::string> accounts_;  ///< account id -> its rows, rendered, each with its line end
  /// Where there is one row after the other only, the rows of users that could not be read stand before the others.
  std::map<std::string, std::string> unread_rows_;
  UnreadUsers unread_;
  long long users_ = 0;
  long long keys_ = 0;
  long long overdue_ = 0;
  long long unknown_ = 0;
};

}  // namespace keyward::report
