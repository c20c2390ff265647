#pragma once

#include <functional>
#include <string>

namespace keyward::rotation {

/// Who does it, for the ledger and for telling an own interrupted rotation from another machine's running one.
struct RunIdentity {
  std::string id;  ///< letters, digits, `_`, `.`, `-`; at most 24 characters
  /// True when that run cannot be at work any more: it was this host's and ended.
  std::function<bool(const std::string& run)> is_dead;
};

}  // namespace keyward::rotation
