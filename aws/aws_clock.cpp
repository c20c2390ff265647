#include "aws/aws_clock.hpp"

namespace keyward::aws {

void AwsClock::learn(base::Instant server_date) noexcept {
  const auto measured = server_date - host_.now();
  if (!offset_ || std::chrono::abs(measured - *offset_) > k_tolerance) offset_ = measured;
}

}  // namespace keyward::aws
