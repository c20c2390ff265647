#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/task.hpp"
#include "notify/message.hpp"

namespace keyward::notify {

/// A way for messages to leave.
class Channel {
 public:
  virtual ~Channel() = default;

  /// "ses", "file": for records.
  virtual std::string_view name() const noexcept = 0;

  /// Hands one message over, once. Returns how the channel calls it (SES's message id, the file's name).
  /// Errors: `ambiguous` when it may have gone out and must not be sent again; `throttled`, `transient` and
  /// `deadline_exceeded` when a later attempt may succeed; any other kind when trying again changes nothing.
  virtual base::Task<base::Result<std::string>> deliver(const Message& message) = 0;
};

}  // namespace keyward::notify
