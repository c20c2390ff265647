#include "base/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "base/wiped_buffer.hpp"

namespace keyward::base {
namespace {

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

/// One digest context for the thread and the algorithm fetched once: made anew each time, as EVP_Digest() and HMAC() do,
/// they cost more than the hashes themselves. OpenSSL wipes the input that is left in the context; the state in it
/// is overwritten by the next digest, at the latest by that of the signature itself, which is no secret.
class Sha256Context {
 public:
  Sha256Context() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    if (algorithm_ == nullptr || !context_) failed();
  }
  ~Sha256Context() { EVP_MD_free(algorithm_); }
  Sha256Context(const Sha256Context&) = delete;
  Sha256Context& operator=(const Sha256Context&) = delete;

  /// Of the one text followed by the other.
  Sha256 digest(std::string_view first, std::string_view second = {}) {
    Sha256 digest{};
    unsigned int size = 0;
    EVP_MD_CTX* context = context_.get();
    if (EVP_DigestInit_ex2(context, algorithm_, nullptr) != 1 ||
        EVP_DigestUpdate(context, first.data(), first.size()) != 1 ||
        EVP_DigestUpdate(context, second.data(), second.size()) != 1 ||
        EVP_DigestFinal_ex(context, digest.data(), &size) != 1 || size != digest.size()) {
      failed();
    }
    return digest;
  }

 private:
  [[noreturn]] static void failed() { throw std::runtime_error("OpenSSL could not compute SHA-256"); }

  EVP_MD* algorithm_;
  std::unique_ptr<EVP_MD_CTX, ContextFree> context_;
};

Sha256Context& sha256_context() {
  thread_local Sha256Context context;
  return context;
}

template <std::size_t Size>
std::string_view as_text(const std::array<unsigned char, Size>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Sha256 sha256(std::string_view data) { return sha256_context().digest(data); }

// The names are those of RFC 2104.
Sha256 hmac_sha256(std::string_view key, std::string_view data) {
  constexpr unsigned char ipad = 0x36;
  constexpr unsigned char opad = 0x5c;
  std::array<unsigned char, 64> block{};  // B, the block size of SHA-256
  if (key.size() > block.size()) {
    Sha256 shorter = sha256(key);
    std::ranges::copy(shorter, block.begin());
    wipe(shorter.data(), shorter.size());
  } else {
    std::ranges::copy(key, block.begin());
  }
  for (unsigned char& byte : block) byte ^= ipad;
  const Sha256 inner = sha256_context().digest(as_text(block), data);
  for (unsigned char& byte : block) byte ^= ipad ^ opad;
  const Sha256 outer = sha256_context().digest(as_text(block), as_text(inner));
  wipe(block.data(), block.size());
  return outer;
}

void append_hex(std::string& text, std::span<const unsigned char> bytes) {
  static constexpr char k_digits[] = "0123456789abcdef";
  const std::size_t start = text.size();
  text.resize(start + bytes.size() * 2);
  char* out = text.data() + start;
  for (const unsigned char byte : bytes) {
    *out++ = k_digits[byte >> 4];
    *out++ = k_digits[byte & 0xf];
  }
}

std::string to_hex(std::span<const unsigned char> bytes) {
  std::string text;
  append_hex(text, bytes);
  return text;
}

}  // namespace keyward::base
