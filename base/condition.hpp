#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <optional>

#include "base/task.hpp"

namespace keyward::base {

/// Where coroutines wait until something has changed; each then looks for itself whether it is what it waits for. For one
/// event loop on one thread.
class Condition {
 public:
  /// Until the next notify(). Throws operation_aborted when cancelled. This object outlives its waiters.
  Task<void> wait();
  /// Wakes all who wait now.
  void notify();

 private:
  std::optional<boost::asio::steady_timer> changed_;  ///< never runs out; made by the first who waits
  std::uint64_t changes_ = 0;
};

}  // namespace keyward::base
