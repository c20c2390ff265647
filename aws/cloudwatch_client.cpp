#include "aws/cloudwatch_client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "aws/operations.hpp"

namespace keyward::aws {

using namespace operations;

std::string embedded_metrics(const Measurement& measurement) {
  namespace json = boost::json;
  const std::chrono::milliseconds at = measurement.at.time_since_epoch();
  json::object line{{"_aws", nullptr}};  // CloudWatch asks for no order, people read the frame first
  json::array names, metrics;
  for (const auto& [name, value] : measurement.dimensions) {
    names.emplace_back(name);
    line[name] = value;
  }
  for (const Metric& metric : measurement.metrics) {
    metrics.push_back(json::object{{"Name", metric.name}, {"Unit", metric.unit}});
    line[metric.name] = metric.value;
  }
  json::array sets, directives;
  sets.push_back(std::move(names));
  directives.push_back(
      json::object{{"Namespace", measurement.metric_namespace}, {"Dimensions", std::move(sets)}, {"Metrics", std::move(metrics)}});
  line["_aws"] = json::object{{"Timestamp", at.count()}, {"CloudWatchMetrics", std::move(directives)}};
  return json::serialize(line);
}

base::Task<base::Result<std::string>> CloudWatchClient::put_metric_data(Measurement measurement) {
  Parameters parameters{{"Namespace", measurement.metric_namespace}};
  const std::string timestamp = base::format_iso8601(measurement.at);
  int number = 0;
  for (const Metric& metric : measurement.metrics) {
    const std::string member = "MetricData.member." + std::to_string(++number);
    parameters.add(member + ".MetricName", metric.name);
    parameters.add(member + ".Value", std::to_string(metric.value));
    parameters.add(member + ".Unit", metric.unit);
    parameters.add(member + ".Timestamp", timestamp);
    int dimension = 0;
    for (const auto& [name, value] : measurement.dimensions) {
      const std::string its = member + ".Dimensions.member." + std::to_string(++dimension);
      parameters.add(its + ".Name", name);
      parameters.add(its + ".Value", value);
    }
  }
  base::Result<XmlAnswer> answer = co_await caller_.query(k_put_metric_data, "2010-08-01", std::move(parameters));
  if (!answer) co_return answer.error();
  co_return std::move(answer->request_id);
}

}  // namespace keyward::aws
