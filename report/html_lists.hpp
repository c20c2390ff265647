#pragma once

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
  /// `findings` outlives this object.
  explicit Lists(const RunFindings& findings);

  std::string sections() const;
  /// JSON that may stand inside a script element: nothing in it can end the element or begin a comment.
  void write_data(const PageSink& out) const;

 private:
  const RunFindings& f_;
  std::vector<const AccountEntry*> accounts_;  ///< as they are listed
  std::vector<const KeyRow*> keys_;
};

}  // namespace keyward::report
