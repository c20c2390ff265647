#pragma once

#include <iosfwd>
#include <string>

#include "report/highlights.hpp"
#include "report/output.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// Where the rest of the run can be read.
struct RunFiles {
  std::string report;  ///< path of report.html; empty: none was written
  std::string events;  ///< path of events.jsonl
};

/// The end of a run: what was not covered, what needs a person, what failed and what to do, what was changed and why,
/// counts, limits, API calls, where the report is and what to type next.
void print_run(std::ostream& out, const RunSummary& summary, const Highlights& highlights, const RunFiles& files,
               const Output& output);

}  // namespace keyward::report
