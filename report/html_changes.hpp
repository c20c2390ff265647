#pragma once

#include <string>

#include "report/run_findings.hpp"

namespace keyward::report {

// What the run did, or would have done.

/// The numbers, one beside the other.
std::string change_tiles(const RunFindings& f);

/// What was done and what would have been never stand in one table.
std::string change_sections(const RunFindings& f);

}  // namespace keyward::report
