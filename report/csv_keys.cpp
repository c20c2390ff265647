#include "report/csv_keys.hpp"

#include <algorithm>

#include "report/text.hpp"

namespace keyward::report {
namespace {

constexpr std::size_t k_verdict = 9;  ///< of key_columns()

}  // namespace

const std::vector<std::string>& key_columns() {
  static const std::vector<std::string> columns{"account",
                                                "account_name",
                                                "user",
                                                "access_key_id",
                                                "key_status",
                                                "age_days",
                                                "last_used",
                                                "last_used_service",
                                                "last_used_region",
                                                "verdict",
                                                "action",
                                                "reason",
                                                "next",
                                                "next_at",
                                                "detail"};
  return columns;
}

std::vector<std::string> key_cells(const Event& event) {
  return {event.account,
          event.account_name,
          event.user,
          event.access_key_id,
          event.key_status,
          event.age_days ? std::to_string(*event.age_days) : "",
          event.last_used,
          event.last_used_service,
          event.last_used_region,
          event.verdict,
          event.action,
          event.reason,
          event.next,
          event.next_at ? base::format_iso8601(*event.next_at) : "",
          event.detail};
}

std::vector<std::string> uncovered_cells(const Uncovered& account) {
  std::vector<std::string> cells(key_columns().size());
  cells[0] = account.account;
  cells[1] = account.name;
  cells[k_verdict] = "not_covered";
  cells.back() = account.reason;
  return cells;
}

CsvKeys::CsvKeys(const RunSummary& summary, TextSink out) : out_(std::move(out)) {
  std::vector<std::string> columns = key_columns();
  columns.insert(columns.end(), {"outcome", "new_access_key_id", "error"});
  out_(csv_line(columns));
  for (const Uncovered& account : summary.uncovered) {
    std::vector<std::string> cells = uncovered_cells(account);
    cells.resize(columns.size());
    out_(csv_line(cells));
  }
}

void CsvKeys::add(const Event& event) {
  if (event.account != account_ || event.user != user_) {
    flush();
    account_ = event.account;
    user_ = event.user;
  }
  if (!event.verdict.empty()) {
    Row row{event.access_key_id, key_cells(event)};
    row.cells.resize(row.cells.size() + 3);
    rows_.push_back(std::move(row));
    return;
  }
  if (event.event != "action") return;
  const auto row = std::ranges::find(rows_, event.access_key_id, &Row::access_key_id);
  if (row == rows_.end()) return;
  // Of two actions about one key the later one counts: what it says is how the key stands.
  const std::size_t done = key_columns().size();
  row->cells[done] = event.outcome;
  row->cells[done + 1] = event.new_access_key_id;
  row->cells[done + 2] = event.error;
}

void CsvKeys::flush() {
  for (const Row& row : rows_) out_(csv_line(row.cells));
  rows_.clear();
}

}  // namespace keyward::report
