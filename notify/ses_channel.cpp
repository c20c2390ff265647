#include "notify/ses_channel.hpp"

#include <utility>
#include <vector>

namespace keyward::notify {

bool stops_ses(const base::Error& error) {
  // Over-rate and over-quota share a code; only the message tells them apart.
  const bool quota_of_the_day =
      error.kind == base::ErrorKind::throttled && error.message.find("Daily message quota") != std::string::npos;
  return quota_of_the_day || error.kind == base::ErrorKind::limit_exceeded || error.code == "SendingPausedException" ||
         error.code == "AccountSuspendedException";
}

base::Task<base::Result<std::string>> SesChannel::deliver(const Message& message) {
  if (closed_by_) co_return *closed_by_;
  std::string sender = message.sender.str();
  std::vector<std::string> recipients(1, message.recipient.str());
  std::string mime = to_mime(message);
  base::Result<std::string> sent =
      co_await client_.send_raw(std::move(sender), std::move(recipients), std::move(mime), configuration_set_);
  if (!sent && stops_ses(sent.error())) closed_by_ = sent.error();
  co_return sent;
}

}  // namespace keyward::notify
