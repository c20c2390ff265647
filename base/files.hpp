#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace keyward::base {

/// What a power cut may do to a file that was just written.
enum class Durability {
  synced,       ///< nothing
  may_be_lost,  ///< leave the old content, the new, or damage; for files that can be made again, and checked
};

/// Who may read a file.
enum class Readers { owner, everybody };

/// Whether `file` may be written where a person named it: it is not there, empty, or begins like what is to be written.
/// Errors: `invalid` for anything else, which nobody meant to lose.
Result<void> replaceable(const std::filesystem::path& file, std::string_view beginning);

/// Replaces `file` by one with this content, mode 0600: temporary file beside it, fsync, rename, fsync of the folder. A
/// reader sees the old content or the new, also after a power cut (without the fsyncs only as long as there is power).
/// Errors: `invalid` with the system's words, or for what is there and no regular file.
Result<void> write_atomically(const std::filesystem::path& file, std::string_view content, Durability durability = Durability::synced);

/// The same for content that nobody has to hold as a whole: parts are written as they come. Without commit() the old file
/// stays. The mode is 0644 for Readers::everybody.
class FileReplacement {
 public:
  explicit FileReplacement(std::filesystem::path file, Durability durability = Durability::synced, Readers readers = Readers::owner);
  ~FileReplacement();
  FileReplacement(const FileReplacement&) = delete;
  FileReplacement& operator=(const FileReplacement&) = delete;

  /// What goes wrong is told by commit().
  void write(std::string_view part);
  Result<void> commit();

 private:
  void flush();
  void fail(std::string_view what, const std::filesystem::path& file);

  std::filesystem::path file_;
  std::filesystem::path temporary_;
  Durability durability_;
  int descriptor_;
  bool in_place_ = false;
  std::string buffer_;
  std::optional<Error> failure_;
};

/// The whole file. Errors: `not_found`, or `invalid` with the system's words, or for what is no regular file (a pipe that
/// somebody planted would hold everything up) or larger than what keyward writes (256 MiB).
Result<std::string> read_whole(const std::filesystem::path& file);

/// The same for what a person named, which may be a pipe or a device.
Result<std::string> read_named(const std::filesystem::path& file);

/// The Error for `errno` after a failed system call on `file`.
Error file_error(std::string_view what, const std::filesystem::path& file, int system_error);

}  // namespace keyward::base
