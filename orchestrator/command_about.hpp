#pragma once

#include <iosfwd>

#include "orchestrator/command_line.hpp"
#include "report/output.hpp"

namespace keyward::orchestrator {

/// What `help`, `version`, `completion` and `man` are given: they tell of keyward itself.
struct AboutContext {
  const CommandLine& line;
  report::Output output;
  std::ostream& out;
  std::ostream& err;
};

constexpr bool is_about_keyward(Command command) {
  return command == Command::help || command == Command::version || command == Command::completion || command == Command::manual;
}

ExitCode run_about(const AboutContext& context);

}  // namespace keyward::orchestrator
