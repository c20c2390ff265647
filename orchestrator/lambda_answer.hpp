#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/exit_code.hpp"

// What the function tells Lambda of an event (docs/lambda.md).
namespace keyward::orchestrator {

struct LambdaAnswer {
  std::string body;     ///< JSON
  std::string failure;  ///< "Function.Partial"; empty: the event was done
};

/// With everything that looks like a secret access key or a session token taken out: texts of exceptions are not ours.
std::string scrubbed(std::string_view text);

/// An event that came to nothing. `trace` is what was said on the way.
LambdaAnswer lambda_failure(std::string type, std::string_view message, const std::vector<std::string>& trace = {});

/// What a command left.
struct CommandResult {
  std::string event;                   ///< name_of() the event
  ExitCode code = ExitCode::done;
  boost::json::object content;         ///< what belongs into the answer beside what every one has
  std::vector<std::string> said;       ///< lines of standard error
  bool whole = false;                  ///< a part of `content` would be taken for all of it, so it is never cut
};

/// The summary and what became of each account of the run that a command printed as JSON, or nothing where it printed
/// none. `state_dir` holds its record. With `events` every line of it is there, too.
boost::json::object run_content(std::string_view printed, const std::filesystem::path& state_dir, bool events);

/// Exit code 0 is an answer, any other one a failure, so that whoever called, and whatever alarms there are, hears of it.
/// A failure has the answer as well, in a member of its own. What is too long for Lambda is cut to the summary.
LambdaAnswer lambda_answer(CommandResult result);

}  // namespace keyward::orchestrator
