#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace keyward::orchestrator {

/// What one run remembers for the next, in state_dir/memory.json. Safe to lose: then stages are announced on their own
/// day only and what stands unchanged is told once more.
class RunMemory {
 public:
  /// A missing or damaged file is an empty memory.
  static RunMemory load(const std::filesystem::path& state_dir);

  std::optional<base::Instant> last_audited(const base::AccountId& account) const;
  void audited(const base::AccountId& account, base::Instant at);

  /// True the first time, and again after a run in which it was not asked: people hear of a standing matter once.
  bool is_news(const std::string& matter);

  /// Writes the file atomically. Matters that this run did not ask about are forgotten, but only for accounts that it
  /// covered: `matter` begins with the account id.
  base::Result<void> save(const std::filesystem::path& state_dir) const;

 private:
  std::map<std::string, base::Instant> audited_;
  std::set<std::string> covered_;
  std::set<std::string> known_;
  std::set<std::string> standing_;
};

}  // namespace keyward::orchestrator
