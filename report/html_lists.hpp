#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/html_report.hpp"
#include "report/run_findings.hpp"

namespace keyward::report {

/// The lists of all accounts and all keys. Their first rows stand in the page; the script draws, sorts and filters them
/// from `data`.
class Lists {
 public:
  /// `findings` outlives this object. What does not fit into so many bytes of data is left out, and said to be.
  Lists(const RunFindings& findings, std::size_t bytes);

  std::string sections() const;
  /// JSON that may stand inside a script element: nothing in it can end the element or begin a comment.
  void write_data(const PageSink& out) const;

 private:
  void keep_within(std::size_t bytes);

  const RunFindings& f_;
  std::vector<const AccountEntry*> accounts_;  ///< as they are listed
  std::vector<const KeyRow*> keys_;
  std::size_t accounts_left_out_ = 0;
  std::size_t keys_left_out_ = 0;
};

}  // namespace keyward::report
