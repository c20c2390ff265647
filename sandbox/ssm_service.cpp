#include "sandbox/ssm_service.hpp"

#include "base/encoding.hpp"
#include "sandbox/authorization.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

std::string parameter_arn(const Call& call, const std::string& name) {
  return "arn:aws:ssm:" + call.region + ":" + call.account.id + ":parameter" + (name.starts_with('/') ? "" : "/") +
         name;
}

json::object get_parameter(const Call& call, const JsonParameters& parameters) {
  const std::string name = parameters.require("Name", "ValidationException");
  authorize(call, "ssm:GetParameter", parameter_arn(call, name));
  const auto found = call.account.parameters.find({call.region, name});
  if (found == call.account.parameters.end()) throw ApiError(400, "ParameterNotFound", "");
  const Parameter& parameter = found->second;
  const bool plain = parameter.type != "SecureString" || parameters.flag("WithDecryption").value_or(false);
  return {{"Parameter", json::object{{"ARN", parameter_arn(call, name)},
                                     {"DataType", "text"},
                                     {"LastModifiedDate", json_time(parameter.changed)},
                                     {"Name", name},
                                     {"Type", parameter.type},
                                     {"Value", plain ? parameter.value : base::base64_encode(parameter.value)},
                                     {"Version", parameter.version}}}};
}

json::object put_parameter(const Call& call, const JsonParameters& parameters) {
  const std::string name = parameters.require("Name", "ValidationException");
  authorize(call, "ssm:PutParameter", parameter_arn(call, name));
  const RegionalName key{call.region, name};
  const auto found = call.account.parameters.find(key);
  if (found != call.account.parameters.end() && !parameters.flag("Overwrite").value_or(false)) {
    throw ApiError(
        400, "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.");
  }
  Parameter& parameter = call.account.parameters[key];
  if (found != call.account.parameters.end()) ++parameter.version;
  parameter.type = parameters.find("Type").value_or(parameter.type);
  parameter.value = parameters.require("Value", "ValidationException");
  parameter.changed = call.now;
  return {{"Tier", "Standard"}, {"Version", parameter.version}};
}

}  // namespace

json::object handle_ssm(const Call& call, const JsonParameters& parameters) {
  if (call.action == "GetParameter") return get_parameter(call, parameters);
  if (call.action == "PutParameter") return put_parameter(call, parameters);
  throw ApiError(400, "UnknownOperationException", "");
}

}  // namespace keyward::sandbox
