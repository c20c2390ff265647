#pragma once

#include <iosfwd>

#include "report/event.hpp"
#include "report/output.hpp"
#include "report/summary.hpp"

namespace keyward::report {

// What a run could not look at: said first in every output.

/// The accounts that were not covered, why, and what to do about it; nothing when there are none.
void print_uncovered(std::ostream& out, const RunSummary& summary, const Output& output);

/// The same as a line of the record.
Event uncovered_event(const Uncovered& account, base::Instant time);

}  // namespace keyward::report
