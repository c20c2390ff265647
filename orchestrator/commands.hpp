#pragma once

#include <iosfwd>

#include "base/task.hpp"
#include "orchestrator/command_line.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/job.hpp"
#include "orchestrator/progress.hpp"
#include "report/output.hpp"

namespace keyward::orchestrator {

/// What every command that talks to AWS is given. The references outlive the command.
struct CommandContext {
  const CommandLine& line;
  const Configuration& configuration;
  Services services;
  std::uint64_t seed;
  report::Output output;
  Progress::Style progress;
  std::ostream& out;  ///< results
  std::ostream& err;  ///< everything else
  const int& signal;  ///< the signal that asked to stop; 0: none
};

base::Task<ExitCode> run_inventory(CommandContext context);
base::Task<ExitCode> run_audit(CommandContext context);
base::Task<ExitCode> run_job(CommandContext context);
base::Task<ExitCode> run_rotate(CommandContext context);
base::Task<ExitCode> run_recover(CommandContext context);

}  // namespace keyward::orchestrator
