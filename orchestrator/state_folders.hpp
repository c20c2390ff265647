#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "orchestrator/shard.hpp"

namespace keyward::orchestrator {

/// Where a run keeps what the next one needs: lock, memory and journal. state_dir itself for a run of the whole
/// organization, state_dir/shards/2-of-4 for a shard, so that shards which share a state_dir share no file. What was
/// written when the accounts were divided otherwise lies in the other folders, and is read from there.
struct StateFolders {
  /// Lists what is there. `state_dir` need not exist.
  explicit StateFolders(std::filesystem::path state_dir, std::optional<Shard> shard = std::nullopt);

  bool is_mine(const base::AccountId& account) const { return !shard || shard->holds(account); }

  std::filesystem::path state_dir;
  std::optional<Shard> shard;
  std::filesystem::path own;
  std::vector<std::filesystem::path> others;  ///< in a fixed order
};

/// The shard whose folder is called so; nothing for another name.
std::optional<Shard> shard_of_folder(const std::filesystem::path& folder);

}  // namespace keyward::orchestrator
