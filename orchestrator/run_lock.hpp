#pragma once

#include <vector>

#include "base/error.hpp"
#include "orchestrator/state_folders.hpp"

namespace keyward::orchestrator {

/// Keeps a second run on this host from going to the same accounts: a run of the whole organization admits no other, a
/// shard admits the other shards of the same division. The kernel frees it when the process ends, however it ends.
class RunLock {
 public:
  /// Errors: `conflict` (code "AlreadyRunning") when another process holds it, `invalid` when the folder cannot be used.
  static base::Result<RunLock> acquire(const StateFolders& folders);

  RunLock(RunLock&& other) noexcept : files_(std::move(other.files_)) { other.files_.clear(); }
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  RunLock() = default;
  enum class Sharing { alone, with_others };
  base::Result<void> take(const std::filesystem::path& folder, Sharing sharing);
  void release_last();

  std::vector<int> files_;
};

}  // namespace keyward::orchestrator
