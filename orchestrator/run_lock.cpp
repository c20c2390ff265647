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

}  // namespace

base::Result<RunLock> RunLock::acquire(const std::filesystem::path& state_dir) {
  std::error_code failed;
  const bool created = std::filesystem::create_directories(state_dir, failed);
  if (failed) return unusable(state_dir, failed.value());
  if (created) std::filesystem::permissions(state_dir, std::filesystem::perms::owner_all, failed);
  const auto path = state_dir / "lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return unusable(path, errno);
  RunLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return unusable(path, errno);
    return base::Error{base::ErrorKind::conflict, "run", "AlreadyRunning", "",
                       "another keyward holds " + path.string() + "; wait for it to end"};
  }
  return lock;
}

RunLock::~RunLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace keyward::orchestrator
