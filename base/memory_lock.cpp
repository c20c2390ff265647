#include "base/memory_lock.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

namespace keyward::base {
namespace {

/// What can be written of the memory that there is. The pages of programs and libraries hold no secret, and to go over
/// them (MCL_CURRENT) takes more than a millisecond.
bool lock_writable_memory() {
  std::ifstream maps("/proc/self/maps");
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  char dash = 0;
  std::string access;
  bool locked = false;
  while (maps >> std::hex >> begin >> dash >> end >> access) {
    if (access.size() > 1 && access[1] == 'w') {
      // NOLINTNEXTLINE(performance-no-int-to-ptr): an address that the kernel wrote as text
      locked = ::mlock2(reinterpret_cast<const void*>(begin), end - begin, MLOCK_ONFAULT) == 0;
      if (!locked) return false;
    }
    maps.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return locked;
}

}  // namespace

MemoryLock lock_memory() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return MemoryLock::refused;
  // With a limit of nothing only they may lock whom no limit binds, now and later (CAP_IPC_LOCK of the machine; that of
  // a user namespace does not count). Whether this is such a process tells no other call as surely.
  const bool unlimited = limit.rlim_max == RLIM_INFINITY;
  const rlimit asked{unlimited ? RLIM_INFINITY : 0, limit.rlim_max};
  const bool as_asked = limit.rlim_cur == asked.rlim_cur;  // a sandbox may forbid to set what is set already
  if (!as_asked && ::setrlimit(RLIMIT_MEMLOCK, &asked) != 0) return MemoryLock::refused;
  bool locked = ::mlockall(MCL_FUTURE | MCL_ONFAULT) == 0;
  if (locked && !lock_writable_memory()) {
    locked = false;
    ::munlockall();
  }
  if (!unlimited) ::setrlimit(RLIMIT_MEMLOCK, &limit);
  return locked ? MemoryLock::locked : MemoryLock::refused;
}

}  // namespace keyward::base
