#include "aws/ssm_client.hpp"

#include <boost/json/value.hpp>
#include <utility>

#include "aws/json_fields.hpp"
#include "aws/operations.hpp"

namespace keyward::aws {

using namespace operations;

base::Task<base::Result<base::Secret>> SsmClient::get_parameter(std::string name) {
  boost::json::object input;
  input["Name"] = name;
  input["WithDecryption"] = true;
  base::Result<JsonAnswer> answer = co_await caller_.json(k_get_parameter, "AmazonSSM", std::move(input));
  if (!answer) {
    base::Error error = answer.error();
    error.message = "parameter " + name + (error.message.empty() ? "" : ": " + error.message);
    co_return error;
  }
  const boost::json::object* parameter = json_fields::object(answer->result, "Parameter");
  const boost::json::value* value = parameter == nullptr ? nullptr : parameter->if_contains("Value");
  if (value == nullptr || !value->is_string()) {
    co_return base::Error{base::ErrorKind::transient, k_get_parameter.full_name(), "MalformedAnswer", answer->request_id,
                          "the answer holds no parameter"};
  }
  co_return base::Secret(value->get_string());
}

}  // namespace keyward::aws
