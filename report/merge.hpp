#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "report/highlights.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// What to do about shards whose records are not there.
enum class Missing { refused, told };

/// Whether the records are of one run is seen from what they say, or known from where they lie: then they may be of several days,
/// versions and configurations, because what failed was mended and tried again.
enum class Kinship { seen, known };

/// Makes one run's summary of the summaries of its shards; a run without shards counts as shard 1 of 1. Pure. Counts are
/// added up, the exit code is the worst, at least 4 when shards are missing. Id, organization's size and seed of the
/// whole are the caller's to set, as far as there are any. What cannot be added up (version, configuration) is the first shard's.
/// Errors: `invalid`, with what stands in the way: the same shard twice, shards of different divisions, commands, modes,
/// configurations, organizations or versions, and shards that are missing where that is refused.
base::Result<RunSummary> merge_summaries(const std::vector<RunSummary>& shards, Missing missing, Kinship kinship = Kinship::seen);

/// A record made of others.
struct MergedRun {
  RunSummary summary;
  Highlights highlights;
};

/// Merges the records in these folders into one in `out`: run.json, events.jsonl and report.html. Events are sorted by
/// account, those of one account in the order in which they were written; what belongs to no account comes last, by
/// recipient. `run` is the id of the merged run. Memory does not grow with the texts of the events.
/// Errors: those of merge_summaries(); `invalid` when a record cannot be read to its end or `out` holds something.
base::Result<MergedRun> merge_runs(const std::vector<std::filesystem::path>& folders, const std::filesystem::path& out,
                                   std::string run, Missing missing, Kinship kinship = Kinship::seen);

/// The newest record of each shard of the newest `run` in shards, in their order, of those in the folder `runs`: a shard that
/// was tried again counts as it ended. Shards that have none of the same day are left out, for merge_runs() to tell.
/// Errors: `invalid` when there is no record of a shard, or `runs` cannot be read.
base::Result<std::vector<std::filesystem::path>> newest_shards(const std::filesystem::path& runs);

}  // namespace keyward::report
