#include "sandbox/random.hpp"

namespace keyward::sandbox {
namespace {

constexpr std::string_view k_base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view k_base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view k_alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view k_lower_alphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace

std::string Random::text(std::string_view alphabet, std::size_t size) {
  std::string made;
  made.reserve(size);
  for (std::size_t i = 0; i < size; ++i) made += alphabet[below(alphabet.size())];
  return made;
}

std::string Random::access_key_id(std::string_view prefix) { return std::string(prefix) + text(k_base32, 16); }
std::string Random::secret_access_key() { return text(k_base64, 40); }
std::string Random::unique_id(std::string_view prefix) { return std::string(prefix) + text(k_base32, 17); }
std::string Random::session_token(std::size_t size) { return text(k_base64, size); }
std::string Random::digits(std::size_t size) { return text("0123456789", size); }
std::string Random::lower_alphanumeric(std::size_t size) { return text(k_lower_alphanumeric, size); }
std::string Random::secret_suffix() { return text(k_alphanumeric, 6); }

std::string Random::uuid() {
  std::string id = text("0123456789abcdef", 32);
  id[12] = '4';
  id[16] = "89ab"[below(4)];
  for (const std::size_t at : {8u, 13u, 18u, 23u}) id.insert(at, "-");
  return id;
}

}  // namespace keyward::sandbox
