#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "report/asff.hpp"

namespace keyward::orchestrator {

/// state_dir/security_hub/ACCOUNT.json: which keys an account's Security Hub was told of as out of policy. Safe to lose:
/// then their findings are not resolved, and end 90 days after the last update.
class FindingsMemory {
 public:
  /// What cannot be read, or is of another region, counts as nothing.
  FindingsMemory(const std::filesystem::path& state_dir, const base::AccountId& account, std::string region);

  const std::vector<report::AsffSubject>& told() const noexcept { return told_; }
  base::Result<void> keep(std::vector<report::AsffSubject> told);

 private:
  void load();

  std::filesystem::path file_;
  std::string account_;
  std::string region_;
  std::vector<report::AsffSubject> told_;
};

}  // namespace keyward::orchestrator
