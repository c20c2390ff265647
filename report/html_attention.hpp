#pragma once

#include <string>

#include "report/run_findings.hpp"

namespace keyward::report {

// The sections of report.html that somebody must read first.

/// Which accounts were not covered, and why.
std::string coverage_section(const RunFindings& f);

/// What needs a person, with its cause and what to do.
std::string person_section(const RunFindings& f);

}  // namespace keyward::report
