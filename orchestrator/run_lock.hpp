#pragma once

#include <filesystem>
#include <optional>

#include "base/error.hpp"

namespace keyward::orchestrator {

/// Keeps a second run on this host from starting. The kernel frees it when the process ends, however it ends.
class RunLock {
 public:
  /// Errors: `conflict` (code "AlreadyRunning") when another process holds it, `invalid` when the folder cannot be used.
  static base::Result<RunLock> acquire(const std::filesystem::path& state_dir);

  RunLock(RunLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  explicit RunLock(int file) : file_(file) {}
  int file_;
};

}  // namespace keyward::orchestrator
