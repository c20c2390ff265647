#include "notify/post.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "notify/channel_secret.hpp"

namespace keyward::notify {
namespace {

using base::Error;
using base::ErrorKind;
using base::Idempotency;

constexpr int k_attempts = 5;
constexpr std::chrono::minutes k_patience{3};
constexpr base::Backoff k_backoff{.transient_base = std::chrono::milliseconds(500),
                                  .throttled_base = std::chrono::milliseconds(1'000),
                                  .cap = std::chrono::milliseconds(20'000),
                                  .most_over_hint = k_patience};
/// Answers are a word or a small document.
constexpr std::size_t k_most_answer = 64 * 1024;
/// What Slack says of a message that it does not take. Of other answers nothing is repeated: they may quote the URL or a
/// key (https://api.slack.com/messaging/webhooks#handling_errors).
constexpr auto k_reasons = std::to_array<std::string_view>(
    {"action_prohibited", "channel_is_archived", "channel_not_found", "invalid_payload", "invalid_token", "no_active_hooks",
     "no_service", "no_service_id", "no_team", "no_text", "posting_to_general_channel_denied", "rollup_error", "team_disabled",
     "too_many_attachments", "user_not_found"});

ErrorKind kind_of(int status, Idempotency idempotency) {
  switch (status) {
    case 429:
    case 503: return ErrorKind::throttled;
    case 401:
    case 403: return ErrorKind::denied;
    case 404:
    case 410: return ErrorKind::not_found;
    default: break;
  }
  if (status < 500) return ErrorKind::invalid;
  return idempotency == Idempotency::idempotent ? ErrorKind::transient : ErrorKind::ambiguous;
}

Error refusal(std::string_view channel, const base::HttpResponse& response, Idempotency idempotency) {
  Error error;
  error.kind = kind_of(response.status, idempotency);
  error.operation = channel;
  error.code = "HTTP" + std::to_string(response.status);
  if (std::ranges::find(k_reasons, response.body.view()) != k_reasons.end()) error.message = response.body.view();
  if (response.status >= 300 && response.status < 400) error.message = "answered with a redirect, which is not followed";
  return error;
}

std::optional<std::chrono::milliseconds> retry_after(const base::HttpResponse& response) {
  const std::string_view value = response.header("Retry-After");
  int seconds = 0;
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (failed != std::errc() || end != value.data() + value.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

class Posting {
 public:
  Posting(const Post& post, const PostTools& tools, base::Deadline deadline) : post_(post), tools_(tools), deadline_(deadline) {}

  base::Task<base::Attempt<std::string>> attempt(int) {
    base::HttpRequest request;
    request.operation = post_.channel;
    request.url = post_.url;
    request.headers = post_.headers ? post_.headers() : std::vector<base::HttpHeader>();
    request.headers.push_back({"Content-Type", "application/json"});
    request.headers.push_back({"User-Agent", tools_.user_agent});
    request.body = base::Body(post_.body);
    request.idempotency = post_.idempotency;
    request.deadline = deadline_;
    request.timeout = post_.timeout;
    request.reach = tools_.reach;
    request.reads = base::Reads::status;
    request.max_response_bytes = k_most_answer;
    base::Result<base::HttpResponse> response = co_await tools_.transport.send(std::move(request));
    if (!response) {
      Error error = response.error();
      if (error.code == "AddressRefused") error.message += "; if it should, set private_addresses: true for this channel";
      base::Attempt<std::string> failed{std::move(error)};
      co_return failed;
    }
    if (response->status / 100 == 2) {
      base::Attempt<std::string> taken{std::string(response->body.view())};
      co_return taken;
    }
    base::Attempt<std::string> refused{refusal(post_.channel, *response, post_.idempotency), retry_after(*response)};
    co_return refused;
  }

 private:
  const Post& post_;
  const PostTools& tools_;
  base::Deadline deadline_;
};

}  // namespace

base::Task<base::Result<std::string>> post_json(Post post, PostTools tools) {
  if (const std::optional<std::string> problem = problem_of_url(post.url)) {
    co_return Error{ErrorKind::invalid, std::string(post.channel), "BadUrl", "", "the url of the channel " + *problem};
  }
  const base::Deadline deadline = base::Deadline::after(k_patience);
  const base::RetryRules rules{
      .max_attempts = k_attempts, .idempotency = post.idempotency, .deadline = deadline, .backoff = k_backoff};
  base::RetryBudget budget;
  const base::RetryTools retry_tools{budget, tools.random, tools.sleeper};
  Posting posting(post, tools, deadline);
  base::Result<std::string> answer = co_await base::with_retries<std::string>(posting, rules, retry_tools);
  co_return answer;
}

}  // namespace keyward::notify
