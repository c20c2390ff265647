#pragma once

#include <string>

#include "report/run_findings.hpp"

namespace keyward::report {

/// Who is left alone by the configuration: until when, why, and who answers for it. What expired comes first.
std::string exemption_section(const RunFindings& f);

}  // namespace keyward::report
