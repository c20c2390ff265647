#include "orchestrator/metrics_file.hpp"

#include "base/files.hpp"
#include "report/prometheus.hpp"
#include "report/run_format.hpp"

namespace keyward::orchestrator {
namespace {

using base::Durability;
using base::FileReplacement;
using base::Readers;
using base::Result;

}  // namespace

Result<void> write_metrics(const Configuration& configuration, const std::filesystem::path& record) {
  if (configuration.prometheus_file.empty()) return {};
  FileReplacement file(configuration.prometheus_file, Durability::synced, Readers::everybody);
  const Result<std::vector<std::string>> rendered =
      report::render_run(record, report::RunFormat::prometheus, [&file](std::string_view part) { file.write(part); });
  if (!rendered) return rendered.error();
  return file.commit();
}

Result<void> write_metrics_of_failed_start(const Configuration& configuration, base::Instant now, ExitCode code) {
  if (configuration.prometheus_file.empty()) return {};
  FileReplacement file(configuration.prometheus_file, Durability::synced, Readers::everybody);
  file.write(report::prometheus_of_failed_start(now, static_cast<int>(code), report::last_success(configuration.state_dir / "runs")));
  return file.commit();
}

}  // namespace keyward::orchestrator
