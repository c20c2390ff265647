#include "base/smtp.hpp"

#include <curl/curl.h>

#include <algorithm>

#include "base/transfer_error.hpp"

namespace keyward::base {
namespace {

constexpr int k_start_mail_input = 354;  // RFC 5321, section 4.2.3
constexpr std::size_t k_most_words = 200;

/// A server's words as one short line of printable ASCII.
std::string harmless(std::string_view words) {
  std::string line(words.substr(0, k_most_words));
  std::ranges::replace_if(line, [](char c) { return c < ' ' || c > '~'; }, ' ');
  return line;
}

bool is_about_login(int reply) { return reply == 530 || reply == 534 || reply == 535 || reply == 538; }

TransferFailure failure_of(const SmtpEnding& ending) {
  switch (ending.curl_code) {
    case CURLE_COULDNT_RESOLVE_HOST: return TransferFailure::cannot_resolve;
    case CURLE_COULDNT_CONNECT: return TransferFailure::cannot_connect;
    case CURLE_PEER_FAILED_VERIFICATION: return TransferFailure::certificate_refused;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER: return TransferFailure::tls_failed;
    case CURLE_OPERATION_TIMEDOUT:
      return ending.deadline_binds ? TransferFailure::deadline_passed : TransferFailure::timed_out;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING: return TransferFailure::connection_lost;
    case CURLE_WEIRD_SERVER_REPLY: return TransferFailure::malformed_answer;
    default: return TransferFailure::other;
  }
}

/// Ended by the way to the server, whatever its last reply was.
bool is_trouble_on_the_way(int curl_code) {
  return curl_code == CURLE_OPERATION_TIMEDOUT || curl_code == CURLE_PEER_FAILED_VERIFICATION ||
         curl_code == CURLE_SSL_CONNECT_ERROR || curl_code == CURLE_SSL_CIPHER || curl_code == CURLE_ABORTED_BY_CALLBACK;
}

}  // namespace

Error smtp_error(const SmtpEnding& ending, std::string_view host) {
  Error error;
  error.operation = "smtp";
  const std::string where = std::string(host) + ": ";
  if (ending.mail_complete && ending.reply == k_start_mail_input) {
    error.kind = ErrorKind::ambiguous;
    error.code = "NoReplyToMail";
    error.message = where + "the mail was sent whole, but the server did not say whether it takes it: " + ending.detail;
  } else if (ending.reply >= 400 && ending.reply < 600 && !is_trouble_on_the_way(ending.curl_code)) {
    const bool for_now = ending.reply < 500;
    error.kind = for_now ? ErrorKind::throttled : is_about_login(ending.reply) ? ErrorKind::denied : ErrorKind::invalid;
    error.code = "SMTP" + std::to_string(ending.reply);
    // Some servers repeat what they were sent, and that was the password.
    const bool login = ending.curl_code == CURLE_LOGIN_DENIED || is_about_login(ending.reply);
    error.message = where + (login ? "the server wants a login, or refused the one it got" : harmless(ending.words));
  } else if (ending.curl_code == CURLE_USE_SSL_FAILED) {
    error.kind = ErrorKind::invalid;
    error.code = "StartTlsMissing";
    error.message = where + "the server offers no STARTTLS, and nothing is sent without TLS; use another port, or tls: implicit";
  } else if (ending.curl_code == CURLE_LOGIN_DENIED) {
    error.kind = ErrorKind::denied;
    error.code = "LoginImpossible";
    error.message = where + "the server takes no login that keyward can make: " + ending.detail;
  } else {
    const TransferFailure failure = failure_of(ending);
    error.kind = kind_of(failure, Idempotency::idempotent, RequestSent::no);
    error.code = code_of(failure);
    error.message = where + ending.detail;
    if (failure == TransferFailure::certificate_refused) {
      error.message += " (an authority of your own goes into AWS_CA_BUNDLE)";
    }
  }
  return error;
}

}  // namespace keyward::base
