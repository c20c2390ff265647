#pragma once

#include <filesystem>

#include "notify/run_digest.hpp"
#include "report/highlights.hpp"
#include "report/summary.hpp"

namespace keyward::orchestrator {

/// A run in the form in which operators hear of it: what it found and did, the gaps and failures first. The exit code is
/// the one that the summary holds.
notify::RunDigest run_digest(const report::RunSummary& summary, const report::Highlights& highlights,
                             const std::filesystem::path& folder, base::Instant now);

}  // namespace keyward::orchestrator
