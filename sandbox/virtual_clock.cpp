#include "sandbox/virtual_clock.hpp"

namespace keyward::sandbox {

VirtualClock::VirtualClock(base::Instant start)
    : VirtualClock(start, [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now().time_since_epoch());
      }) {}

}  // namespace keyward::sandbox
