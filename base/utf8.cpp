#include "base/utf8.hpp"

#include <algorithm>

namespace keyward::base {
namespace {

constexpr char32_t k_replacement = 0xFFFD;
constexpr std::string_view k_replacement_utf8 = "\xEF\xBF\xBD";

template <class Keep>
std::string replaced(std::string_view text, Keep keep) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    safe += keep(next) ? text.substr(0, next.size) : k_replacement_utf8;
    text.remove_prefix(next.size);
  }
  return safe;
}

}  // namespace

Utf8Character first_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xC2 && lead <= 0xDF   ? 2
                           : lead >= 0xE0 && lead <= 0xEF ? 3
                           : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                          : 0;
  if (size == 0 || text.size() < size) return {k_replacement, 1, false};
  char32_t character = lead & (size == 2 ? 0x1Fu : size == 3 ? 0x0Fu : 0x07u);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return {k_replacement, 1, false};
    character = (character << 6) | (byte(i) & 0x3Fu);
  }
  const bool overlong = (size == 3 && character < 0x800) || (size == 4 && character < 0x10000);
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (overlong || surrogate || character > 0x10FFFF) return {k_replacement, 1, false};
  return {character, size, true};
}

bool is_unprintable(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}

bool is_plain_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::string valid_utf8(std::string_view text) {
  return replaced(text, [](const Utf8Character& next) { return next.valid; });
}

std::string printable(std::string_view text) {
  if (is_plain_ascii(text)) return std::string(text);
  return replaced(text, [](const Utf8Character& next) { return next.valid && !is_unprintable(next.character); });
}

}  // namespace keyward::base
