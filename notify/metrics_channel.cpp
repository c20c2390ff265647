#include "notify/metrics_channel.hpp"

#include <algorithm>
#include <ostream>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

constexpr std::size_t k_longest_dimension = 255;

std::string dimension(std::string_view text) {
  const std::string value = ascii_line(text).substr(0, k_longest_dimension);
  return value.find_first_not_of(' ') == std::string::npos ? "unknown" : value;
}

}  // namespace

bool is_measured(const RunDigest& digest) { return digest.command == "run"; }

aws::Measurement run_metrics(const RunDigest& digest, std::string metric_namespace) {
  const int not_covered = std::max(0, digest.accounts - digest.accounts_covered);
  const auto duration = std::max(std::chrono::seconds(0), std::chrono::seconds(digest.finished - digest.started));
  aws::Measurement measured;
  measured.metric_namespace = std::move(metric_namespace);
  measured.at = digest.finished;
  measured.dimensions = {{"Organization", dimension(digest.organization)}, {"Mode", is_dry(digest) ? "dry_run" : "enforce"}};
  measured.metrics = {{"Runs", 1, "Count"},
                      {"RunDuration", duration.count(), "Seconds"},
                      {"ExitCode", digest.exit_code, "None"},
                      {"AccountsCovered", digest.accounts_covered, "Count"},
                      {"AccountsNotCovered", not_covered, "Count"},
                      {"KeysRotated", digest.rotated, "Count"},
                      {"KeysDeactivated", digest.deactivated, "Count"},
                      {"KeysDeleted", digest.deleted, "Count"},
                      {"KeysOutOfPolicy", digest.keys_out_of_policy, "Count"},
                      {"Failures", digest.failures, "Count"},
                      {"NoticesFailed", digest.notices_failed, "Count"}};
  // That there is no active key is known only where nothing was left out.
  const bool is_known = digest.oldest_active_key_days > 0 || not_covered == 0;
  if (is_known) measured.metrics.push_back({"OldestActiveKeyDays", digest.oldest_active_key_days, "None"});
  return measured;
}

base::Task<base::Result<std::string>> MetricsChannel::tell(const RunDigest& digest) {
  aws::Measurement measured = run_metrics(digest, metric_namespace_);
  base::Result<std::string> taken = co_await client_.put_metric_data(std::move(measured));
  co_return taken;
}

base::Task<base::Result<std::string>> EmbeddedMetricsChannel::tell(const RunDigest& digest) {
  // In one piece with its end: a line that another one runs into is none that CloudWatch understands.
  out_ << aws::embedded_metrics(run_metrics(digest, metric_namespace_)) + "\n" << std::flush;
  if (!out_) co_return base::Error{base::ErrorKind::invalid, "metrics", "NotWritten", "", "standard error takes no more"};
  co_return std::string();
}

}  // namespace keyward::notify
