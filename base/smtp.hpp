#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"

namespace keyward::base {

/// How a connection to a mail server becomes encrypted. There is no third way: without TLS neither a login nor a mail
/// is sent.
enum class SmtpSecurity {
  starttls,      ///< RFC 3207, refused when the server does not offer it
  implicit_tls,  ///< RFC 8314: TLS from the first byte
};

struct SmtpServer {
  std::string host;
  std::uint16_t port = 587;
  SmtpSecurity security = SmtpSecurity::starttls;
};

/// AUTH over TLS. Without a user there is no AUTH.
struct SmtpLogin {
  Secret user;
  Secret password;
};

/// What a server is visited for.
enum class SmtpErrand {
  deliver,
  greet,  ///< EHLO, TLS, AUTH, NOOP: everything but a mail
};

/// One mail to one mailbox, or a greeting, for which sender, recipient and mail are not looked at.
struct SmtpRequest {
  SmtpErrand errand = SmtpErrand::deliver;
  SmtpServer server;
  std::shared_ptr<const SmtpLogin> login;  ///< null: none
  std::string sender;                      ///< plain addresses: owner@example.org
  std::string recipient;
  std::string mail;  ///< RFC 5322, lines end in CRLF
  Deadline deadline = Deadline::never();
  std::chrono::milliseconds timeout{60'000};  ///< for this one attempt; the deadline may shorten it
};

/// Hands one mail to a server. Does not retry. Returns the server's last words ("2.0.0 Ok: queued as 4Xz").
/// Errors: `throttled` (a reply 4xx: not accepted, later perhaps), `transient` (trouble on the way, surely not
/// accepted), `ambiguous` (the whole mail was sent and no reply to it came), `denied` (530, 534, 535, 538: the login),
/// `invalid` (another reply 5xx, no STARTTLS, a refused certificate), `deadline_exceeded`. Codes: those of CurlTransport,
/// StartTlsMissing, LoginImpossible, NoReplyToMail, and SMTP450, SMTP550, ... for replies.
class SmtpTransport {
 public:
  virtual ~SmtpTransport() = default;
  virtual Task<Result<std::string>> send(SmtpRequest request) = 0;
};

/// How an attempt ended, as far as libcurl and the server said.
struct SmtpEnding {
  int curl_code = 0;
  int reply = 0;               ///< code of the last reply, 0: none came
  std::string words{};         ///< of that reply, without its code
  bool mail_complete = false;  ///< all of the mail was handed to libcurl
  bool deadline_binds = false;  ///< the time that was given was the caller's, not the attempt's
  std::string detail{};  ///< libcurl's text
};

/// What a failed attempt means; see SmtpTransport. Not for a success.
Error smtp_error(const SmtpEnding& ending, std::string_view host);

}  // namespace keyward::base
