#include "notify/smtp_channel.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

/// "Retry 4xx (5 s, 10 s, 30 s, then 20 min)" says SES (aws-api.md, section 5.3); what does not go within the minutes
/// here is for the next run.
constexpr int k_attempts = 5;
constexpr std::chrono::minutes k_patience{3};
constexpr base::Backoff k_backoff{.transient_base = std::chrono::milliseconds(1'000),
                                  .throttled_base = std::chrono::milliseconds(5'000),
                                  .cap = std::chrono::milliseconds(30'000)};
constexpr std::size_t k_most_words = 200;

}  // namespace

bool stops_smtp(const base::Error& error) {
  switch (error.kind) {
    case base::ErrorKind::denied:
    case base::ErrorKind::transient:
    case base::ErrorKind::deadline_exceeded:
    case base::ErrorKind::ambiguous: return true;
    default: break;
  }
  // 421: the server closes the connection. 454: over SES's rate or quota, or no login for now.
  constexpr std::array<std::string_view, 5> k_codes = {"StartTlsMissing", "CertificateRefused", "SMTP421", "SMTP454",
                                                       "EmptySecret"};
  return std::ranges::find(k_codes, error.code) != k_codes.end();
}

/// One mail, until it is taken or given up.
class SmtpChannel::Sending {
 public:
  Sending(SmtpChannel& channel, const Message& message, base::Deadline deadline)
      : channel_(channel), message_(message), mail_(to_mime(message)), deadline_(deadline) {}

  base::Task<base::Attempt<std::string>> attempt(int) {
    base::SmtpRequest request{.server = channel_.settings_.server,
                              .login = channel_.login_,
                              .sender = message_.sender.str(),
                              .recipient = message_.recipient.str(),
                              .mail = mail_,
                              .deadline = deadline_,
                              .timeout = channel_.settings_.timeout};
    base::Result<std::string> taken = co_await channel_.tools_.transport.send(std::move(request));
    base::Attempt<std::string> outcome{std::move(taken)};
    co_return outcome;
  }

 private:
  SmtpChannel& channel_;
  const Message& message_;
  std::string mail_;
  base::Deadline deadline_;
};

base::Task<std::optional<base::Error>> SmtpChannel::read_login() {
  if (user_.empty() || login_) co_return std::nullopt;
  base::Result<SecretPtr> user = co_await user_.get();
  if (!user) co_return user.error();
  base::Result<SecretPtr> password = co_await password_.get();
  if (!password) co_return password.error();
  auto login = std::make_shared<base::SmtpLogin>();
  login->user = (*user)->clone();
  login->password = (*password)->clone();
  login_ = std::move(login);
  co_return std::nullopt;
}

base::Task<base::Result<std::string>> SmtpChannel::deliver(const Message& message) {
  if (closed_by_) co_return *closed_by_;
  closed_by_ = co_await read_login();
  if (closed_by_) co_return *closed_by_;
  const base::Deadline deadline = base::Deadline::after(k_patience);
  // What the transport calls transient was surely not accepted, so it may be sent again.
  const base::RetryRules rules{
      .max_attempts = k_attempts, .idempotency = base::Idempotency::idempotent, .deadline = deadline, .backoff = k_backoff};
  const base::RetryTools tools{budget_, tools_.random, tools_.sleeper};
  Sending sending(*this, message, deadline);
  base::Result<std::string> taken = co_await base::with_retries<std::string>(sending, rules, tools);
  if (!taken && stops_smtp(taken.error())) {
    closed_by_ = taken.error();
    // Of this mail nobody knows; the others were surely not sent.
    if (closed_by_->kind == base::ErrorKind::ambiguous) closed_by_->kind = base::ErrorKind::transient;
  }
  if (!taken) co_return taken;
  co_return shortened(one_line(*taken), k_most_words);
}

}  // namespace keyward::notify
