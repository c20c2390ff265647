#pragma once

#include <string>

namespace keyward::test {

/// While it lives, looking up `host` in this process does not return before release() or destruction (or ten
/// seconds); then it answers
/// `address`, or "no such host" when that is empty. One at a time. Works by standing in front of getaddrinfo().
class SlowResolver {
 public:
  explicit SlowResolver(std::string host, std::string address = {});
  /// Releases, and waits until no look-up is left.
  ~SlowResolver();
  SlowResolver(const SlowResolver&) = delete;
  SlowResolver& operator=(const SlowResolver&) = delete;

  void release();
  /// Look-ups held up now.
  int waiting() const;
};

}  // namespace keyward::test
