#pragma once

namespace keyward::base {

enum class MemoryLock {
  locked,   ///< no page of this process is written to swap, whatever it holds
  refused,  ///< the limit of locked memory (RLIMIT_MEMLOCK) is lower than what the process may come to need
};

/// Keeps all memory of the process, also what it takes later, out of swap. A page is locked when it is first used, so
/// that no memory is taken for it before (MCL_ONFAULT, mlockall(2)). All or nothing: secrets pass through buffers of
/// libcurl and OpenSSL too, and under a limit that is reached later every further block of memory would be refused.
/// So it locks only where there is no limit, or where the limit may be lifted (root, RLIMIT_MEMLOCK of `unlimited`).
MemoryLock lock_memory() noexcept;

}  // namespace keyward::base
