#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace keyward::orchestrator {

/// Each shard makes the calls that list the organization, which AWS throttles for the organization as a whole; and
/// max_changes is dealt out to the shards.
inline constexpr int k_most_shards = 1000;

/// The shard that an account belongs to, 1 to `count`: the first eight bytes of the SHA-256 of the id's twelve digits,
/// as a big-endian number, modulo `count`, plus 1. The same on every machine and in every version: records, locks and
/// memories of shards go by it.
int shard_of(const base::AccountId& account, int count);

/// One of the parts that the accounts of an organization are divided into, so that several machines share a run.
struct Shard {
  int index = 1;  ///< 1 to count
  int count = 1;  ///< 1 to k_most_shards

  bool holds(const base::AccountId& account) const { return shard_of(account, count) == index; }
  bool operator==(const Shard&) const = default;
};

/// "2/4"; nothing for anything else, "0/4" and "5/4" included.
std::optional<Shard> parse_shard(std::string_view text);
/// "2/4".
std::string to_string(const Shard& shard);

/// This shard's share of a limit that holds for the whole run: the shares of all shards add up to `whole`.
int share_of(int whole, const Shard& shard);

/// The shard that a Kubernetes Indexed Job asks for: JOB_COMPLETION_INDEX, counted from 0 and set by Kubernetes, and
/// JOB_COMPLETIONS, which the job's author sets to `completions`. Nothing when neither is set.
/// Errors: `invalid` when only one is set or they make no sense: a pod that took itself for the whole organization would
/// do the work of the others too.
base::Result<std::optional<Shard>> shard_of_job(const std::map<std::string, std::string>& environment);

}  // namespace keyward::orchestrator
