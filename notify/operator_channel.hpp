#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/task.hpp"
#include "notify/run_digest.hpp"

namespace keyward::notify {

/// A way to tell the people who operate keyward of a run.
class OperatorChannel {
 public:
  virtual ~OperatorChannel() = default;

  /// "slack", "sns": for records.
  virtual std::string_view name() const noexcept = 0;

  /// Whether the channel has something to say of this run: some speak only when something is wrong.
  virtual bool concerns(const RunDigest&) const { return true; }

  /// Tells of a run, with retries of its own within minutes. Returns how the channel calls it, or nothing much.
  /// Errors as those of Channel::deliver(). Never with a URL or a key in them: whoever knows those can post.
  virtual base::Task<base::Result<std::string>> tell(const RunDigest& digest) = 0;
};

}  // namespace keyward::notify
