#pragma once

#include <string>
#include <string_view>

#include "base/http.hpp"

namespace keyward::base {

/// How a transfer failed, in our words.
enum class TransferFailure {
  cannot_resolve,
  cannot_connect,
  tls_failed,
  certificate_refused,
  timed_out,         ///< the attempt's own timeout
  deadline_passed,   ///< the caller's deadline
  truncated_answer,  ///< the connection closed inside an answer's header or body
  connection_lost,   ///< closed or reset before an answer
  malformed_answer,  ///< not HTTP
  answer_too_large,
  address_refused,  ///< out of the request's reach
  other,
};

/// Could the server have seen the whole request?
enum class RequestSent { no, maybe };

/// What the failure means for the caller: `ambiguous` for a non-idempotent request that may have been executed,
/// whatever the cause; else `deadline_exceeded`, `invalid` (certificate refused, answer too large, address refused) or `transient`.
ErrorKind kind_of(TransferFailure failure, Idempotency idempotency, RequestSent sent) noexcept;

/// Our code for it: "ConnectFailed", "TruncatedAnswer", ... (listed at CurlTransport).
std::string_view code_of(TransferFailure failure) noexcept;

/// The Error of a failed transfer; `detail` is libcurl's text.
Error transfer_error(TransferFailure failure, const HttpRequest& request, RequestSent sent, std::string detail);

}  // namespace keyward::base
