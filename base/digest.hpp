#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace keyward::base {

using Sha256 = std::array<unsigned char, 32>;

/// SHA-256 (FIPS 180-4) by OpenSSL.
Sha256 sha256(std::string_view data);
/// HMAC-SHA-256 (RFC 2104). The key may be a secret; it is not kept.
Sha256 hmac_sha256(std::string_view key, std::string_view data);
/// Lower-case hexadecimal.
void append_hex(std::string& text, std::span<const unsigned char> bytes);
std::string to_hex(std::span<const unsigned char> bytes);
inline std::string sha256_hex(std::string_view data) { return to_hex(sha256(data)); }

}  // namespace keyward::base
