#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/wiped_buffer.hpp"

namespace keyward::aws {

/// Parameters of a call of the Query protocol, in the order in which they are sent. Encoded as they are added, into a
/// buffer that is wiped: a token may be among them.
class Parameters {
 public:
  Parameters() = default;
  Parameters(std::initializer_list<std::pair<std::string_view, std::string_view>> parameters);

  void add(std::string_view name, std::string_view value);
  void add(const Parameters& others);

  Parameters clone() const;
  /// application/x-www-form-urlencoded.
  base::Body take() && { return std::move(form_); }

 private:
  base::Body form_;
};

}  // namespace keyward::aws
