#include "aws/security_hub_client.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "aws/json_fields.hpp"
#include "aws/operations.hpp"

namespace keyward::aws {

using namespace operations;

base::Task<base::Result<std::vector<RefusedFinding>>> SecurityHubClient::import_findings(boost::json::array findings) {
  boost::json::object input;
  input["Findings"] = std::move(findings);
  base::Result<JsonAnswer> answer = co_await caller_.rest_json(k_batch_import_findings, "POST", "/findings/import", std::move(input));
  if (!answer) co_return answer.error();
  std::vector<RefusedFinding> refused;
  const boost::json::array* failed = json_fields::array(answer->result, "FailedFindings");
  if (failed == nullptr) co_return refused;
  for (const boost::json::value& entry : *failed) {
    if (!entry.is_object()) continue;
    const boost::json::object& finding = entry.get_object();
    refused.push_back({json_fields::text(finding, "Id").value_or(""), json_fields::text(finding, "ErrorCode").value_or(""),
                       json_fields::text(finding, "ErrorMessage").value_or("")});
  }
  co_return refused;
}

}  // namespace keyward::aws
