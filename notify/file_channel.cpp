#include "notify/file_channel.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

namespace keyward::notify {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  /// Closes now: some file systems report a failed write only then.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

base::Error failure(const std::filesystem::path& path, std::string_view step, int number) {
  const bool full = number == ENOSPC || number == EDQUOT;
  return base::Error{full ? base::ErrorKind::limit_exceeded : base::ErrorKind::invalid, "mail file",
                     full ? "DiskFull" : "FileNotWritten", "",
                     fmt::format("{}: {}: {}", path.string(), step, std::system_category().message(number))};
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The highest number of a file "NNN-….eml" in the directory, 0 when there is none.
std::size_t highest_number(const std::filesystem::path& directory) {
  std::size_t highest = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    const std::string file = entry.path().filename().string();
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), number);
    const bool numbered =
        error == std::errc() && end != file.data() + file.size() && *end == '-' && file.ends_with(".eml");
    if (numbered) highest = std::max(highest, number);
  }
  return highest;
}

}  // namespace

base::Task<base::Result<std::string>> FileChannel::deliver(const Message& message) { co_return write(message); }

base::Result<std::string> FileChannel::write(const Message& message) {
  if (!prepared_) {
    std::error_code failed;
    std::filesystem::create_directories(directory_.parent_path(), failed);
    if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return failure(directory_, "cannot be made", errno);
    last_number_ = highest_number(directory_);
    prepared_ = true;
  }
  const std::string recipient = file_part(message.recipient);
  const std::filesystem::path temporary = directory_ / fmt::format(".{}-{}.tmp", ::getpid(), recipient);
  ::unlink(temporary.c_str());  // left by a run that was killed
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return failure(temporary, "cannot be made", errno);
  const bool written = write_all(file.get(), to_mime(message)) && ::fsync(file.get()) == 0 && file.close();
  if (!written) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return failure(temporary, "cannot be written", number);
  }
  // link() refuses to replace what rename() would: another run may use the directory at the same time.
  while (true) {
    std::string name = fmt::format("{:03}-{}.eml", ++last_number_, recipient);
    const std::filesystem::path target = directory_ / name;
    const bool linked = ::link(temporary.c_str(), target.c_str()) == 0;
    if (!linked && errno == EEXIST) continue;
    const int number = errno;
    ::unlink(temporary.c_str());
    if (!linked) return failure(target, "cannot be made", number);
    return name;
  }
}

}  // namespace keyward::notify
