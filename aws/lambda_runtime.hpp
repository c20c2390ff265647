#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/http.hpp"
#include "base/task.hpp"

namespace keyward::aws {

/// One event that Lambda hands to the function. The payload may be anything: it is never logged.
struct Invocation {
  std::string request_id;
  std::chrono::sys_time<std::chrono::milliseconds> deadline;  ///< when the process is killed, by the host's clock
  std::string function_arn;
  std::string trace_id;  ///< of X-Ray; empty: none
  base::Body payload;
};

/// What AWS Lambda is told when an event, or the start, came to nothing.
struct FunctionFailure {
  std::string type;  ///< "Function.Partial": Function or Runtime, a dot, a word of letters. Lambda calls others Unknown
  std::string body;  ///< JSON with errorMessage, errorType and stackTrace
};

/// Lambda's Runtime API, version 2018-06-01, as a custom runtime speaks it
/// (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). It is not signed and not of the internet: plain http to an
/// address that only the function reaches.
class LambdaRuntime {
 public:
  /// What an answer may have at most; Lambda refuses more.
  static constexpr std::size_t k_max_answer = 6u << 20;

  /// `address` is AWS_LAMBDA_RUNTIME_API, host and port. The transport outlives this and may speak plain http to the host.
  LambdaRuntime(base::HttpTransport& transport, std::string address) : transport_(transport), base_("http://" + std::move(address) + "/2018-06-01/runtime") {}

  /// Waits as long as it takes: between two events the whole machine may stand still. Errors: those of the transport, and
  /// `invalid` for an answer without request id or deadline.
  base::Task<base::Result<Invocation>> next();
  /// Errors: `invalid` when Lambda takes no such answer for this event (any more), `internal` when it asks the process to
  /// end, those of the transport.
  base::Task<base::Result<void>> answer(std::string request_id, std::string body);
  base::Task<base::Result<void>> fail(std::string request_id, FunctionFailure failure);
  /// Instead of the first next(). The process ends then.
  base::Task<base::Result<void>> fail_start(FunctionFailure failure);

 private:
  base::Task<base::Result<void>> post(std::string path, std::string body, std::string error_type);

  base::HttpTransport& transport_;
  std::string base_;
};

/// The host of AWS_LAMBDA_RUNTIME_API, without its port.
std::string runtime_host(std::string_view address);

}  // namespace keyward::aws
