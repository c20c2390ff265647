#include "orchestrator/run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace keyward::orchestrator {
namespace {

base::Error unusable(const std::filesystem::path& path, int error) {
  return base::Error{base::ErrorKind::invalid, "state_dir", "Unusable", "",
                     path.string() + ": " + std::strerror(error) + "; set state_dir to a folder that this user may write"};
}

base::Result<void> make(const std::filesystem::path& folder) {
  std::error_code failed;
  const bool created = std::filesystem::create_directories(folder, failed);
  if (failed) return unusable(folder, failed.value());
  if (created) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
  return {};
}

}  // namespace

base::Result<void> RunLock::take(const std::filesystem::path& folder, Sharing sharing) {
  const auto path = folder / "lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return unusable(path, errno);
  files_.push_back(file);
  if (::flock(file, (sharing == Sharing::alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return unusable(path, errno);
  return base::Error{base::ErrorKind::conflict, "run", "AlreadyRunning", "",
                     "another keyward holds " + path.string() + "; wait for it to end"};
}

void RunLock::release_last() {
  ::close(files_.back());
  files_.pop_back();
}

base::Result<RunLock> RunLock::acquire(const StateFolders& folders) {
  const base::Result<void> made = make(folders.own);
  if (!made) return made.error();
  RunLock lock;
  const base::Result<void> whole = lock.take(folders.state_dir, folders.shard ? Sharing::with_others : Sharing::alone);
  if (!whole) return whole.error();
  if (!folders.shard) return lock;
  const base::Result<void> own = lock.take(folders.own, Sharing::alone);
  if (!own) return own.error();
  // A shard of another division would go to some of the same accounts. It is looked for after our own lock was taken,
  // with the folders as they are then: of two that start at once at least one sees the other.
  for (const std::filesystem::path& folder : StateFolders(folders.state_dir, folders.shard).others) {
    const std::optional<Shard> other = shard_of_folder(folder);
    if (!other || other->count == folders.shard->count) continue;
    const base::Result<void> free = lock.take(folder, Sharing::with_others);
    if (!free) return free.error();
    lock.release_last();
  }
  return lock;
}

RunLock::~RunLock() {
  for (const int file : files_) ::close(file);
}

}  // namespace keyward::orchestrator
