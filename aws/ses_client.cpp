#include "aws/ses_client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "aws/json_fields.hpp"
#include "aws/operations.hpp"
#include "base/encoding.hpp"

namespace keyward::aws {

using namespace operations;

base::Task<base::Result<std::string>> SesClient::send_raw(std::string from, std::vector<std::string> to,
                                                          std::string mime, std::string configuration_set) {
  boost::json::array recipients;
  for (const std::string& address : to) recipients.emplace_back(address);
  boost::json::object destination;
  destination["ToAddresses"] = std::move(recipients);
  boost::json::object raw;
  raw["Data"] = base::base64_encode(mime);
  boost::json::object content;
  content["Raw"] = std::move(raw);
  boost::json::object input;
  input["FromEmailAddress"] = from;
  input["Destination"] = std::move(destination);
  input["Content"] = std::move(content);
  if (!configuration_set.empty()) input["ConfigurationSetName"] = configuration_set;
  base::Result<JsonAnswer> answer =
      co_await caller_.rest_json(k_send_email, "POST", "/v2/email/outbound-emails", std::move(input));
  if (!answer) co_return answer.error();
  co_return json_fields::text(answer->result, "MessageId").value_or("");
}

base::Task<base::Result<SesAccount>> SesClient::account() {
  boost::json::object none;
  base::Result<JsonAnswer> answer = co_await caller_.rest_json(k_get_account, "GET", "/v2/email/account", std::move(none));
  if (!answer) co_return answer.error();
  SesAccount account;
  account.production_access = json_fields::flag(answer->result, "ProductionAccessEnabled");
  account.sending_enabled = json_fields::flag(answer->result, "SendingEnabled");
  account.enforcement_status = json_fields::text(answer->result, "EnforcementStatus").value_or("");
  co_return account;
}

base::Task<base::Result<std::optional<bool>>> SesClient::is_verified(std::string identity) {
  const std::string path = "/v2/email/identities/" + base::percent_encode(identity);
  boost::json::object none;
  base::Result<JsonAnswer> answer = co_await caller_.rest_json(k_get_email_identity, "GET", path, std::move(none));
  if (!answer && answer.error().kind == base::ErrorKind::not_found) co_return std::optional<bool>();
  if (!answer) co_return answer.error();
  co_return std::optional<bool>(json_fields::flag(answer->result, "VerifiedForSendingStatus"));
}

}  // namespace keyward::aws
