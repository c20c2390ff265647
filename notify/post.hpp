#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/http.hpp"
#include "base/retry.hpp"

namespace keyward::notify {

/// What channels that post over HTTPS share. All outlive the channels.
struct PostTools {
  base::HttpTransport& transport;
  const base::Clock& clock;  ///< of signatures
  base::Sleeper& sleeper;
  std::mt19937_64& random;
  std::string user_agent;
  base::Reach reach = base::Reach::public_addresses;
};

/// One JSON document to one URL.
struct Post {
  std::string_view channel;  ///< for errors: "slack"
  std::string url;           ///< a secret
  std::string body;
  /// Headers beside Content-Type and User-Agent, made anew for every attempt: signatures age.
  std::function<std::vector<base::HttpHeader>()> headers;
  base::Idempotency idempotency = base::Idempotency::non_idempotent;  ///< idempotent: the receiver tells a repetition
  std::chrono::milliseconds timeout{30'000};                          ///< of one attempt
};

/// Posts until the answer is 2xx, at most five times and three minutes; returns the body of that answer. A Retry-After
/// in seconds is honoured within that time. No redirect is followed.
/// Errors: `throttled` (429, 503), `transient` or, unless idempotent, `ambiguous` (other 5xx, no answer), `denied` (401,
/// 403), `not_found` (404, 410), `invalid` (any other answer, a URL that is none or that leads
/// where `reach` does not). Without URL, body and answer, but for
/// an answer that is a single word such as Slack's "no_service".
base::Task<base::Result<std::string>> post_json(Post post, PostTools tools);

}  // namespace keyward::notify
