#pragma once

#include <string>
#include <vector>

#include "report/event.hpp"
#include "report/run_format.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// The columns that `audit -o csv` and `report --format csv` share.
const std::vector<std::string>& key_columns();
std::vector<std::string> key_cells(const Event& event);
/// An account that was not covered has a row of its own, with the verdict "not_covered".
std::vector<std::string> uncovered_cells(const Uncovered& account);

/// A run's keys, one row each: key_columns(), then what the run did about it. Accounts that were not covered come first,
/// and a user that could not be read has a row without a key.
class CsvKeys final : public RunWriter {
 public:
  CsvKeys(const RunSummary& summary, TextSink out);
  void add(const Event& event) override;
  void end() override { flush(); }

 private:
  struct Row {
    std::string access_key_id;
    std::vector<std::string> cells;
  };
  void flush();

  TextSink out_;
  std::string account_, user_;
  std::vector<Row> rows_;  ///< of one user: what was done about a key is told after the key
};

}  // namespace keyward::report
