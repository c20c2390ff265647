#pragma once

#include <string_view>

#include "base/wiped_buffer.hpp"

namespace keyward::base {

/// A value that must never be seen: a secret access key, a session token, an SMTP password.
/// Move-only, wiped on destruction, without formatter, `<<` or conversion. `expose()` is the only way to its bytes;
/// every call of it is a place to review (`git grep expose`).
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&&) noexcept = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  Secret clone() const { return Secret(expose()); }
  std::string_view expose() const noexcept { return {bytes_.data(), bytes_.size()}; }
  bool empty() const noexcept { return bytes_.empty(); }

 private:
  WipedVector bytes_;
};

}  // namespace keyward::base
