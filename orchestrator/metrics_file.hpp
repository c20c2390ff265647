#pragma once

#include <filesystem>

#include "base/error.hpp"
#include "base/time.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/exit_code.hpp"

namespace keyward::orchestrator {

// report.prometheus_file, readable for everybody: it is another user's collector that reads it. Without that setting
// nothing is done.

/// The metrics of the record in this folder. Errors: `invalid` when the file cannot be written.
base::Result<void> write_metrics(const Configuration& configuration, const std::filesystem::path& record);

/// Those of a run that came to nothing before it began.
base::Result<void> write_metrics_of_failed_start(const Configuration& configuration, base::Instant now, ExitCode code);

}  // namespace keyward::orchestrator
