#pragma once

#include <string>

#include "report/run_findings.hpp"

namespace keyward::report {

/// Active keys by organizational unit, account and age: a table whose cells are the stronger in colour the more keys they count.
std::string heat_map_section(const RunFindings& f);

}  // namespace keyward::report
