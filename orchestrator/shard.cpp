#include "orchestrator/shard.hpp"

#include <charconv>
#include <cstdint>

#include "base/digest.hpp"

namespace keyward::orchestrator {
namespace {

constexpr const char* k_index = "JOB_COMPLETION_INDEX";
constexpr const char* k_completions = "JOB_COMPLETIONS";

/// Digits and nothing else.
std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || text.starts_with('-')) return std::nullopt;
  return number;
}

bool makes_sense(const Shard& shard) {
  return shard.count >= 1 && shard.count <= k_most_shards && shard.index >= 1 && shard.index <= shard.count;
}

base::Error bad_job(std::string why) { return base::Error{base::ErrorKind::invalid, "environment", "BadShard", "", std::move(why)}; }

}  // namespace

int shard_of(const base::AccountId& account, int count) {
  const base::Sha256 hash = base::sha256(account.str());
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | hash[i];
  return static_cast<int>(number % static_cast<std::uint64_t>(count)) + 1;
}

std::optional<Shard> parse_shard(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto index = parse_number(text.substr(0, slash));
  const auto count = parse_number(text.substr(slash + 1));
  if (!index || !count || !makes_sense({*index, *count})) return std::nullopt;
  return Shard{*index, *count};
}

std::string to_string(const Shard& shard) { return std::to_string(shard.index) + '/' + std::to_string(shard.count); }

int share_of(int whole, const Shard& shard) { return whole / shard.count + (shard.index <= whole % shard.count ? 1 : 0); }

base::Result<std::optional<Shard>> shard_of_job(const std::map<std::string, std::string>& environment) {
  const auto value = [&environment](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  const std::string index = value(k_index);
  const std::string completions = value(k_completions);
  if (index.empty() && completions.empty()) return std::optional<Shard>();
  if (index.empty() || completions.empty()) {
    return bad_job(std::string(index.empty() ? k_completions : k_index) + " is set and " + (index.empty() ? k_index : k_completions) +
                   " is not: set both (" + k_completions +
                   " to the completions of the job), or say --shard 1/1 for the whole organization");
  }
  const auto number = parse_number(index);
  const auto count = parse_number(completions);
  const Shard shard{number && *number < k_most_shards ? *number + 1 : 0, count.value_or(0)};
  if (!number || !count || !makes_sense(shard)) {
    return bad_job(std::string(k_index) + "=" + index + " and " + k_completions + "=" + completions +
                   " name no shard: the index counts from 0, and there are 1 to " + std::to_string(k_most_shards) + " shards");
  }
  return std::optional(shard);
}

}  // namespace keyward::orchestrator
