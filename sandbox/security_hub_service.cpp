#include "sandbox/security_hub_service.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "sandbox/authorization.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

constexpr std::size_t k_most_findings = 100;
constexpr std::size_t k_finding_bytes = 240 * 1024;

/// What is wrong with a finding; empty when nothing is.
std::string fault_of(const json::object& object, const std::string& product) {
  const JsonParameters finding(object);
  for (const char* name : {"SchemaVersion", "Id", "ProductArn", "GeneratorId", "AwsAccountId", "CreatedAt", "UpdatedAt", "Title", "Description"}) {
    if (finding.get(name).empty()) return std::string(name) + " is missing";
  }
  if (finding.get("SchemaVersion") != "2018-10-08") return "SchemaVersion must be 2018-10-08";
  if (finding.get("ProductArn") != product) return "ProductArn must be " + product;
  if (finding.get("Id").size() > 512 || finding.get("Title").size() > 256 || finding.get("Description").size() > 1024) return "a text is too long";
  if (!base::parse_iso8601(finding.get("CreatedAt")) || !base::parse_iso8601(finding.get("UpdatedAt"))) return "a time cannot be read";
  const auto resources = finding.objects("Resources");
  if (resources.empty() || resources.size() > 32) return "Resources must hold 1 to 32 resources";
  for (const JsonParameters& resource : resources) {
    if (resource.get("Type").empty() || resource.get("Id").empty()) return "a resource needs Type and Id";
  }
  if (object.contains("Workflow")) return "Workflow is the customer's";
  return "";
}

json::object refusal(const json::object& finding, const char* code, std::string message) {
  return {{"Id", JsonParameters(finding).get("Id")}, {"ErrorCode", code}, {"ErrorMessage", std::move(message)}};
}

json::object import_findings(const Call& call, const JsonParameters& parameters) {
  const std::string& account = call.account.id;
  const std::string product = "arn:aws:securityhub:" + call.region + ':' + account + ":product/" + account + "/default";
  authorize(call, "securityhub:BatchImportFindings", product);
  SecurityHub& hub = call.account.security_hub;
  if (!hub.enabled) throw ApiError(401, "InvalidAccessException", "Account " + account + " is not subscribed to AWS Security Hub");
  const auto findings = parameters.objects("Findings");
  if (findings.empty() || findings.size() > k_most_findings) throw ApiError(400, "InvalidInputException", "Findings must hold 1 to 100 findings");
  json::array failed;
  for (const JsonParameters& finding : findings) {
    const json::object& object = finding.object();
    if (finding.get("AwsAccountId") != account) throw ApiError(400, "InvalidInputException", "AwsAccountId must be the caller's account");
    std::string text = json::serialize(object);
    const std::string fault = text.size() > k_finding_bytes ? "a finding must not exceed 240 KB" : fault_of(object, product);
    if (!fault.empty()) {
      failed.push_back(refusal(object, "InvalidInput", fault));
    } else if (hub.refuse > 0) {
      --hub.refuse;
      failed.push_back(refusal(object, "InternalError", "Internal error, try again"));
    } else {
      hub.findings[finding.get("Id")] = std::move(text);
    }
  }
  const std::size_t refused = failed.size();
  return {{"FailedCount", refused}, {"SuccessCount", findings.size() - refused}, {"FailedFindings", std::move(failed)}};
}

}  // namespace

std::string security_hub_action(const WireRequest& request) {
  return request.method == "POST" && request.path() == "/findings/import" ? "BatchImportFindings" : "";
}

json::object handle_security_hub(const Call& call, const JsonParameters& parameters) {
  if (call.action == "BatchImportFindings") return import_findings(call, parameters);
  throw ApiError(404, "UnknownOperationException", "");
}

}  // namespace keyward::sandbox
