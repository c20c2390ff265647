#include "base/encoding.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace keyward::base {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// Hands out the encoded text in parts as long as they come.
template <class Append>
void encode_parts(std::string_view text, Slash slash, Append append) {
  static constexpr char k_digits[] = "0123456789ABCDEF";
  const auto stays = [&](char c) { return is_unreserved(c) || (c == '/' && slash == Slash::keep); };
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), stays);
    const auto kept = static_cast<std::size_t>(end - text.begin());
    if (kept > 0) append(text.substr(0, kept));
    text.remove_prefix(kept);
    if (text.empty()) return;
    const auto byte = static_cast<unsigned char>(text.front());
    const std::array<char, 3> escape = {'%', k_digits[byte >> 4], k_digits[byte & 0xf]};
    append(std::string_view(escape.data(), escape.size()));
    text.remove_prefix(1);
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string percent_encode(std::string_view text, Slash slash) {
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 4);
  encode_parts(text, slash, [&](std::string_view part) { encoded += part; });
  return encoded;
}

void percent_encode_to(Body& body, std::string_view text) {
  encode_parts(text, Slash::encode, [&](std::string_view part) { body.append(part); });
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return std::nullopt;
    decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return decoded;
}

std::string base64_encode(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP_EncodeBlock writes a terminating NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string packed(text);
  std::erase_if(packed, is_space);
  if (packed.size() % 4 != 0) return std::nullopt;
  if (packed.empty()) return std::string();
  std::size_t padding = 0;
  if (packed.ends_with("==")) {
    padding = 2;
  } else if (packed.ends_with("=")) {
    padding = 1;
  }
  std::string bytes(packed.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(packed.data()), static_cast<int>(packed.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace keyward::base
