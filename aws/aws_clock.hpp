#pragma once

#include <chrono>
#include <optional>

#include "base/clock.hpp"

namespace keyward::aws {

/// The calendar is AWS's: the host's clock plus the offset learned from the Date header of AWS answers. Key ages, dates
/// in mails and signatures all use it, so a host clock wrong by a day changes nothing.
class AwsClock final : public base::Clock {
 public:
  explicit AwsClock(const base::Clock& host) noexcept : host_(host) {}

  base::Instant now() const noexcept override { return host_.now() + offset_.value_or(std::chrono::seconds(0)); }

  /// Takes the Date header of an answer. The first one sets the offset. Later ones replace it only when they differ by
  /// more than `k_tolerance`: an answer that was under way for a while must not make the calendar jump about.
  void learn(base::Instant server_date) noexcept;

  /// AWS minus host; nothing before the first answer.
  std::optional<std::chrono::seconds> offset() const noexcept { return offset_; }

  static constexpr std::chrono::seconds k_tolerance{60};

 private:
  const base::Clock& host_;
  std::optional<std::chrono::seconds> offset_;
};

}  // namespace keyward::aws
