#include "base/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace keyward::base {

Sha256 sha256(std::string_view data) {
  Sha256 digest{};
  unsigned int size = 0;
  // EVP_sha256 is fetched from the provider each time by EVP_Digest; the fetched object is kept for the program's life.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (EVP_Digest(data.data(), data.size(), digest.data(), &size, algorithm, nullptr) != 1 || size != digest.size()) {
    throw std::runtime_error("OpenSSL could not compute SHA-256");
  }
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view data) {
  Sha256 digest{};
  unsigned int size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, data.size(), digest.data(), &size) == nullptr ||
      size != digest.size()) {
    throw std::runtime_error("OpenSSL could not compute HMAC-SHA-256");
  }
  return digest;
}

std::string to_hex(std::span<const unsigned char> bytes) {
  static constexpr char k_digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += k_digits[byte >> 4];
    text += k_digits[byte & 0xf];
  }
  return text;
}

}  // namespace keyward::base
