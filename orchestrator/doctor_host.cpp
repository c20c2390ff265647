#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "orchestrator/doctor.hpp"
#include "orchestrator/version.hpp"

// This host: the program and its state folder. Nothing is made, not even the folder.
namespace keyward::orchestrator {
namespace {

using base::Task;

/// Records of a run of 10,000 accounts with their report take some 100 MiB.
constexpr std::uintmax_t k_little_space = 256u << 20;

std::string quoted(const std::filesystem::path& path) {
  std::string text = "'";
  for (const char c : path.string()) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string make_folder(const std::filesystem::path& folder) {
  return "sudo install -d -m 0700 -o \"$(id -un)\" " + quoted(folder);
}

/// The folder itself, or what of the way to it is there.
std::filesystem::path nearest_existing(std::filesystem::path folder) {
  std::error_code failed;
  folder = std::filesystem::absolute(folder, failed);
  while (folder.has_relative_path() && !std::filesystem::exists(folder, failed)) folder = folder.parent_path();
  return folder;
}

bool is_regular_or_missing(const std::filesystem::path& file) {
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::symlink_status(file, failed);
  return !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
}

}  // namespace

std::optional<std::string> obstacle_in(const std::filesystem::path& folder) {
  const std::filesystem::path there = nearest_existing(folder);
  struct stat about{};
  if (::stat(there.c_str(), &about) != 0) return there.string() + ": " + std::strerror(errno);
  if (!S_ISDIR(about.st_mode)) return there.string() + ": " + std::strerror(ENOTDIR);
  if (::access(there.c_str(), W_OK | X_OK) != 0) return there.string() + ": " + std::strerror(errno);
  // access() allows root there what no mkdir() and no open() does.
  struct statfs system{};
  const bool kernels =
      ::statfs(there.c_str(), &system) == 0 && (system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC);
  if (kernels) return there.string() + ": the kernel's own, it takes no files";
  return std::nullopt;
}

Task<void> examine_version(Examination& examination) {
  examination.ok("doctor.host.version", std::string("keyward ") + k_version + ", configuration " +
                                            examination.context.configuration_digest.substr(0, 12) + ", region " +
                                            examination.services().region.str());
  co_return;
}

Task<void> examine_state_dir(Examination& examination) {
  const std::string id = "doctor.host.state_dir";
  const std::filesystem::path folder = examination.configuration().state_dir;
  const std::filesystem::path there = nearest_existing(folder);
  const auto unusable = [&](int error) {
    examination.fail(id, "state_dir " + folder.string() + " cannot be used",
                     there.string() + ": " + std::strerror(error), make_folder(folder));
  };
  struct stat about{};
  if (::stat(there.c_str(), &about) != 0) {
    unusable(errno);
    co_return;
  }
  if (!S_ISDIR(about.st_mode)) {
    unusable(ENOTDIR);
    co_return;
  }
  if (::access(there.c_str(), W_OK | X_OK) != 0) {
    unusable(errno);
    co_return;
  }
  std::error_code failed;
  const bool exists = std::filesystem::exists(folder, failed);
  if (exists && (about.st_mode & 077) != 0) {
    examination.warn(id, "state_dir " + folder.string() + " is open to others",
                     fmt::format("its mode is {:04o}; records name users and keys", about.st_mode & 07777),
                     "chmod 0700 " + quoted(folder));
    co_return;
  }
  struct statvfs space{};
  if (::statvfs(there.c_str(), &space) == 0) {
    const std::uintmax_t left = static_cast<std::uintmax_t>(space.f_bavail) * space.f_frsize;
    if (left < k_little_space) {
      examination.warn(id, "state_dir " + folder.string() + " has little space left",
                       fmt::format("{} MiB are free", left >> 20), "du -sh " + quoted(folder / "runs"));
      co_return;
    }
  }
  examination.ok(id, "state_dir " + folder.string() +
                         (exists ? " is writable, for nobody else, and has space" : " will be made by the first run"));
}

Task<void> examine_metrics_file(Examination& examination) {
  const std::string id = "doctor.host.prometheus_file";
  const std::filesystem::path file = examination.configuration().prometheus_file;
  if (file.empty()) co_return;
  const std::string what = "report.prometheus_file " + file.string();
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::error_code failed;
  // A run makes state_dir before it writes the file, and no other folder.
  const bool made = folder.lexically_normal() == examination.configuration().state_dir.lexically_normal();
  if (!is_regular_or_missing(file)) {
    examination.fail(id, what + " cannot be written", "there is something that is no regular file",
                     "report:\n  prometheus_file: /var/lib/node_exporter/keyward.prom   # another name",
                     report::Reach::part);
  } else if (!made && !std::filesystem::exists(folder, failed)) {
    examination.fail(id, what + " cannot be written", folder.string() + " does not exist, and a run does not make it",
                     "sudo install -d -m 0755 -o \"$(id -un)\" " + quoted(folder), report::Reach::part);
  } else if (const std::optional<std::string> obstacle = obstacle_in(folder)) {
    examination.fail(id, what + " cannot be written", *obstacle, "ls -ld " + quoted(folder), report::Reach::part);
  } else {
    examination.ok(id, what + " can be written");
  }
}

Task<void> examine_lock(Examination& examination) {
  const std::string id = "doctor.host.lock";
  const std::filesystem::path path = examination.configuration().state_dir / "lock";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) {
    examination.ok(id, "no run is active on this host");
    co_return;
  }
  // Shared, and let go of at once: only a run that begins in this very moment could be refused by it.
  const bool free = ::flock(file, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  ::close(file);
  if (free) {
    examination.ok(id, "no run is active on this host");
  } else {
    examination.warn(id, "a run is active now",
                     "it holds " + path.string() + "; another one would end with exit code 7",
                     "fuser -v " + quoted(path));
  }
}

}  // namespace keyward::orchestrator
