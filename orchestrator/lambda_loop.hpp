#pragma once

#include <functional>

#include "aws/lambda_runtime.hpp"
#include "base/log.hpp"
#include "base/task.hpp"
#include "orchestrator/exit_code.hpp"
#include "orchestrator/lambda_answer.hpp"

namespace keyward::orchestrator {

/// One event; it may be a lambda with captures that calls a coroutine. What it throws is a failure of that event alone.
using LambdaHandler = std::function<base::Task<LambdaAnswer>(const aws::Invocation& invocation)>;

/// What the loop and whoever ends it know of each other.
struct LambdaLife {
  bool idle = true;       ///< it waits for an event: nothing is lost when the process ends now
  bool stopping = false;  ///< the process is to end; no further event is taken
};

/// Takes event after event, one at a time, and tells Lambda what became of each. Ends when it is to stop, when Lambda hands out
/// no more events, or takes no answer and asks for a new process.
base::Task<ExitCode> serve(aws::LambdaRuntime& runtime, LambdaHandler handler, base::Log& log, LambdaLife& life);

}  // namespace keyward::orchestrator
