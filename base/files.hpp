#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace keyward::base {

/// Replaces `file` by one with this content, mode 0600: temporary file beside it, fsync, rename, fsync of the folder. A
/// reader sees the old content or the new, also after a power cut. Errors: `invalid` with the system's words.
Result<void> write_atomically(const std::filesystem::path& file, std::string_view content);

/// The whole file. Errors: `not_found`, or `invalid` with the system's words.
Result<std::string> read_whole(const std::filesystem::path& file);

/// The Error for `errno` after a failed system call on `file`.
Error file_error(std::string_view what, const std::filesystem::path& file, int system_error);

}  // namespace keyward::base
