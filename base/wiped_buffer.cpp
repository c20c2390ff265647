#include "base/wiped_buffer.hpp"

#include <openssl/crypto.h>

namespace keyward::base {

void wipe(void* memory, std::size_t size) noexcept {
  if (size != 0) OPENSSL_cleanse(memory, size);
}

}  // namespace keyward::base
