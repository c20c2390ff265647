#pragma once

#include <string>

#include "report/run_findings.hpp"

namespace keyward::report {

/// The lists of all accounts and all keys. Their first rows stand in the page; the script draws, sorts and filters them
/// from `data`.
struct Lists {
  std::string sections;
  std::string
      data;  ///< JSON that may stand inside a script element: nothing in it can end the element or begin a comment
};
Lists lists_of(const RunFindings& f);

}  // namespace keyward::report
