#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/task.hpp"
#include "notify/channel.hpp"
#include "notify/message.hpp"
#include "notify/operator_channel.hpp"

namespace keyward::notify {

enum class NoticeStatus {
  sent,
  rejected,     ///< the channel will not take it: trying again in this run changes nothing
  unavailable,  ///< not sent; a later attempt may succeed
  uncertain,    ///< no answer came: it may have gone out, so this run does not send it again
};

std::string_view to_string(NoticeStatus status) noexcept;

/// What became of one message on one channel, for the run's records.
struct Notice {
  std::string recipient;
  std::string subject;
  std::size_t rows = 0;
  Mode mode = Mode::enforce;
  std::string channel;
  NoticeStatus status = NoticeStatus::sent;
  std::string reference;             ///< how the channel calls it; empty unless sent
  std::optional<base::Error> error;  ///< unless sent
};

/// Sends every message over every channel, in order, one after the other (SES counts a message a second in its
/// sandbox). A channel or recipient that fails never keeps another from its message. The references outlive the call.
/// Only cancellation throws.
base::Task<std::vector<Notice>> deliver_all(const std::vector<Message>& messages,
                                            const std::vector<Channel*>& channels);

/// Tells of a run over every channel that it concerns; the same holds. The recipient of these notices is "operators".
base::Task<std::vector<Notice>> tell_all(const RunDigest& digest, const std::vector<OperatorChannel*>& channels);

}  // namespace keyward::notify
