#include "sandbox/cloudwatch_service.hpp"

#include <cmath>
#include <cstdlib>

#include "sandbox/authorization.hpp"
#include "sandbox/wire.hpp"

namespace keyward::sandbox {
namespace {

constexpr std::size_t k_metrics_per_request = 1000;
constexpr std::size_t k_dimensions = 30;

std::vector<MetricDatum> read_query(const Call& call, const WireRequest& request) {
  const QueryParameters parameters = QueryParameters::parse(request.body);
  std::vector<MetricDatum> data;
  for (int i = 1;; ++i) {
    const std::string entry = "MetricData.member." + std::to_string(i);
    const auto name = parameters.find(entry + ".MetricName");
    if (!name) return data;
    MetricDatum datum{call.now, call.region, parameters.get("Namespace"), *name, 0, parameters.get(entry + ".Unit"),
                      {}};
    datum.value = std::strtod(parameters.get(entry + ".Value").c_str(), nullptr);
    for (int d = 1;; ++d) {
      const std::string dimension = entry + ".Dimensions.member." + std::to_string(d);
      const auto key = parameters.find(dimension + ".Name");
      if (!key) break;
      datum.dimensions[*key] = parameters.get(dimension + ".Value");
    }
    data.push_back(std::move(datum));
  }
}

std::vector<MetricDatum> read_json(const Call& call, const WireRequest& request) {
  const JsonParameters parameters = JsonParameters::parse(request.body);
  std::vector<MetricDatum> data;
  for (const JsonParameters& item : parameters.objects("MetricData")) {
    MetricDatum datum{call.now,         call.region, parameters.get("Namespace"), item.get("MetricName"), 0,
                      item.get("Unit"), {}};
    const boost::json::value* value = item.object().if_contains("Value");
    boost::system::error_code ignored;
    if (value && value->is_number()) datum.value = value->to_number<double>(ignored);
    for (const JsonParameters& dimension : item.objects("Dimensions"))
      datum.dimensions[dimension.get("Name")] = dimension.get("Value");
    data.push_back(std::move(datum));
  }
  return data;
}

}  // namespace

WireReply handle_cloudwatch(const Call& call, Protocol protocol, const WireRequest& request) {
  if (call.action != "PutMetricData") throw ApiError(400, "InvalidAction", "Could not find operation " + call.action);
  authorize(call, "cloudwatch:PutMetricData", "*");
  auto data = protocol == Protocol::query ? read_query(call, request) : read_json(call, request);
  if (data.empty()) throw ApiError(400, "MissingParameter", "The parameter MetricData is required.");
  if (data.size() > k_metrics_per_request)
    throw ApiError(400, "InvalidParameterValue", "The collection MetricData must not have a size greater than 1000.");
  for (const MetricDatum& datum : data) {
    if (datum.metric_namespace.empty() || datum.metric_namespace.starts_with("AWS/"))
      throw ApiError(400, "InvalidParameterValue", "The value for parameter Namespace is invalid.");
    if (datum.name.empty() || !std::isfinite(datum.value) || datum.dimensions.size() > k_dimensions) {
      throw ApiError(400, "InvalidParameterValue", "The value for parameter MetricData is invalid.");
    }
  }
  for (MetricDatum& datum : data) call.account.metrics.push_back(std::move(datum));
  if (protocol == Protocol::query) return query_reply(call, std::nullopt);
  return json_reply(protocol, {});
}

}  // namespace keyward::sandbox
