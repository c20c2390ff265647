// What libFuzzer calls. Each executable of this kind holds one target.

#include <cstdint>

#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  keyward::fuzz::targets().front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
