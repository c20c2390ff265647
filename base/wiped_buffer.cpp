#include "base/wiped_buffer.hpp"

#include <cstring>

namespace keyward::base {

// Not OPENSSL_cleanse(): it goes by eight bytes at a time, and every block that libcurl and the heap give back comes by here.
void wipe(void* memory, std::size_t size) noexcept {
  if (size != 0) ::explicit_bzero(memory, size);
}

}  // namespace keyward::base
