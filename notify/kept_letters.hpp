#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "notify/compose.hpp"

namespace keyward::notify {

// What a run tells people is kept beside its events, letter by letter, so that the messages can be written again, with the
// templates of today. Letters hold no secret: key ids by their last four characters, secrets by name.

/// In the run's folder, a line of JSON for each letter.
inline constexpr std::string_view k_kept_letters = "letters.jsonl";

/// Adds a letter at the end of the file; the file is made when there is none. Errors: `invalid` with the system's words.
base::Result<void> keep_letter(const std::filesystem::path& file, const Letter& letter);

/// All of them, in the order of delivery; none where there is no file: that run told nobody. Errors: `invalid` with the
/// number of a line that cannot be understood.
base::Result<std::vector<Letter>> kept_letters(const std::filesystem::path& file);

}  // namespace keyward::notify
