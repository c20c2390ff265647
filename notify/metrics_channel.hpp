#pragma once

#include <iosfwd>
#include <string>

#include "aws/cloudwatch_client.hpp"
#include "notify/operator_channel.hpp"

namespace keyward::notify {

inline constexpr std::string_view k_metric_namespace = "keyward";

/// A run in numbers, zeros included: a run that found nothing differs from one that did not happen. The dimensions are
/// the organization and whether anything could be changed, so that an installation has a dozen metrics or two, however
/// many accounts, users and shards there are: CloudWatch bills every set of dimension values.
aws::Measurement run_metrics(const RunDigest& digest, std::string metric_namespace);

/// True for the daily job. `rotate` and `recover` see a part of the organization, and their numbers would be taken for
/// those of the whole.
bool is_measured(const RunDigest& digest);

/// CloudWatch metrics by PutMetricData. What may have been counted is not sent again.
class MetricsChannel final : public OperatorChannel {
 public:
  /// `client` outlives the channel.
  MetricsChannel(aws::CloudWatchClient& client, std::string metric_namespace)
      : client_(client), metric_namespace_(std::move(metric_namespace)) {}

  std::string_view name() const noexcept override { return "metrics"; }
  bool concerns(const RunDigest& digest) const override { return is_measured(digest); }
  /// Returns the request's id.
  base::Task<base::Result<std::string>> tell(const RunDigest& digest) override;

 private:
  aws::CloudWatchClient& client_;
  std::string metric_namespace_;
};

/// CloudWatch metrics as a line of the embedded metric format, where standard error goes to CloudWatch Logs: on AWS
/// Lambda. It needs no right and no call.
class EmbeddedMetricsChannel final : public OperatorChannel {
 public:
  /// `out` outlives the channel.
  EmbeddedMetricsChannel(std::ostream& out, std::string metric_namespace) : out_(out), metric_namespace_(std::move(metric_namespace)) {}

  std::string_view name() const noexcept override { return "metrics"; }
  bool concerns(const RunDigest& digest) const override { return is_measured(digest); }
  /// Errors: `invalid` where the line could not be written.
  base::Task<base::Result<std::string>> tell(const RunDigest& digest) override;

 private:
  std::ostream& out_;
  std::string metric_namespace_;
};

}  // namespace keyward::notify
