#include "base/shell_word.hpp"

#include <algorithm>

namespace keyward::base {

std::string shell_word(std::string_view text) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_+=,.@-/:%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, harmless)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

}  // namespace keyward::base
