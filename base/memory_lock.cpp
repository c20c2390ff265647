#include "base/memory_lock.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

namespace keyward::base {

MemoryLock lock_memory() noexcept {
  rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_MEMLOCK, &limit);  // as far as this process may; what counts is asked for
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY) return MemoryLock::refused;
  return ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0 ? MemoryLock::locked : MemoryLock::refused;
}

}  // namespace keyward::base
