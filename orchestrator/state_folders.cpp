#include "orchestrator/state_folders.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace keyward::orchestrator {
namespace {

constexpr std::string_view k_of = "-of-";

std::filesystem::path folder_of(const Shard& shard) {
  return std::to_string(shard.index) + std::string(k_of) + std::to_string(shard.count);
}

}  // namespace

std::optional<Shard> shard_of_folder(const std::filesystem::path& folder) {
  std::string name = folder.filename().string();
  const auto of = name.find(k_of);
  if (of == std::string::npos) return std::nullopt;
  const std::optional<Shard> shard = parse_shard(name.replace(of, k_of.size(), "/"));
  // "02-of-4" is no folder of ours.
  return shard && folder_of(*shard) == folder.filename() ? shard : std::nullopt;
}

StateFolders::StateFolders(std::filesystem::path directory, std::optional<Shard> part)
    : state_dir(std::move(directory)), shard(part), own(shard ? state_dir / "shards" / folder_of(*shard) : state_dir) {
  if (shard) others.push_back(state_dir);
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(state_dir / "shards", failed)) {
    if (shard_of_folder(entry.path()) && entry.path() != own) others.push_back(entry.path());
  }
  std::ranges::sort(others);
}

}  // namespace keyward::orchestrator
