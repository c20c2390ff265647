#include "sandbox/authorization.hpp"
#include "sandbox/secrets_manager_service.hpp"

// RotateSecret and what ends it. The sandbox invokes no function: whoever tests one sends it the four steps itself.
namespace keyward::sandbox {
namespace {

namespace json = boost::json;

std::string version_with(const StoredSecret& secret, const std::string& stage) {
  for (const auto& [id, version] : secret.versions) {
    if (version.stages.contains(stage)) return id;
  }
  return {};
}

void configure(const JsonParameters& parameters, StoredSecret& secret) {
  if (const auto function = parameters.find("RotationLambdaARN")) secret.rotation_function = *function;
  if (secret.rotation_function.empty()) {
    throw ApiError(400, "InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.");
  }
  const json::value* rules = parameters.object().if_contains("RotationRules");
  if (rules != nullptr && rules->is_object()) {
    secret.rotation_days =
        JsonParameters(rules->get_object()).number("AutomaticallyAfterDays").value_or(secret.rotation_days);
    if (secret.rotation_days < 0 || secret.rotation_days > 1000) {
      throw ApiError(400, "InvalidParameterException", "AutomaticallyAfterDays must be between 1 and 1000.");
    }
  }
  secret.rotation_enabled = true;
}

json::object rotate_secret(const Call& call, const JsonParameters& parameters) {
  FoundSecret found = find_secret(call, parameters, SecretUse::write);
  StoredSecret& secret = found.secret;
  const std::string token = version_token(parameters);
  configure(parameters, secret);
  json::object answer{{"ARN", found.arn}, {"Name", secret.name}};
  if (!parameters.flag("RotateImmediately").value_or(true)) return answer;
  const std::string pending = version_with(secret, "AWSPENDING");
  const bool unfinished = !pending.empty() && pending != version_with(secret, "AWSCURRENT");
  if (unfinished && pending != token) {
    throw ApiError(400, "InvalidRequestException",
                   "A previous rotation isn't complete. That rotation will be reattempted.");
  }
  if (!secret.versions.contains(token)) {
    SecretVersion version;
    version.created = call.now;
    secret.versions.emplace(token, std::move(version));
    move_stage(secret, "AWSPENDING", token);
    secret.changed = call.now;
  }
  answer["VersionId"] = token;
  return answer;
}

json::object cancel_rotation(const Call& call, const JsonParameters& parameters) {
  FoundSecret found = find_secret(call, parameters, SecretUse::write);
  found.secret.rotation_enabled = false;
  json::object answer{{"ARN", found.arn}, {"Name", found.secret.name}};
  const std::string pending = version_with(found.secret, "AWSPENDING");
  if (!pending.empty()) answer["VersionId"] = pending;
  return answer;
}

}  // namespace

bool handle_secret_rotation(const Call& call, const JsonParameters& parameters, json::object& answer) {
  if (call.action == "RotateSecret") {
    answer = rotate_secret(call, parameters);
  } else if (call.action == "CancelRotateSecret") {
    answer = cancel_rotation(call, parameters);
  } else {
    return false;
  }
  return true;
}

}  // namespace keyward::sandbox
