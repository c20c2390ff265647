#pragma once

#include <string>

#include "report/run_findings.hpp"

namespace keyward::report {

// The drawings of report.html. Each has its numbers as a table or legend beside it.

/// The sentence for a slide: how many of the keys that the policy judges are inside it.
std::string posture_section(const RunFindings& f);

/// Age of the active keys in steps of days, with the policy's dates as lines.
std::string age_section(const RunFindings& f);

}  // namespace keyward::report
