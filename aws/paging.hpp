#pragma once

#include <optional>
#include <set>
#include <string>

#include "aws/operation.hpp"
#include "base/error.hpp"

namespace keyward::aws {

/// Follows the page tokens of a list call. A list that was not read to its end must not pass for the whole, and a token
/// that comes back would be read for ever.
class Pages {
 public:
  explicit Pages(const Operation& operation) : operation_(operation) {}

  bool more() const noexcept { return more_; }
  /// The token of the page to ask for; empty for the first.
  const std::string& token() const noexcept { return token_; }

  /// Takes the token of the answer; nothing or empty ends the list. Errors: `invalid` (code "RepeatedPageToken").
  base::Result<void> advance(const std::optional<std::string>& next) {
    more_ = next && !next->empty();
    if (!more_) return {};
    token_ = *next;
    if (!seen_.insert(token_).second) {
      return base::Error{base::ErrorKind::invalid, operation_.full_name(), "RepeatedPageToken", "",
                         "the same page token came twice; the list cannot be read to its end"};
    }
    return {};
  }

 private:
  Operation operation_;
  std::string token_;
  bool more_ = true;
  std::set<std::string> seen_;
};

}  // namespace keyward::aws
