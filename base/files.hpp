#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.hpp"

namespace keyward::base {

/// Writes a file that is either whole or not there: a temporary file beside it, fsync, rename. Mode 0600.
/// Errors: `invalid` with the path and the system's text.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace keyward::base
