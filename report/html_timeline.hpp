#pragma once

#include <string>

#include "report/run_findings.hpp"

namespace keyward::report {

/// Day by day: what was changed in the thirty days up to this run, and what is due in the thirty after it.
std::string timeline_section(const RunFindings& f);

}  // namespace keyward::report
