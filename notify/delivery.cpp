#include "notify/delivery.hpp"

#include <utility>

namespace keyward::notify {
namespace {

NoticeStatus status_of(const base::Error& error) {
  switch (error.kind) {
    case base::ErrorKind::ambiguous: return NoticeStatus::uncertain;
    case base::ErrorKind::throttled:
    case base::ErrorKind::transient:
    case base::ErrorKind::deadline_exceeded:
    case base::ErrorKind::limit_exceeded:
    case base::ErrorKind::expired_credentials: return NoticeStatus::unavailable;
    case base::ErrorKind::denied:
    case base::ErrorKind::not_found:
    case base::ErrorKind::conflict:
    case base::ErrorKind::invalid:
    case base::ErrorKind::internal: return NoticeStatus::rejected;
  }
  return NoticeStatus::rejected;
}

void note(Notice& notice, const base::Result<std::string>& answer) {
  if (answer) {
    notice.reference = *answer;
  } else {
    notice.status = status_of(answer.error());
    notice.error = answer.error();
  }
}

Notice notice_of(const Message& message, const Channel& channel, const base::Result<std::string>& answer) {
  Notice notice;
  notice.recipient = message.recipient.str();
  notice.subject = message.subject;
  notice.rows = message.rows;
  notice.mode = message.mode;
  notice.channel = channel.name();
  note(notice, answer);
  return notice;
}

Notice notice_of(const RunDigest& digest, const OperatorChannel& channel, const base::Result<std::string>& answer) {
  Notice notice;
  notice.recipient = "operators";
  notice.subject = headline(digest);
  notice.rows = digest.troubles.size() + digest.changes.size();
  notice.mode = is_dry(digest) ? Mode::dry_run : Mode::enforce;
  notice.channel = channel.name();
  note(notice, answer);
  return notice;
}

}  // namespace

std::string_view to_string(NoticeStatus status) noexcept {
  switch (status) {
    case NoticeStatus::sent: return "sent";
    case NoticeStatus::rejected: return "rejected";
    case NoticeStatus::unavailable: return "unavailable";
    case NoticeStatus::uncertain: return "uncertain";
  }
  return "rejected";
}

base::Task<std::vector<Notice>> deliver_all(const std::vector<Message>& messages,
                                            const std::vector<Channel*>& channels) {
  std::vector<Notice> notices;
  notices.reserve(messages.size() * channels.size());
  for (const Message& message : messages) {
    for (Channel* const channel : channels) {
      base::Result<std::string> answer = co_await channel->deliver(message);
      notices.push_back(notice_of(message, *channel, answer));
    }
  }
  co_return notices;
}

base::Task<std::vector<Notice>> tell_all(const RunDigest& digest, const std::vector<OperatorChannel*>& channels) {
  std::vector<Notice> notices;
  for (OperatorChannel* const channel : channels) {
    if (!channel->concerns(digest)) continue;
    base::Result<std::string> answer = co_await channel->tell(digest);
    notices.push_back(notice_of(digest, *channel, answer));
  }
  co_return notices;
}

}  // namespace keyward::notify
