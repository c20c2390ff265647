#include "aws/account_client.hpp"

#include <boost/json/value.hpp>

#include "aws/json_fields.hpp"
#include "aws/operations.hpp"

namespace keyward::aws {

using namespace operations;

base::Task<base::Result<std::optional<std::string>>> AccountClient::alternate_contact(std::optional<base::AccountId> account,
                                                                                      AlternateContactType type) {
  boost::json::object input;
  if (account) input["AccountId"] = account->str();
  input["AlternateContactType"] = type == AlternateContactType::security ? "SECURITY" : "OPERATIONS";
  base::Result<JsonAnswer> answer = co_await caller_.rest_json(k_get_alternate_contact, "POST", "/getAlternateContact", std::move(input));
  if (!answer && answer.error().kind == base::ErrorKind::not_found) co_return std::optional<std::string>();
  if (!answer) co_return answer.error();
  const auto* contact = json_fields::object(answer->result, "AlternateContact");
  if (contact == nullptr) {
    co_return base::Error{base::ErrorKind::invalid, k_get_alternate_contact.full_name(), "MalformedAnswer", "",
                          "the answer has no AlternateContact"};
  }
  co_return json_fields::text(*contact, "EmailAddress");
}

}  // namespace keyward::aws
