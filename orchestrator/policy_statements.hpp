#pragma once

#include <string>
#include <vector>

#include "orchestrator/permissions.hpp"

namespace keyward::orchestrator {

/// Gathers the statements of one policy.
class PolicyStatements {
 public:
  /// Statements with one sid become one where they differ in their resources only; else the later gets a number.
  void add(PolicyStatement statement);
  /// Said once, however often it is true.
  void note(std::string text);
  bool empty() const noexcept { return permissions_.statements.empty(); }
  Permissions take() { return std::move(permissions_); }

 private:
  Permissions permissions_;
};

/// The names of these calls in policies.
std::vector<std::string> actions_of(const std::vector<aws::Operation>& calls);

}  // namespace keyward::orchestrator
