#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/task.hpp"
#include "base/wiped_buffer.hpp"

namespace keyward::base {

/// May a request run twice? Decides what a lost answer means.
enum class Idempotency {
  idempotent,      ///< sending it again does no harm
  non_idempotent,  ///< once sent it is never sent again, not even by the library below us; a lost answer is `ambiguous`
};

/// The text without what stands before the @ of URLs in it, which is often a password.
std::string without_user(std::string text);

/// Which addresses a request may go to, whatever its host's name leads to.
enum class Reach {
  anywhere,
  public_addresses,  ///< those of the public Internet (base/public_address.hpp): neither this host nor a network of its own
};

/// What a caller goes by.
enum class Reads {
  whole_answer,
  status,  ///< the body says nothing, so an answer whose end nobody vouches for will do, over TLS
};

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string operation;  ///< for errors: "iam:CreateAccessKey"
  std::string method = "POST";
  std::string url;  ///< encoded by the caller: what was signed is what is sent
  std::vector<HttpHeader> headers;
  Body body;
  Idempotency idempotency = Idempotency::idempotent;
  Reach reach = Reach::anywhere;
  Reads reads = Reads::whole_answer;
  Deadline deadline = Deadline::never();
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{60'000};  ///< for this one attempt; the deadline may shorten it
  std::size_t max_response_bytes = 16u << 20;  ///< the largest that is asked for by default, an event of AWS Lambda, has 6 MB
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  Body body;

  /// The first header of that name, compared without case; empty when absent.
  std::string_view header(std::string_view name) const;
};

/// Sends one request and brings back one complete answer of any status. Does not retry, follow redirects or interpret.
/// Errors: `transient` (nothing was executed, or the call is idempotent), `ambiguous` (a non-idempotent request was sent
/// and no complete answer came), `deadline_exceeded`, `invalid` (bad URL, answer too large, TLS certificate
/// refused, an address out of its reach).
/// Cancellation of the calling coroutine ends the transfer at once and throws operation_aborted.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual Task<Result<HttpResponse>> send(HttpRequest request) = 0;
};

}  // namespace keyward::base
