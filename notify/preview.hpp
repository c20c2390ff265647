#pragma once

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "notify/message.hpp"

namespace keyward::notify {

/// Writes every message as NNN-recipient.eml, .html and .txt into a folder, and index.html, which names them all. The
/// folder is made; when it is there it must be empty. Errors: `invalid`.
base::Result<void> write_preview(const std::filesystem::path& folder, const std::vector<Message>& messages);

}  // namespace keyward::notify
