#include "base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/wiped_buffer.hpp"

namespace keyward::base {
namespace {

constexpr std::size_t k_buffer = 64 * 1024;
constexpr off_t k_most_read = 256 << 20;

/// A file descriptor that is closed once.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const noexcept { return number_; }
  bool ok() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Error file_error(std::string_view what, const std::filesystem::path& file, int system_error) {
  const ErrorKind kind = system_error == ENOENT                            ? ErrorKind::not_found
                         : system_error == EACCES || system_error == EPERM ? ErrorKind::denied
                                                                           : ErrorKind::invalid;
  return Error{kind, std::string(what), "", "", file.string() + ": " + std::generic_category().message(system_error)};
}

FileReplacement::FileReplacement(std::filesystem::path file, Durability durability, Readers readers)
    : file_(std::move(file)), durability_(durability), descriptor_(-1) {
  std::error_code failed;
  const std::filesystem::file_status there = std::filesystem::symlink_status(file_, failed);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
    // To take a device's or a pipe's name away from it is never meant; a link is not to lose its target.
    failure_ = Error{ErrorKind::invalid, "write", "NoRegularFile", "", file_.string() + ": there is something that is no regular file; name another one"};
    return;
  }
  temporary_ = file_;
  temporary_ += ".new";
  // A leftover of an earlier crash is written over; O_NOFOLLOW keeps a planted link from leading elsewhere.
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  // The mode given to open() counts for new files only.
  if (descriptor_ < 0 || ::fchmod(descriptor_, readers == Readers::owner ? 0600 : 0644) != 0) fail("write", temporary_);
}

FileReplacement::~FileReplacement() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!in_place_) ::unlink(temporary_.c_str());
}

void FileReplacement::fail(std::string_view what, const std::filesystem::path& file) {
  if (!failure_) failure_ = file_error(what, file, errno);
}

void FileReplacement::flush() {
  if (!failure_ && !write_all(descriptor_, buffer_)) fail("write", temporary_);
  buffer_.clear();
}

void FileReplacement::write(std::string_view part) {
  buffer_ += part;
  if (buffer_.size() >= k_buffer) flush();
}

Result<void> FileReplacement::commit() {
  flush();
  const bool sync = durability_ == Durability::synced;
  if (!failure_ && sync && ::fsync(descriptor_) != 0) fail("write", temporary_);
  if (!failure_ && ::rename(temporary_.c_str(), file_.c_str()) != 0) fail("rename", file_);
  if (failure_) return *failure_;
  in_place_ = true;
  if (!sync) return {};
  const std::filesystem::path folder = file_.has_parent_path() ? file_.parent_path() : std::filesystem::path(".");
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder (EINVAL); the rename itself has happened.
  if (directory.ok() && ::fsync(directory.get()) != 0 && errno != EINVAL) return file_error("sync", folder, errno);
  return {};
}

Result<void> replaceable(const std::filesystem::path& file, std::string_view beginning) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file, failed))) {
    if (!std::filesystem::exists(std::filesystem::symlink_status(file, failed))) return {};
    return Error{ErrorKind::invalid, "write", "NoRegularFile", "", file.string() + ": there is something that is no regular file; name another one"};
  }
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.ok()) return file_error("read", file, errno);
  std::string there(beginning.size(), '\0');
  const ssize_t size = ::read(in.get(), there.data(), there.size());
  if (size < 0) return file_error("read", file, errno);
  if (size == 0 || there == beginning) return {};
  return Error{ErrorKind::invalid, "write", "SomethingElse", "", file.string() + " holds something else, which is not replaced; name another file"};
}

Result<void> write_atomically(const std::filesystem::path& file, std::string_view content, Durability durability) {
  FileReplacement replacement(file, durability);
  replacement.write(content);
  return replacement.commit();
}

namespace {

Error unreadable(const std::filesystem::path& file, std::string_view why) {
  return Error{ErrorKind::invalid, "read", "Unreadable", "", file.string() + ' ' + std::string(why) + "; remove it, or name another file"};
}

Result<std::string> read_to_end(const Descriptor& in, const std::filesystem::path& file) {
  std::string content;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t size = ::read(in.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return file_error("read", file, errno);
    if (size == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(size));
    wipe(buffer.data(), static_cast<std::size_t>(size));  // some files hold secrets, and nothing else wipes the stack
  }
}

}  // namespace

Result<std::string> read_whole(const std::filesystem::path& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!in.ok()) return file_error("read", file, errno);
  struct stat status {};
  if (::fstat(in.get(), &status) != 0) return file_error("read", file, errno);
  if (!S_ISREG(status.st_mode)) return unreadable(file, "is no regular file");
  if (status.st_size > k_most_read) return unreadable(file, "is larger than 256 MiB");
  return read_to_end(in, file);
}

Result<std::string> read_named(const std::filesystem::path& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.ok()) return file_error("read", file, errno);
  return read_to_end(in, file);
}

}  // namespace keyward::base
