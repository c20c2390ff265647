#pragma once

#include <string>
#include <string_view>

namespace keyward::base {

/// `text` as one word of a POSIX shell: in single quotes unless it holds only characters that mean nothing to it.
std::string shell_word(std::string_view text);

}  // namespace keyward::base
