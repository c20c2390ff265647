#pragma once

#include <cstddef>
#include <string>

#include "base/error.hpp"
#include "base/wiped_buffer.hpp"

namespace keyward::aws {

/// A small file that may hold a secret (a token), into memory that is wiped.
/// Errors: `invalid`, code "UnreadableFile", for one that cannot be read or is larger than `limit` bytes.
base::Result<base::Body> read_small_file(const std::string& path, std::size_t limit);

}  // namespace keyward::aws
