#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "aws/caller.hpp"

namespace keyward::aws {

/// `name` and `unit` are literals; the unit is one of CloudWatch's: "Count", "Seconds", "None".
struct Metric {
  std::string_view name;
  std::int64_t value = 0;
  std::string_view unit;
};

/// Metrics of one moment, within CloudWatch's limits, which the caller keeps (aws-api.md, section 6.4).
struct Measurement {
  std::string metric_namespace;  ///< not below "AWS/"
  base::Instant at;
  std::map<std::string, std::string> dimensions;  ///< of each of them; printable ASCII, none blank
  std::vector<Metric> metrics;                    ///< at most 100
};

/// The same for CloudWatch Logs to find: one line of JSON in the embedded metric format, without its end. What an AWS
/// Lambda function writes to its standard output or error goes there.
std::string embedded_metrics(const Measurement& measurement);

/// Amazon CloudWatch (Query protocol).
class CloudWatchClient {
 public:
  explicit CloudWatchClient(Caller& caller) : caller_(caller) {}

  /// Returns the request's id. A lost answer is `ambiguous`: what is put twice is counted twice.
  base::Task<base::Result<std::string>> put_metric_data(Measurement measurement);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
