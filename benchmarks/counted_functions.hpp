#pragma once

#include <cstdint>

namespace keyward::benchmarks {

/// How often the calling thread, libraries included, called these functions of the C library since it started. Each call of
/// the last four goes to the kernel once.
struct CountedFunctions {
  std::uint64_t allocations = 0;  ///< malloc, calloc, realloc and the aligned forms
  std::uint64_t send = 0;         ///< send, sendto, sendmsg, write
  std::uint64_t recv = 0;         ///< recv, recvfrom, recvmsg, read
  std::uint64_t poll = 0;         ///< poll, ppoll; epoll_wait is not among them: how often it runs depends on timing
  std::uint64_t connect = 0;
};

CountedFunctions counted_functions() noexcept;

}  // namespace keyward::benchmarks
