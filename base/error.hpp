#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace keyward::base {

/// What the caller does next. The kind decides the reaction; `Error::code` only tells people what happened.
enum class ErrorKind {
  throttled,            ///< retry later if the call is idempotent or was refused before it was executed
  transient,            ///< connection or server trouble before or without effect: retry if idempotent
  deadline_exceeded,    ///< the caller's own time is up
  ambiguous,            ///< a call that must not run twice was sent and no answer came: read the state back, never resend
  expired_credentials,  ///< refresh the credentials once, then try again
  denied,               ///< not permitted
  not_found,            ///< the thing does not exist
  limit_exceeded,       ///< a quota, not a rate
  conflict,             ///< somebody else changed it, or it exists already
  invalid,              ///< the request, configuration or answer is wrong; trying again changes nothing
  internal,             ///< a bug
};

std::string_view to_string(ErrorKind kind) noexcept;

/// An expected failure: what happened, in which call. Never holds a secret.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string operation;   ///< "iam:CreateAccessKey", "config", "sts:AssumeRole arn:aws:iam::111122223333:role/r"
  std::string code;        ///< the service's code ("AccessDenied"), or ours ("TruncatedAnswer")
  std::string request_id;  ///< AWS request id, empty when no answer came
  std::string message;     ///< for people; says what to do where we know it
};

/// One line for logs and terminals: "iam:ListUsers: AccessDenied: message (request 1234)".
std::string describe(const Error& error);

/// Wraps an Error where an exception is the right way: bad configuration at start, bugs.
class ErrorException : public std::runtime_error {
 public:
  explicit ErrorException(Error error) : std::runtime_error(describe(error)), error_(std::move(error)) {}
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

/// Called by Result::value() on an error (found by argument-dependent lookup).
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace keyward::base
