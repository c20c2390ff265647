#include "base/transfer_error.hpp"

#include <gtest/gtest.h>

namespace keyward::base {
namespace {

using enum TransferFailure;

constexpr TransferFailure k_all[] = {
    cannot_resolve,   cannot_connect,  tls_failed,       certificate_refused, timed_out, deadline_passed,
    truncated_answer, connection_lost, malformed_answer, answer_too_large,    address_refused, other};

TEST(TransferError, OfASentNonIdempotentRequestIsAlwaysAmbiguous) {
  for (const TransferFailure failure : k_all) {
    EXPECT_EQ(kind_of(failure, Idempotency::non_idempotent, RequestSent::maybe), ErrorKind::ambiguous)
        << code_of(failure);
  }
}

TEST(TransferError, IsTheSameForBothIdempotenciesWhenNothingWasSent) {
  for (const TransferFailure failure : k_all) {
    EXPECT_EQ(kind_of(failure, Idempotency::non_idempotent, RequestSent::no),
              kind_of(failure, Idempotency::idempotent, RequestSent::no))
        << code_of(failure);
  }
}

TEST(TransferError, SaysWhetherTryingAgainHelps) {
  const struct {
    TransferFailure failure;
    ErrorKind kind;
  } table[] = {
      {cannot_resolve, ErrorKind::transient},
      {cannot_connect, ErrorKind::transient},
      {tls_failed, ErrorKind::transient},
      {certificate_refused, ErrorKind::invalid},
      {timed_out, ErrorKind::transient},
      {deadline_passed, ErrorKind::deadline_exceeded},
      {truncated_answer, ErrorKind::transient},
      {connection_lost, ErrorKind::transient},
      {malformed_answer, ErrorKind::transient},
      {answer_too_large, ErrorKind::invalid},
      {address_refused, ErrorKind::invalid},
      {other, ErrorKind::transient},
  };
  for (const auto& row : table) {
    EXPECT_EQ(kind_of(row.failure, Idempotency::idempotent, RequestSent::maybe), row.kind) << code_of(row.failure);
  }
}

}  // namespace
}  // namespace keyward::base
