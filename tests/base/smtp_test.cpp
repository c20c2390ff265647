#include "base/smtp.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

namespace keyward::base {
namespace {

struct Row {
  const char* what;
  SmtpEnding ending;
  ErrorKind kind;
  const char* code;
};

// What libcurl and a server can say, and what it means for the mail.
const Row k_rows[] = {
    {"the server greets with 'not now'", {CURLE_WEIRD_SERVER_REPLY, 421, "busy"}, ErrorKind::throttled, "SMTP421"},
    {"over SES's rate", {CURLE_SEND_ERROR, 454, "Throttling failure"}, ErrorKind::throttled, "SMTP454"},
    {"the mailbox is busy", {CURLE_SEND_ERROR, 450, "busy"}, ErrorKind::throttled, "SMTP450"},
    {"the mail is refused for now", {CURLE_WEIRD_SERVER_REPLY, 451, "later", true}, ErrorKind::throttled, "SMTP451"},
    {"the mail is refused", {CURLE_WEIRD_SERVER_REPLY, 554, "spam", true}, ErrorKind::invalid, "SMTP554"},
    {"no such user", {CURLE_SEND_ERROR, 550, "who?"}, ErrorKind::invalid, "SMTP550"},
    {"too large", {CURLE_SEND_ERROR, 552, "too large"}, ErrorKind::invalid, "SMTP552"},
    {"the login is needed", {CURLE_SEND_ERROR, 530, "login first"}, ErrorKind::denied, "SMTP530"},
    {"the login is wrong", {CURLE_LOGIN_DENIED, 535, "wrong"}, ErrorKind::denied, "SMTP535"},
    {"the login fails for now", {CURLE_LOGIN_DENIED, 454, "later"}, ErrorKind::throttled, "SMTP454"},
    {"no mechanism that both know", {CURLE_LOGIN_DENIED, 250, "OK"}, ErrorKind::denied, "LoginImpossible"},
    {"no STARTTLS", {CURLE_USE_SSL_FAILED, 250, "OK"}, ErrorKind::invalid, "StartTlsMissing"},
    {"STARTTLS is refused for now", {CURLE_USE_SSL_FAILED, 454, "TLS not available"}, ErrorKind::throttled, "SMTP454"},
    {"another certificate", {CURLE_PEER_FAILED_VERIFICATION, 220, "go ahead"}, ErrorKind::invalid, "CertificateRefused"},
    {"the handshake fails", {CURLE_SSL_CONNECT_ERROR, 220, "go ahead"}, ErrorKind::transient, "TlsFailed"},
    {"no such host", {CURLE_COULDNT_RESOLVE_HOST, 0, ""}, ErrorKind::transient, "ResolveFailed"},
    {"nobody listens", {CURLE_COULDNT_CONNECT, 0, ""}, ErrorKind::transient, "ConnectFailed"},
    {"closed before the mail", {CURLE_RECV_ERROR, 250, "OK"}, ErrorKind::transient, "ConnectionLost"},
    {"closed inside of the mail", {CURLE_SEND_ERROR, 354, "go ahead", false}, ErrorKind::transient, "ConnectionLost"},
    {"closed after the mail", {CURLE_RECV_ERROR, 354, "go ahead", true}, ErrorKind::ambiguous, "NoReplyToMail"},
    {"no reply to the mail", {CURLE_OPERATION_TIMEDOUT, 354, "go ahead", true}, ErrorKind::ambiguous, "NoReplyToMail"},
    {"no reply before the mail", {CURLE_OPERATION_TIMEDOUT, 250, "OK", false}, ErrorKind::transient, "TimedOut"},
    {"no time left", {CURLE_OPERATION_TIMEDOUT, 250, "OK", false, true}, ErrorKind::deadline_exceeded, "DeadlineExceeded"},
    {"something else", {CURLE_OUT_OF_MEMORY, 250, "OK"}, ErrorKind::transient, "TransferFailed"},
};

TEST(SmtpError, SaysWhetherTheMailMayHaveBeenTakenAndWhetherToTryAgain) {
  for (const Row& row : k_rows) {
    const Error error = smtp_error(row.ending, "smtp.example.org");
    EXPECT_EQ(error.kind, row.kind) << row.what << ": " << to_string(error.kind);
    EXPECT_EQ(error.code, row.code) << row.what;
    EXPECT_TRUE(error.message.starts_with("smtp.example.org: ")) << error.message;
  }
}

TEST(SmtpError, DoesNotRepeatWhatAServerRepeatsOfALogin) {
  const std::string password = "c210cC1QYXNzL3dvcmQrMQ==";
  const std::pair<int, int> endings[]{{CURLE_LOGIN_DENIED, 535}, {CURLE_LOGIN_DENIED, 454}, {CURLE_SEND_ERROR, 530}};
  for (const auto& [code, reply] : endings) {
    const Error error = smtp_error({code, reply, "bad login: " + password}, "h");
    EXPECT_EQ(error.message, "h: the server wants a login, or refused the one it got") << reply;
  }
}

TEST(SmtpError, TellsTheServersWordsAsOneShortLine) {
  const SmtpEnding ending{CURLE_SEND_ERROR, 550, "no\r\nBcc: x\x1b[31m" + std::string(1000, 'x')};
  const Error error = smtp_error(ending, "h");
  EXPECT_TRUE(error.message.starts_with("h: no  Bcc: x [31mxxx")) << error.message;
  EXPECT_LT(error.message.size(), 250u);
}

}  // namespace
}  // namespace keyward::base
