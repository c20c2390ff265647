#pragma once

namespace keyward::base {

enum class MemoryLock {
  locked,   ///< nothing that this process writes to its memory goes to swap
  refused,  ///< there is a limit of locked memory (RLIMIT_MEMLOCK), and it binds this process
};

/// Keeps all memory of the process that can be written, also what it takes later, out of swap. Called once, before
/// there are threads. A page is locked when it is first used, so that no memory is taken for it before (MCL_ONFAULT,
/// mlockall(2)). All or nothing: secrets pass through buffers of libcurl and OpenSSL too, and under a limit that is
/// reached later every further block of memory would be refused. So it locks only where there is no limit:
/// RLIMIT_MEMLOCK of `unlimited`, or CAP_IPC_LOCK.
MemoryLock lock_memory();

}  // namespace keyward::base
