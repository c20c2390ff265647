#pragma once

#include <string>

#include "orchestrator/commands.hpp"
#include "report/summary.hpp"

namespace keyward::orchestrator {

/// The summary of a run that begins now: its id, and what it goes by.
report::RunSummary new_summary(const CommandContext& context, const std::string& command, Mode mode);

/// What is known at the end whatever the command: times, clock, API calls.
void close_summary(const CommandContext& context, report::RunSummary& summary);

}  // namespace keyward::orchestrator
