#include "base/random.hpp"

#include <openssl/rand.h>

#include <stdexcept>

namespace keyward::base {

Secret random_bytes(std::size_t count) {
  WipedVector bytes(count);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("OpenSSL has no random numbers to give");
  }
  return Secret({bytes.data(), bytes.size()});
}

}  // namespace keyward::base
