#include "sandbox/cloudwatch_service.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "sandbox/authorization.hpp"
#include "sandbox/wire.hpp"

namespace keyward::sandbox {
namespace {

constexpr std::size_t k_metrics_per_request = 1000;
constexpr std::size_t k_dimensions = 30;
constexpr std::string_view k_units[] = {"", "None", "Count", "Percent", "Seconds", "Milliseconds", "Microseconds", "Bytes", "Count/Second"};

/// A name or value that a dimension may have: ASCII without control characters, not blank.
bool is_dimension_text(std::string_view text, std::size_t longest) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return printable && text.size() <= longest && text.find_first_not_of(' ') != std::string_view::npos;
}

bool is_valid(const MetricDatum& datum, base::Instant now) {
  if (datum.name.empty() || datum.name.size() > 255 || !std::isfinite(datum.value)) return false;
  if (std::ranges::find(k_units, datum.unit) == std::end(k_units)) return false;
  // Two weeks back, two hours ahead.
  if (datum.time < now - std::chrono::days(14) || datum.time > now + std::chrono::hours(2)) return false;
  if (datum.dimensions.size() > k_dimensions) return false;
  return std::ranges::all_of(datum.dimensions, [](const auto& dimension) {
    const auto& [name, value] = dimension;
    return is_dimension_text(name, 255) && !name.starts_with(':') && is_dimension_text(value, 1024);
  });
}

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
    if (const auto time = base::parse_iso8601(parameters.get(entry + ".Timestamp"))) datum.time = *time;
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
    const boost::json::value* time = item.object().if_contains("Timestamp");
    if (time && time->is_number()) {
      datum.time = base::Instant(std::chrono::seconds(static_cast<std::int64_t>(time->to_number<double>(ignored))));
    }
    for (const JsonParameters& dimension : item.objects("Dimensions"))
      datum.dimensions[dimension.get("Name")] = dimension.get("Value");
    data.push_back(std::move(datum));
  }
  return data;
}

}  // namespace

WireReply handle_cloudwatch(const Call& call, Protocol protocol, const WireRequest& request) {
  if (call.action != "PutMetricData") throw ApiError(400, "InvalidAction", "Could not find operation " + call.action);
  auto data = protocol == Protocol::query ? read_query(call, request) : read_json(call, request);
  Access access{"cloudwatch:PutMetricData", "*", call.account.id, {}, PolicyKind::resource, {}};
  if (!data.empty()) access.context["cloudwatch:namespace"] = {data.front().metric_namespace};
  authorize(call, access);
  if (data.empty()) throw ApiError(400, "MissingParameter", "The parameter MetricData is required.");
  if (data.size() > k_metrics_per_request)
    throw ApiError(400, "InvalidParameterValue", "The collection MetricData must not have a size greater than 1000.");
  for (const MetricDatum& datum : data) {
    if (datum.metric_namespace.empty() || datum.metric_namespace.starts_with("AWS/"))
      throw ApiError(400, "InvalidParameterValue", "The value for parameter Namespace is invalid.");
    if (!is_valid(datum, call.now)) throw ApiError(400, "InvalidParameterValue", "The value for parameter MetricData is invalid.");
  }
  for (MetricDatum& datum : data) call.account.metrics.push_back(std::move(datum));
  if (protocol == Protocol::query) return query_reply(call, std::nullopt);
  return json_reply(protocol, {});
}

}  // namespace keyward::sandbox
