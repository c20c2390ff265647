#pragma once

#include <optional>
#include <string_view>

namespace keyward::base {

/// The enumerator that to_string() calls `text`, of an enumeration that counts up from 0; `last` is the last one.
template <class Enum>
std::optional<Enum> named(std::string_view text, Enum last) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (to_string(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace keyward::base
