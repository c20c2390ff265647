#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>

#include "base/task.hpp"
#include "orchestrator/command_line.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/configuration_file.hpp"
#include "orchestrator/job.hpp"
#include "orchestrator/progress.hpp"
#include "report/output.hpp"

namespace keyward::orchestrator {

/// What every command that talks to AWS is given. The references outlive the command.
struct CommandContext {
  const CommandLine& line;
  const Configuration& configuration;
  std::string configuration_digest;
  const LoadedConfiguration& loaded;  ///< the same configuration, and where its values came from
  Services services;
  std::uint64_t seed;
  report::Output output;
  Progress::Place progress;
  std::ostream& out;  ///< results
  std::ostream& err;  ///< everything else
  const int& signal;  ///< the signal that asked to stop; 0: none
};

base::Task<ExitCode> run_inventory(CommandContext context);
base::Task<ExitCode> run_audit(CommandContext context);
base::Task<ExitCode> run_plan(CommandContext context);
base::Task<ExitCode> run_apply(CommandContext context);
base::Task<ExitCode> run_job(CommandContext context);
base::Task<ExitCode> run_rotate(CommandContext context);
base::Task<ExitCode> run_recover(CommandContext context);
base::Task<ExitCode> run_explain(CommandContext context);
base::Task<ExitCode> run_simulate(CommandContext context);
base::Task<ExitCode> run_notify_test(CommandContext context);
base::Task<ExitCode> run_doctor(CommandContext context);

/// What `report merge` is given; it talks to nobody.
struct MergeContext {
  const CommandLine& line;
  std::optional<std::filesystem::path> state_dir;  ///< where ids of runs are looked up; absent: there is no usable configuration
  base::Instant now;
  std::uint64_t random;
  report::Output output;
  std::ostream& out;
  std::ostream& err;
};

ExitCode run_merge(const MergeContext& context);

/// What `report` is given; it talks to nobody.
struct ReportContext {
  const CommandLine& line;
  std::optional<std::filesystem::path> state_dir;  ///< as in MergeContext
  std::ostream& out;
  std::ostream& err;
};

ExitCode run_report(const ReportContext& context);

/// What `notify preview` is given; it talks to nobody.
struct PreviewContext {
  const CommandLine& line;
  const Configuration& configuration;
  std::ostream& out;
  std::ostream& err;
};

ExitCode run_notify_preview(const PreviewContext& context);

/// What `policy` is given; it talks to nobody.
struct PolicyContext {
  const CommandLine& line;
  const Configuration& configuration;
  std::optional<base::Region> region;  ///< of the run, where one is known
  std::string partition;
  std::ostream& out;
  std::ostream& err;
};

ExitCode run_policy(const PolicyContext& context);

}  // namespace keyward::orchestrator
