#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace keyward::sandbox {

/// The only source of chance in the sandbox. The same seed gives the same world, ids included: std::mt19937_64 is
/// specified bit by bit, the standard distributions are not, so none is used.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t next() { return engine_(); }
  /// 0 .. bound-1; the slight bias of the remainder does not matter here. `bound` is at least 1.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  /// 0 <= x < 1.
  double unit() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return probability > 0 && unit() < probability; }
  std::string text(std::string_view alphabet, std::size_t size);

  std::string access_key_id(std::string_view prefix = "AKIA");  ///< AKIA or ASIA and 16 characters
  std::string secret_access_key();                              ///< 40 characters
  std::string unique_id(std::string_view prefix);               ///< AIDA, AROA, AGPA and 17 characters
  std::string session_token(std::size_t size);
  std::string uuid();
  std::string digits(std::size_t size);
  std::string lower_alphanumeric(std::size_t size);
  std::string secret_suffix();  ///< the six characters that end the ARN of a secret

 private:
  std::mt19937_64 engine_;
};

}  // namespace keyward::sandbox
