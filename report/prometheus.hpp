#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "report/event.hpp"
#include "report/run_format.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// The text exposition format of Prometheus, for node_exporter's textfile collector: gauges about the last run, no label
/// with a user or an account. With the summary of a shard every sample has the label `shard`.
class PrometheusWriter final : public RunWriter {
 public:
  PrometheusWriter(const RunSummary& summary, TextSink out, std::optional<base::Instant> last_success);
  void add(const Event& event) override;
  void end() override;

 private:
  RunSummary summary_;
  TextSink out_;
  std::optional<base::Instant> last_success_;
  std::map<std::string, std::array<long long, 4>> keys_;  ///< status -> keys by age
  std::map<std::string, long long> verdicts_;
  std::map<std::pair<std::string, std::string>, long long> notices_;  ///< channel and result
};

/// The same for a run that came to nothing before it began: when, and how it ended.
std::string prometheus_of_failed_start(base::Instant now, int exit_code, std::optional<base::Instant> last_success);

}  // namespace keyward::report
