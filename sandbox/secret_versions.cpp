#include <algorithm>
#include <boost/json/array.hpp>
#include <cctype>

#include "base/encoding.hpp"
#include "sandbox/authorization.hpp"
#include "sandbox/secrets_manager_service.hpp"

// Values, versions and staging labels.
namespace keyward::sandbox {
namespace {

namespace json = boost::json;

constexpr std::size_t k_value_bytes = 65'536;
constexpr std::size_t k_stages_per_version = 20;

json::array stages_of(const SecretVersion& version) {
  json::array stages;
  for (const std::string& stage : version.stages) stages.emplace_back(stage);
  return stages;
}

SecretVersion* holder_of(StoredSecret& secret, const std::string& stage, std::string* id = nullptr) {
  for (auto& [version_id, version] : secret.versions) {
    if (!version.stages.contains(stage)) continue;
    if (id) *id = version_id;
    return &version;
  }
  return nullptr;
}

[[noreturn]] void no_version(const std::string& what) {
  throw ApiError(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for " + what);
}

json::object put_secret_value(const Call& call, const JsonParameters& parameters) {
  FoundSecret found = find_secret(call, parameters, SecretUse::write);
  StoredSecret& secret = found.secret;
  for (const char* action : {"kms:GenerateDataKey", "kms:Decrypt"}) authorize_key(call, found.account, secret, action);
  const std::string token = version_token(parameters);
  auto value = secret_value(call, parameters);
  if (!value) throw ApiError(400, "InvalidRequestException", "You must provide either SecretString or SecretBinary.");
  auto stages = parameters.list("VersionStages");
  if (stages.size() > k_stages_per_version)
    throw ApiError(400, "InvalidParameterException", "You can't attach more than 20 staging labels.");
  for (const std::string& stage : stages) {
    if (stage.empty() || stage.size() > 256)
      throw ApiError(400, "ValidationException", "A staging label has 1 to 256 characters.");
  }
  const auto existing = secret.versions.find(token);
  if (existing != secret.versions.end() && existing->second.is_empty()) {
    value->stages = std::move(existing->second.stages);
    existing->second = std::move(*value);
    for (const std::string& stage : stages) move_stage(secret, stage, token);
    secret.changed = call.now;
  } else if (existing != secret.versions.end()) {
    if (existing->second.text != value->text || existing->second.binary != value->binary) {
      throw ApiError(
          400, "ResourceExistsException",
          "A resource with the ID you requested already exists: the version " + token + " has another value.");
    }
  } else {
    const bool first = secret.versions.empty();
    secret.versions.emplace(token, std::move(*value));
    if (stages.empty()) stages.emplace_back("AWSCURRENT");
    for (const std::string& stage : stages) move_stage(secret, stage, token);
    if (first) move_stage(secret, "AWSCURRENT", token);
    secret.changed = call.now;
  }
  return {{"ARN", found.arn},
          {"Name", secret.name},
          {"VersionId", token},
          {"VersionStages", stages_of(secret.versions.at(token))}};
}

json::object get_secret_value(const Call& call, const JsonParameters& parameters) {
  const auto wanted_id = parameters.find("VersionId");
  const auto wanted_stage = parameters.find("VersionStage");
  PolicyContext context;
  context["secretsmanager:versionstage"] = {wanted_stage.value_or("AWSCURRENT")};
  if (wanted_id) context["secretsmanager:versionid"] = {*wanted_id};
  FoundSecret found = find_secret(call, parameters, SecretUse::read, context);
  StoredSecret& secret = found.secret;
  std::string id = wanted_id.value_or("");
  const std::string stage = wanted_stage.value_or("AWSCURRENT");
  if (wanted_id) {
    const auto version = secret.versions.find(id);
    if (version == secret.versions.end()) no_version("VersionId: " + id);
    if (wanted_stage && !version->second.stages.contains(stage)) no_version("staging label: " + stage);
  } else if (!holder_of(secret, stage, &id)) {
    no_version("staging label: " + stage);
  }
  const SecretVersion& version = secret.versions.at(id);
  if (version.is_empty()) no_version(wanted_id ? "VersionId: " + id : "staging label: " + stage);
  authorize_key(call, found.account, secret, "kms:Decrypt");
  secret.accessed = std::chrono::floor<std::chrono::days>(call.now);
  json::object answer{{"ARN", found.arn},
                      {"CreatedDate", json_time(version.created)},
                      {"Name", secret.name},
                      {"VersionId", id},
                      {"VersionStages", stages_of(version)}};
  if (version.text) answer["SecretString"] = *version.text;
  if (version.binary) answer["SecretBinary"] = *version.binary;
  return answer;
}

json::object update_stage(const Call& call, const JsonParameters& parameters) {
  const std::string stage = parameters.require("VersionStage");
  const auto move_to = parameters.find("MoveToVersionId");
  const auto remove_from = parameters.find("RemoveFromVersionId");
  FoundSecret found = find_secret(call, parameters, SecretUse::write, {{"secretsmanager:versionstage", {stage}}});
  StoredSecret& secret = found.secret;
  if (!move_to && !remove_from) {
    throw ApiError(400, "InvalidParameterException", "You must specify MoveToVersionId, RemoveFromVersionId, or both.");
  }
  for (const auto& id : {move_to, remove_from}) {
    if (id && !secret.versions.contains(*id)) {
      throw ApiError(400, "ResourceNotFoundException",
                     "Secrets Manager can't find the specified secret version: " + *id + ".");
    }
  }
  std::string holder;
  holder_of(secret, stage, &holder);
  if (remove_from && holder != *remove_from) {
    throw ApiError(400, "InvalidParameterException",
                   "The parameter RemoveFromVersionId is not valid: staging label " + stage +
                       " is not attached to version " + *remove_from + ".");
  }
  if (!move_to && stage == "AWSCURRENT") {
    throw ApiError(400, "InvalidParameterException",
                   "You can't remove staging label AWSCURRENT without moving it to another version.");
  }
  if (move_to && !holder.empty() && holder != *move_to && !remove_from) {
    throw ApiError(400, "InvalidParameterException",
                   "The parameter RemoveFromVersionId can't be empty. Staging label " + stage +
                       " is currently attached to version " + holder +
                       ", so you must explicitly reference that version in RemoveFromVersionId.");
  }
  if (move_to && secret.versions.at(*move_to).stages.size() >= k_stages_per_version) {
    throw ApiError(400, "LimitExceededException", "A version can have 20 staging labels.");
  }
  if (move_to) {
    const bool ends_rotation = stage == "AWSCURRENT" && secret.versions.at(*move_to).stages.contains("AWSPENDING");
    move_stage(secret, stage, *move_to);
    if (ends_rotation && secret.rotation_enabled) secret.rotated = call.now;
  } else {
    secret.versions.at(*remove_from).stages.erase(stage);
  }
  secret.changed = call.now;
  return {{"ARN", found.arn}, {"Name", secret.name}};
}

json::object list_versions(const Call& call, const JsonParameters& parameters) {
  FoundSecret found = find_secret(call, parameters, SecretUse::read);
  const bool deprecated = parameters.flag("IncludeDeprecated").value_or(false);
  const std::int64_t size = parameters.number("MaxResults").value_or(100);
  if (size < 1 || size > 100) throw ApiError(400, "InvalidParameterException", "MaxResults must be between 1 and 100.");
  std::string after;
  if (const auto token = parameters.find("NextToken")) {
    const auto last = read_token(call.action, *token);
    if (!last) throw ApiError(400, "InvalidNextTokenException", "The NextToken value is invalid.");
    after = *last;
  }
  json::array versions;
  json::object answer{{"ARN", found.arn}, {"Name", found.secret.name}};
  std::string last;
  for (const auto& [id, version] : found.secret.versions) {
    if (id <= after || (version.stages.empty() && !deprecated)) continue;
    if (versions.size() == static_cast<std::size_t>(size)) {
      answer["NextToken"] = make_token(call.action, last);
      break;
    }
    versions.push_back(json::object{
        {"VersionId", id}, {"VersionStages", stages_of(version)}, {"CreatedDate", json_time(version.created)}});
    last = id;
  }
  answer["Versions"] = std::move(versions);
  return answer;
}

}  // namespace

std::string version_token(const JsonParameters& parameters) {
  std::string token = parameters.require("ClientRequestToken");
  if (token.size() < 32 || token.size() > 64) {
    throw ApiError(400, "InvalidParameterException", "ClientRequestToken must have 32 to 64 characters.");
  }
  return token;
}

std::optional<SecretVersion> secret_value(const Call& call, const JsonParameters& parameters) {
  SecretVersion version;
  version.text = parameters.find("SecretString");
  version.binary = parameters.find("SecretBinary");
  if (!version.text && !version.binary) return std::nullopt;
  if (version.text && version.binary) {
    throw ApiError(400, "InvalidParameterException",
                   "You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  const auto binary = version.binary ? base::base64_decode(*version.binary) : std::optional<std::string>();
  if (version.binary && !binary) throw ApiError(400, "SerializationException", "SecretBinary must be base64");
  const std::string& content = version.text ? *version.text : *binary;
  if (content.empty() || content.size() > k_value_bytes) {
    throw ApiError(400, "InvalidParameterException", "A secret value has 1 to 65536 bytes.");
  }
  version.created = call.now;
  return version;
}

void move_stage(StoredSecret& secret, const std::string& stage, const std::string& version) {
  std::string holder;
  SecretVersion* old = holder_of(secret, stage, &holder);
  if (holder == version) return;
  if (old) {
    old->stages.erase(stage);
    if (stage == "AWSCURRENT") {
      if (SecretVersion* previous = holder_of(secret, "AWSPREVIOUS")) previous->stages.erase("AWSPREVIOUS");
      old->stages.insert("AWSPREVIOUS");
    }
  }
  secret.versions.at(version).stages.insert(stage);
}

bool handle_secret_versions(const Call& call, const JsonParameters& parameters, json::object& answer) {
  if (call.action == "PutSecretValue") {
    answer = put_secret_value(call, parameters);
  } else if (call.action == "GetSecretValue") {
    answer = get_secret_value(call, parameters);
  } else if (call.action == "UpdateSecretVersionStage") {
    answer = update_stage(call, parameters);
  } else if (call.action == "ListSecretVersionIds") {
    answer = list_versions(call, parameters);
  } else {
    return false;
  }
  return true;
}

}  // namespace keyward::sandbox
