#pragma once

#include <string>
#include <vector>

#include "base/log.hpp"
#include "orchestrator/command_line.hpp"
#include "orchestrator/configuration_file.hpp"
#include "orchestrator/surroundings.hpp"

namespace keyward::orchestrator {

/// What the function is made of. The references outlive it.
struct LambdaContext {
  const CommandLine& line;
  LoadedConfiguration& loaded;
  const Surroundings& surroundings;
  base::LogLevel log_level;
  base::LogFormat log_format;
};

/// Whether this process is to be the function: AWS Lambda starts `bootstrap`, and an image's usual command, without saying
/// so in another way than by its environment.
bool is_lambda(const CommandLine& line, const Environment& environment);

/// The package's own certificate authorities, for where the system has none; else empty.
std::string packaged_authorities(const Environment& environment);

/// Serves events until Lambda ends the process.
ExitCode run_lambda(const LambdaContext& context);

/// Tells Lambda that the function cannot start, and why.
ExitCode refuse_lambda_start(const Environment& environment, const std::vector<std::string>& why);

}  // namespace keyward::orchestrator
