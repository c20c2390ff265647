#include "base/transfer_error.hpp"

namespace keyward::base {

ErrorKind kind_of(TransferFailure failure, Idempotency idempotency, RequestSent sent) noexcept {
  if (idempotency == Idempotency::non_idempotent && sent == RequestSent::maybe) return ErrorKind::ambiguous;
  switch (failure) {
    case TransferFailure::deadline_passed: return ErrorKind::deadline_exceeded;
    case TransferFailure::certificate_refused:
    case TransferFailure::answer_too_large:
    case TransferFailure::address_refused: return ErrorKind::invalid;
    case TransferFailure::cannot_resolve:
    case TransferFailure::cannot_connect:
    case TransferFailure::tls_failed:
    case TransferFailure::timed_out:
    case TransferFailure::truncated_answer:
    case TransferFailure::connection_lost:
    case TransferFailure::malformed_answer:
    case TransferFailure::other: return ErrorKind::transient;
  }
  return ErrorKind::internal;
}

std::string_view code_of(TransferFailure failure) noexcept {
  switch (failure) {
    case TransferFailure::cannot_resolve: return "ResolveFailed";
    case TransferFailure::cannot_connect: return "ConnectFailed";
    case TransferFailure::tls_failed: return "TlsFailed";
    case TransferFailure::certificate_refused: return "CertificateRefused";
    case TransferFailure::timed_out: return "TimedOut";
    case TransferFailure::deadline_passed: return "DeadlineExceeded";
    case TransferFailure::truncated_answer: return "TruncatedAnswer";
    case TransferFailure::connection_lost: return "ConnectionLost";
    case TransferFailure::malformed_answer: return "MalformedAnswer";
    case TransferFailure::answer_too_large: return "AnswerTooLarge";
    case TransferFailure::address_refused: return "AddressRefused";
    case TransferFailure::other: return "TransferFailed";
  }
  return "TransferFailed";
}

Error transfer_error(TransferFailure failure, const HttpRequest& request, RequestSent sent, std::string detail) {
  Error error;
  error.kind = kind_of(failure, request.idempotency, sent);
  error.operation = request.operation;
  error.code = code_of(failure);
  error.message = std::move(detail);
  return error;
}

}  // namespace keyward::base
