#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace keyward::base {

/// Overwrites memory in a way that the optimiser keeps (explicit_bzero of the C library).
void wipe(void* memory, std::size_t size) noexcept;

/// std::allocator that wipes every block before it is given back.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  explicit WipingAllocator(const WipingAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) { return std::allocator<T>{}.allocate(n); }
  void deallocate(T* p, std::size_t n) noexcept {
    wipe(p, n * sizeof(T));
    std::allocator<T>{}.deallocate(p, n);
  }
  bool operator==(const WipingAllocator&) const noexcept { return true; }
};

/// A vector, not a string: the small-string buffer of std::string would escape the allocator.
using WipedVector = std::vector<char, WipingAllocator<char>>;

/// The bytes of a request or an answer. Either may hold a secret, so they are wiped when freed, cannot be copied by
/// accident and have no formatter and no `<<`.
class Body {
 public:
  Body() = default;
  explicit Body(std::string_view text) : bytes_(text.begin(), text.end()) {}
  Body(Body&&) noexcept = default;
  Body& operator=(Body&&) noexcept = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  Body clone() const { return Body(view()); }
  std::string_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }
  char* data() noexcept { return bytes_.data(); }  ///< for parsers that work in place
  std::size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return bytes_.empty(); }
  void append(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }
  void reserve(std::size_t size) { bytes_.reserve(size); }
  void clear() noexcept {
    wipe(bytes_.data(), bytes_.size());
    bytes_.clear();
  }

 private:
  WipedVector bytes_;
};

}  // namespace keyward::base
