#include "aws/caller.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "aws/error_codes.hpp"
#include "aws/sigv4.hpp"
#include "base/encoding.hpp"

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

/// Blanks become `+`, as in every SDK: AWS reads `%20` too, but servers that write the form anew before they check the
/// signature (moto) do not.
void append_form_text(std::string& body, std::string_view text) {
  while (true) {
    const auto blank = text.find(' ');
    body += base::percent_encode(text.substr(0, blank));
    if (blank == std::string_view::npos) return;
    body += '+';
    text.remove_prefix(blank + 1);
  }
}

std::string form_encode(const Parameters& parameters) {
  std::string body;
  for (const auto& [name, value] : parameters) {
    if (!body.empty()) body += '&';
    append_form_text(body, name);
    body += '=';
    append_form_text(body, value);
  }
  return body;
}

bool is_xml_answer_of(const Operation& operation, std::string_view body, pugi::xml_document& document) {
  if (!document.load_buffer(body.data(), body.size(), pugi::parse_default)) return false;
  return std::string_view(document.document_element().name()) == std::string(operation.name) + "Response";
}

}  // namespace

/// One call, before it is signed.
struct Caller::Call {
  enum class Answer { xml, json };

  Operation operation;
  std::string method = "POST";
  std::string path = "/";
  std::vector<base::HttpHeader> headers;
  base::Body body;
  Answer answer = Answer::json;
};

/// Sends a call once (twice where the clock or the credentials had to be put right first) and checks the answer.
class Caller::SignedAttempt {
 public:
  SignedAttempt(Caller& caller, Call call, Endpoint endpoint)
      : caller_(caller), context_(caller.context_), call_(std::move(call)), endpoint_(std::move(endpoint)) {}

  Task<base::Attempt<HttpResponse>> attempt(int number) {
    if (number > 1) ++context_.statistics.retried;
    Result<HttpResponse> answer = co_await send_once();
    if (!answer && answer.error().kind == ErrorKind::expired_credentials && !refreshed_) {
      refreshed_ = true;
      caller_.credentials_.forget();
      answer = co_await send_once();
    } else if (!answer && clock_was_wrong_) {
      clock_was_wrong_ = false;
      answer = co_await send_once();
    }
    if (!answer && answer.error().kind == ErrorKind::throttled) ++context_.statistics.throttled;
    base::Attempt<HttpResponse> outcome{std::move(answer), retry_after_};
    co_return outcome;
  }

 private:
  Task<Result<HttpResponse>> send_once() {
    if (caller_.limiter_) co_await caller_.limiter_->acquire();
    Result<CredentialsPtr> credentials = co_await caller_.credentials_.credentials();
    if (!credentials) co_return credentials.error();
    const base::Instant signed_at = context_.clock.now();
    base::HttpRequest request = signed_request(**credentials, signed_at);
    ++context_.statistics.requests_by_action[call_.operation.full_name()];
    Result<HttpResponse> response = co_await context_.transport.send(std::move(request));
    if (!response) co_return response.error();
    co_return judge(std::move(*response), signed_at);
  }

  base::HttpRequest signed_request(const Credentials& credentials, base::Instant time) const {
    base::HttpRequest request;
    request.operation = call_.operation.full_name();
    request.method = call_.method;
    request.url = endpoint_.url + call_.path;
    request.headers = call_.headers;
    request.body = call_.body.clone();
    request.idempotency = call_.operation.idempotency;
    request.deadline = context_.deadline;
    sigv4::Scope scope;
    scope.region = endpoint_.signing_region;
    scope.service = endpoint_.signing_name;
    scope.path_style = call_.operation.service == Service::s3 ? sigv4::PathStyle::verbatim : sigv4::PathStyle::normalized;
    sigv4::sign(request, scope, credentials, time);
    // Not signed: proxies may add to it.
    request.headers.push_back({"User-Agent", context_.user_agent});
    return request;
  }

  Result<HttpResponse> judge(HttpResponse response, base::Instant signed_at) {
    retry_after_ = base::parse_retry_hint(response.header("x-amz-retry-after"));
    const auto date = base::parse_http_date(response.header("date"));
    if (response.status / 100 != 2) {
      Error error = error_of_answer(call_.operation, response);
      clock_was_wrong_ = date && !clock_corrected_ && may_be_clock_skew(error.code) &&
                         std::chrono::abs(*date - signed_at) >= k_skew;
      if (clock_was_wrong_) {
        clock_corrected_ = true;
        context_.clock.learn(*date);
      }
      return error;
    }
    if (date) context_.clock.learn(*date);
    if (is_complete(response)) return response;
    const bool again = call_.operation.idempotency == base::Idempotency::idempotent;
    return Error{again ? ErrorKind::transient : ErrorKind::ambiguous, call_.operation.full_name(), "MalformedAnswer",
                 std::string(response.header("x-amzn-requestid")),
                 "the answer (HTTP " + std::to_string(response.status) + ", " + std::to_string(response.body.size()) +
                     " bytes) is not what AWS sends for this call"};
  }

  bool is_complete(const HttpResponse& response) const {
    if (call_.answer == Call::Answer::xml) {
      pugi::xml_document document;
      return is_xml_answer_of(call_.operation, response.body.view(), document);
    }
    boost::system::error_code failed;
    const boost::json::value value = boost::json::parse(response.body.view(), failed);
    return !failed && value.is_object();
  }

  Caller& caller_;
  CallContext& context_;
  Call call_;
  Endpoint endpoint_;
  bool refreshed_ = false;
  bool clock_was_wrong_ = false;
  bool clock_corrected_ = false;
  std::optional<std::chrono::milliseconds> retry_after_;
};

Caller::Caller(CallContext& context, CredentialProvider& credentials, base::Region region, Writes writes)
    : context_(context), credentials_(credentials), region_(std::move(region)), writes_(writes) {}

void Caller::limit_rate(int per_second) {
  limiter_ = std::make_unique<base::RateLimiter>(per_second, context_.sleeper);
}

Task<Result<HttpResponse>> Caller::perform(Call call) {
  if (writes_ == Writes::refused && call.operation.effect == Effect::write) {
    co_return Error{ErrorKind::denied, call.operation.full_name(), "DryRun", "",
                    "a dry run may not change anything; the call was not sent"};
  }
  Result<Endpoint> endpoint = resolve_endpoint(call.operation.service, region_, context_.endpoints);
  if (!endpoint) co_return endpoint.error();
  base::RetryRules rules;
  rules.max_attempts = call.operation.effect == Effect::read ? k_read_attempts : k_other_attempts;
  rules.idempotency = call.operation.idempotency;
  rules.deadline = context_.deadline;
  const base::RetryTools tools{context_.retry_budget, context_.jitter, context_.sleeper};
  SignedAttempt attempt(*this, std::move(call), std::move(*endpoint));
  Result<HttpResponse> answer = co_await base::with_retries<HttpResponse>(attempt, rules, tools);
  co_return answer;
}

Task<Result<XmlAnswer>> Caller::query(Operation operation, std::string_view version, Parameters parameters) {
  Parameters all{{"Action", std::string(operation.name)}, {"Version", std::string(version)}};
  for (auto& parameter : parameters) all.push_back(std::move(parameter));
  Call call;
  call.operation = operation;
  call.headers.push_back({"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"});
  call.body = base::Body(form_encode(all));
  call.answer = Call::Answer::xml;
  Result<HttpResponse> response = co_await perform(std::move(call));
  if (!response) co_return response.error();

  XmlAnswer answer;
  answer.document = std::make_unique<pugi::xml_document>();
  is_xml_answer_of(operation, response->body.view(), *answer.document);  // checked by the attempt already
  const auto root = answer.document->document_element();
  answer.result = root.child((std::string(operation.name) + "Result").c_str());
  if (!answer.result) answer.result = root;
  answer.request_id = root.child("ResponseMetadata").child("RequestId").text().get();
  co_return answer;
}

Task<Result<JsonAnswer>> Caller::json(Operation operation, std::string_view target_prefix, boost::json::object input) {
  Call call;
  call.operation = operation;
  call.headers.push_back({"Content-Type", "application/x-amz-json-1.1"});
  call.headers.push_back({"X-Amz-Target", std::string(target_prefix) + "." + std::string(operation.name)});
  call.body = base::Body(boost::json::serialize(input));
  Result<HttpResponse> response = co_await perform(std::move(call));
  if (!response) co_return response.error();
  JsonAnswer answer;
  answer.result = boost::json::parse(response->body.view()).as_object();
  answer.request_id = response->header("x-amzn-requestid");
  co_return answer;
}

Task<Result<JsonAnswer>> Caller::rest_json(Operation operation, std::string method, std::string path,
                                           boost::json::object input) {
  Call call;
  call.operation = operation;
  call.method = std::move(method);
  call.path = std::move(path);
  call.headers.push_back({"Content-Type", "application/json"});
  call.body = base::Body(boost::json::serialize(input));
  Result<HttpResponse> response = co_await perform(std::move(call));
  if (!response) co_return response.error();
  JsonAnswer answer;
  answer.result = boost::json::parse(response->body.view()).as_object();
  answer.request_id = response->header("x-amzn-requestid");
  co_return answer;
}

}  // namespace keyward::aws
