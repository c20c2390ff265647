#include "aws/lambda_runtime.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::HttpResponse;
using base::Result;
using base::Task;

constexpr const char* k_next = "lambda next";
constexpr const char* k_answer = "lambda answer";

// As long as the transport can count. An environment in which nothing happens is thrown away by Lambda long before.
constexpr std::chrono::hours k_no_timeout{24 * 24};
// The Runtime API is in the same machine.
constexpr std::chrono::seconds k_connect_timeout{1};
constexpr std::chrono::seconds k_post_timeout{60};

constexpr int k_too_large = 413;
constexpr int k_server_error = 500;

std::string named(const HttpResponse& response, std::string_view header) { return std::string(response.header(header)); }

std::optional<std::chrono::milliseconds> milliseconds_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return std::chrono::milliseconds(number);
}

Error refused(int status) {
  if (status == k_too_large) return {ErrorKind::invalid, k_answer, "TooLarge", "", "the answer is larger than Lambda takes"};
  const ErrorKind kind = status >= k_server_error ? ErrorKind::internal : ErrorKind::invalid;
  return {kind, k_answer, "HTTP" + std::to_string(status), "", "Lambda did not take the answer"};
}

}  // namespace

Task<Result<Invocation>> LambdaRuntime::next() {
  base::HttpRequest request;
  request.operation = k_next;
  request.method = "GET";
  request.url = base_ + "/invocation/next";
  request.connect_timeout = k_connect_timeout;
  request.timeout = k_no_timeout;
  Result<HttpResponse> response = co_await transport_.send(std::move(request));
  if (!response) co_return response.error();
  if (response->status != 200) {
    co_return Error{ErrorKind::invalid, k_next, "HTTP" + std::to_string(response->status), "", "Lambda hands out no event"};
  }
  const auto deadline = milliseconds_of(response->header("Lambda-Runtime-Deadline-Ms"));
  Invocation invocation;
  invocation.request_id = named(*response, "Lambda-Runtime-Aws-Request-Id");
  if (invocation.request_id.empty() || !deadline) {
    co_return Error{ErrorKind::invalid, k_next, "MalformedAnswer", invocation.request_id, "an event without request id or deadline"};
  }
  invocation.deadline = std::chrono::sys_time<std::chrono::milliseconds>(*deadline);
  invocation.function_arn = named(*response, "Lambda-Runtime-Invoked-Function-Arn");
  invocation.trace_id = named(*response, "Lambda-Runtime-Trace-Id");
  invocation.payload = std::move(response->body);
  co_return invocation;
}

Task<Result<void>> LambdaRuntime::answer(std::string request_id, std::string body) {
  Result<void> posted = co_await post("/invocation/" + request_id + "/response", std::move(body), "");
  co_return posted;
}

Task<Result<void>> LambdaRuntime::fail(std::string request_id, FunctionFailure failure) {
  Result<void> posted = co_await post("/invocation/" + request_id + "/error", std::move(failure.body), std::move(failure.type));
  co_return posted;
}

Task<Result<void>> LambdaRuntime::fail_start(FunctionFailure failure) {
  Result<void> posted = co_await post("/init/error", std::move(failure.body), std::move(failure.type));
  co_return posted;
}

Task<Result<void>> LambdaRuntime::post(std::string path, std::string body, std::string error_type) {
  base::HttpRequest request;
  request.operation = k_answer;
  request.url = base_ + path;
  request.headers.push_back({"Content-Type", "application/json"});
  if (!error_type.empty()) request.headers.push_back({"Lambda-Runtime-Function-Error-Type", std::move(error_type)});
  request.body = base::Body(body);
  request.connect_timeout = k_connect_timeout;
  request.timeout = k_post_timeout;
  const Result<HttpResponse> response = co_await transport_.send(std::move(request));
  if (!response) co_return response.error();
  if (response->status / 100 != 2) co_return refused(response->status);
  co_return Result<void>();
}

std::string runtime_host(std::string_view address) {
  const auto colon = address.rfind(':');
  std::string host(address.substr(0, colon == std::string_view::npos || address.ends_with(']') ? address.size() : colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace keyward::aws
