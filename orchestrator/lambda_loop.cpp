#include "orchestrator/lambda_loop.hpp"

#include <exception>
#include <utility>

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

Task<LambdaAnswer> handled(const LambdaHandler& handler, const aws::Invocation& invocation) {
  std::string thrown;
  try {
    Task<LambdaAnswer> work = handler(invocation);
    LambdaAnswer answer = co_await std::move(work);
    co_return answer;
  } catch (const std::exception& error) {
    thrown = error.what();
  }
  co_return lambda_failure("Function.InternalError", "internal error: " + thrown);
}

Task<Result<void>> tell(aws::LambdaRuntime& runtime, std::string request_id, LambdaAnswer answer) {
  Result<void> told;
  if (answer.failure.empty()) {
    told = co_await runtime.answer(std::move(request_id), std::move(answer.body));
  } else {
    aws::FunctionFailure failure{std::move(answer.failure), std::move(answer.body)};
    told = co_await runtime.fail(std::move(request_id), std::move(failure));
  }
  co_return told;
}

}  // namespace

Task<ExitCode> serve(aws::LambdaRuntime& runtime, LambdaHandler handler, base::Log& log, LambdaLife& life) {
  while (!life.stopping) {
    life.idle = true;
    const Result<aws::Invocation> invocation = co_await runtime.next();
    life.idle = false;
    if (!invocation) {
      log.error("no_event", {{"error", base::describe(invocation.error())}});
      co_return ExitCode::internal_error;
    }
    LambdaAnswer answer = co_await handled(handler, *invocation);
    const std::string failure = answer.failure;
    const Result<void> told = co_await tell(runtime, invocation->request_id, std::move(answer));
    if (told) continue;
    log.error("answer_not_taken", {{"request_id", invocation->request_id}, {"failure", failure}, {"error", base::describe(told.error())}});
    // Of this event alone; anything else says that the process is of no use any more.
    if (told.error().kind != base::ErrorKind::invalid) co_return ExitCode::internal_error;
  }
  co_return ExitCode::done;
}

}  // namespace keyward::orchestrator
