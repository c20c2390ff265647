#include "aws/caller.hpp"

#include <boost/json/serialize.hpp>
#include <utility>

#include "aws/error_codes.hpp"
#include "aws/operations.hpp"
#include "base/hidden.hpp"

namespace keyward::aws {
namespace {

using base::Error;
using base::ErrorKind;
using base::HttpResponse;
using base::Result;
using base::Task;

// A refused signature with a Date this far from ours is a clock problem; nearer it is a genuine refusal. AWS accepts
// 5 to 15 minutes (aws-api.md, section 7.2).
constexpr std::chrono::seconds k_skew{240};

/// IAM throttles hard during sweeps, and a read may be repeated as often as one likes.
constexpr int k_read_attempts = 8;
constexpr int k_other_attempts = 3;

/// Content-Type, X-Amz-Target, the five that signing may add, and User-Agent.
constexpr std::size_t k_most_headers = 8;

/// STS answers within a second or two, and everything else waits for it.
constexpr std::chrono::seconds k_sts_timeout{20};

/// Parsed, an answer takes up to 25 times its size. Pages have 1,000 items at most, of less than 4 KB each.
constexpr std::size_t k_most_answer = 4u << 20;
/// 5,000 users (IAM's quota), each a row of 2 KB at most, in base64.
constexpr std::size_t k_most_report = 16u << 20;

/// Its answers hold what somebody chose as a secret, of whatever form, so an error that quotes one could not be seen to.
/// Where access is denied there is no answer that could be quoted.
bool may_quote_a_secret(const Operation& operation, const Error& error) {
  const bool reveals = operation.effect == Effect::reveal || operation.name == operations::k_get_parameter.name;
  return reveals && error.kind != ErrorKind::denied;
}

}  // namespace

/// One call, before it is signed.
struct Caller::Call {
  explicit Call(Operation call)
      : operation(call),
        max_response_bytes(call.name == operations::k_get_credential_report.name ? k_most_report : k_most_answer) {}

  Operation operation;
  std::string method = "POST";
  std::string path = "/";
  std::string_view content_type;
  std::string target;  ///< X-Amz-Target; empty: none
  base::Body body;
  std::size_t max_response_bytes;
};

/// Sends a call until nothing that is wrong with it can be put right at once, and reads the answer.
template <class Answer>
class Caller::Sending {
 public:
  Sending(Caller& caller, Call call, Endpoint endpoint)
      : caller_(caller), context_(caller.context_), call_(std::move(call)), endpoint_(std::move(endpoint)) {}

  Task<base::Attempt<Answer>> attempt(int number) {
    if (number > 1) ++context_.statistics.retried;
    for (;;) {
      Result<Answer> answer = co_await send_once();
      if (!answer && put_right(answer.error().kind)) continue;
      base::Attempt<Answer> outcome{std::move(answer), retry_after_, give_up_};
      co_return outcome;
    }
  }

 private:
  Task<Result<Answer>> send_once() {
    retry_after_.reset();
    CredentialsPtr signer;
    if (call_.operation.signing == Signing::required) {
      Result<CredentialsPtr> credentials = co_await caller_.credentials_.credentials();
      if (!credentials) co_return without_credentials(credentials.error());
      signer = std::move(*credentials);
    }
    // Signed after the wait: signatures age. Waited for last: a turn is used at once, or what was spread out would go
    // together.
    const CallLimits limits = caller_.limits_->of(call_.operation);
    std::optional<base::Permits::Permit> place;
    if (limits.in_flight != nullptr) {
      place = co_await limits.in_flight->acquire();
    }
    if (!limits.api->try_acquire()) co_await limits.api->acquire();
    if (limits.service != nullptr && !limits.service->try_acquire()) co_await limits.service->acquire();
    base::HttpRequest request = http_request();
    if (signer) sign(request, signer);
    const base::RateLimiter::Time went_at = context_.sleeper.now();
    const base::Instant sent_at = context_.clock.now();
    // Not signed: proxies may add to it.
    request.headers.push_back({"User-Agent", context_.user_agent});
    ++context_.statistics.requests_by_action[request.operation];
    Result<HttpResponse> response = co_await context_.transport.send(std::move(request));
    if (!response) {
      Error error = response.error();
      error.operation = call_.operation.full_name();
      co_return error;
    }
    Result<Answer> answer = judge(std::move(*response), sent_at, signer.get());
    if (!answer && answer.error().kind == ErrorKind::throttled) {
      ++context_.statistics.throttled;
      limits.api->throttled(went_at);
    }
    co_return answer;
  }

  base::HttpRequest http_request() const {
    base::HttpRequest request;
    request.operation = call_.operation.full_name();
    request.method = call_.method;
    request.url = endpoint_.url + call_.path;
    request.headers.reserve(k_most_headers);
    if (!call_.content_type.empty()) request.headers.push_back({"Content-Type", std::string(call_.content_type)});
    if (!call_.target.empty()) request.headers.push_back({"X-Amz-Target", call_.target});
    request.body = call_.body.clone();
    request.idempotency = call_.operation.idempotency;
    request.max_response_bytes = call_.max_response_bytes;
    if (call_.operation.service == Service::sts) request.timeout = k_sts_timeout;
    return request;
  }

  void sign(base::HttpRequest& request, const CredentialsPtr& credentials) {
    sigv4::Scope scope;
    scope.region = endpoint_.signing_region;
    scope.service = endpoint_.signing_name;
    scope.path_style =
        call_.operation.service == Service::s3 ? sigv4::PathStyle::verbatim : sigv4::PathStyle::normalized;
    sigv4::sign(request, scope, credentials, context_.clock.now(), caller_.last_key_);
  }

  Error without_credentials(Error error) {
    give_up_ = true;
    if (error.kind == ErrorKind::not_found) error.kind = ErrorKind::invalid;
    return error;
  }

  /// True when the call is worth sending again at once. Clock and credentials are put right once each; an unsigned call
  /// has no credentials, what expired there is its token.
  bool put_right(ErrorKind kind) {
    if (std::exchange(clock_was_wrong_, false)) return true;
    if (kind != ErrorKind::expired_credentials || give_up_ || refreshed_) return false;
    if (call_.operation.signing == Signing::none) return false;
    refreshed_ = true;
    caller_.credentials_.forget();
    return true;
  }

  Result<Answer> judge(HttpResponse response, base::Instant sent_at, const Credentials* signer) {
    retry_after_ = base::parse_retry_hint(response.header("x-amz-retry-after"));
    const auto date = base::parse_http_date(response.header("date"));
    if (response.status / 100 != 2) {
      Error error = error_of_answer(call_.operation, response);
      if (signer != nullptr) error.message = base::without_pieces(error.message, signer->session_token.expose());
      if (may_quote_a_secret(call_.operation, error)) error.message = "(what AWS says of it is not repeated: it might quote a secret)";
      clock_was_wrong_ =
          date && !clock_corrected_ && may_be_clock_skew(error.code) && std::chrono::abs(*date - sent_at) >= k_skew;
      if (clock_was_wrong_) {
        clock_corrected_ = true;
        context_.clock.learn(*date);
      }
      return error;
    }
    if (date) context_.clock.learn(*date);
    const std::size_t size = response.body.size();
    std::optional<Answer> answer = read_answer<Answer>(call_.operation, response);
    if (!answer) return malformed(response, size);
    return std::move(*answer);
  }

  Error malformed(const HttpResponse& response, std::size_t size) const {
    return Error{
        call_.operation.idempotency == base::Idempotency::idempotent ? ErrorKind::transient : ErrorKind::ambiguous,
        call_.operation.full_name(), "MalformedAnswer", request_id_of(response.header("x-amzn-requestid")),
        "the answer (HTTP " + std::to_string(response.status) + ", " + std::to_string(size) +
            " bytes) is not what AWS sends for this call"};
  }

  Caller& caller_;
  CallContext& context_;
  Call call_;
  Endpoint endpoint_;
  bool refreshed_ = false;
  bool clock_was_wrong_ = false;
  bool clock_corrected_ = false;
  bool give_up_ = false;
  std::optional<std::chrono::milliseconds> retry_after_;
};

Caller::Caller(CallContext& context, CredentialProvider& credentials, base::Region region, Writes writes)
    : context_(context),
      credentials_(credentials),
      region_(std::move(region)),
      writes_(writes),
      retry_budget_(&context.limits.retries),
      limits_(std::make_shared<AccountLimits>(context.limits)) {}

template <class Answer>
Task<Result<Answer>> Caller::perform(Call call) {
  if (std::optional<Error> refused = refused_by_guard(call.operation, writes_)) co_return *std::move(refused);
  Result<Endpoint> endpoint = resolve_endpoint(call.operation.service, region_, context_.endpoints);
  if (!endpoint) co_return endpoint.error();
  base::RetryRules rules;
  rules.max_attempts = call.operation.effect == Effect::read ? k_read_attempts : k_other_attempts;
  rules.idempotency = call.operation.idempotency;
  const base::RetryTools tools{retry_budget_, context_.jitter, context_.sleeper};
  Sending<Answer> sending(*this, std::move(call), std::move(*endpoint));
  Result<Answer> answer = co_await base::with_retries<Answer>(sending, rules, tools);
  co_return answer;
}

Task<Result<XmlAnswer>> Caller::query(Operation operation, std::string_view version, Parameters parameters) {
  Parameters all{{"Action", operation.name}, {"Version", version}};
  all.add(parameters);
  Call call(operation);
  call.content_type = "application/x-www-form-urlencoded; charset=utf-8";
  call.body = std::move(all).take();
  return perform<XmlAnswer>(std::move(call));
}

Task<Result<JsonAnswer>> Caller::json(Operation operation, std::string_view target_prefix, boost::json::object input) {
  Call call(operation);
  call.content_type = operation.service == Service::dynamodb ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1";
  call.target = std::string(target_prefix) + "." + std::string(operation.name);
  call.body = base::Body(boost::json::serialize(input));
  return perform<JsonAnswer>(std::move(call));
}

Task<Result<JsonAnswer>> Caller::rest_json(Operation operation, std::string method, std::string path,
                                           boost::json::object input) {
  Call call(operation);
  call.method = std::move(method);
  call.path = std::move(path);
  if (call.method != "GET") {
    call.content_type = "application/json";
    call.body = base::Body(boost::json::serialize(input));
  }
  return perform<JsonAnswer>(std::move(call));
}

Task<Result<ObjectAnswer>> Caller::get(Operation operation, std::string path, std::size_t max_bytes) {
  Call call(operation);
  call.method = "GET";
  call.path = std::move(path);
  call.max_response_bytes = max_bytes;
  return perform<ObjectAnswer>(std::move(call));
}

Task<Result<ObjectAnswer>> Caller::put(Operation operation, std::string path, std::string_view content_type, std::string_view content) {
  Call call(operation);
  call.method = "PUT";
  call.path = std::move(path);
  call.content_type = content_type;
  call.body = base::Body(content);
  return perform<ObjectAnswer>(std::move(call));
}

}  // namespace keyward::aws
