#pragma once

#include <iosfwd>

#include "base/time.hpp"
#include "orchestrator/command_line.hpp"

namespace keyward::orchestrator {

/// What `init` is given; it talks to nobody but the one who typed it.
struct InitContext {
  const CommandLine& line;
  base::Instant now;
  bool interactive;  ///< standard input and output are terminals, and questions are welcome
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

ExitCode run_init(const InitContext& context);

}  // namespace keyward::orchestrator
