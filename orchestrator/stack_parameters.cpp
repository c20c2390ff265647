#include "orchestrator/stack_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <map>
#include <optional>

#include "orchestrator/configuration_environment.hpp"
#include "orchestrator/secret_look.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;
using Outcome = TranslatedParameter::Outcome;

// What the template calls otherwise than its code, whose names read_environment() knows.
const std::map<std::string_view, std::string_view> k_variable_of{{"S3BucketName", "S3_BUCKET_NAME"},
                                                                 {"S3BucketPrefix", "S3_BUCKET_PREFIX"},
                                                                 {"AdminEmailAddress", "ADMIN_EMAIL"},
                                                                 {"IAMRoleName", "IAMAssumedRoleName"}};

constexpr std::string_view k_network = "keyward has no network of its own to set up; where it runs decides.";
constexpr std::string_view k_lambda_role = "keyward runs as whoever starts it; no role of a Lambda function is named.";

const std::map<std::string_view, std::string_view> k_not_needed{
    {"ExecutionRoleName", k_lambda_role},
    {"InventoryExecutionRoleName", k_lambda_role},
    {"AccountExecutionRoleName", k_lambda_role},
    {"RotationExecutionRoleName", k_lambda_role},
    {"PrimaryAccountID", "It stands in the trust policies of the roles, not here."},
    {"RunLambdaInVPC", "In a VPC mail went by SMTP, else by SES; that is kept in notify.channels."},
    {"VpcId", k_network},
    {"VpcCidr", k_network},
    {"SubnetId", k_network},
    {"pVpcId", k_network},
    {"pSubnetId", k_network},
    {"pVPCCidr", k_network},
    {"pCreateSESEndpoint", k_network},
    {"pCreateSSMEndpoint", k_network},
    {"pCreateSTSEndpoint", k_network},
    {"pCreateS3GatewayEndpoint", k_network},
    {"pCreateSecretsManagerEndpoint", k_network}};

/// What to know of a parameter that is taken.
const std::map<std::string_view, std::string_view> k_remarks{
    {"AWSOrgID", "It was never checked there; a run of keyward in any other organization is refused."},
    {"InactiveBuffer",
     "It never worked there: the code reads InstallationGracePeriod, which the template does not set, so old keys had 7 days."},
    {"RecoveryGracePeriod", "It was counted from creation dates there; keyward counts from the day the key was deactivated."},
    {"ResourceOwnerTag",
     "It never worked there: no owner got mail, because what the scan writes is not what the mail reads. Name notify.allowed_domains, "
     "or keyward uses no address from tags."},
    {"IAMExemptionGroup", "There everybody was rotated when the group could not be read; keyward leaves alone whom it cannot tell."},
    {"AdminEmailAddress", "Mail goes by SES, where the address must be verified."},
    {"IAMRoleName", "keyward needs fewer rights than that role has, above all no iam:PutUserPolicy: see docs/rotation.md."}};

base::Error not_readable(std::string why) {
  return {base::ErrorKind::invalid, "stack parameters", "BadParameters", "",
          std::move(why) +
              "; give the answer of aws cloudformation describe-stacks --stack-name NAME, a parameters file, or {\"key\": \"value\"}"};
}

std::string text_of(const json::value& value) { return value.is_string() ? std::string(value.get_string()) : json::serialize(value); }

base::Result<std::vector<StackParameter>> read_list(const json::array& list) {
  std::vector<StackParameter> parameters;
  for (const json::value& entry : list) {
    const json::object* object = entry.if_object();
    const json::value* key = object == nullptr ? nullptr : object->if_contains("ParameterKey");
    if (key == nullptr || !key->is_string()) return not_readable("an entry has no ParameterKey");
    const json::value* value = object->if_contains("ParameterValue");
    parameters.emplace_back(key->get_string(), value == nullptr ? std::string() : text_of(*value));
  }
  return parameters;
}

base::Result<std::vector<StackParameter>> read_value(const json::value& value) {
  if (const json::array* list = value.if_array()) return read_list(*list);
  const json::object* object = value.if_object();
  if (object == nullptr) return not_readable("it is neither a list nor an object");
  if (const json::value* stacks = object->if_contains("Stacks")) {
    const json::array* list = stacks->if_array();
    if (list == nullptr || list->size() != 1) return not_readable("it is not about exactly one stack");
    return read_value(list->front());
  }
  if (const json::value* parameters = object->if_contains("Parameters")) return read_value(*parameters);
  if (object->contains("StackName") || object->contains("StackId")) return not_readable("the stack has no parameters");
  std::vector<StackParameter> map;
  for (const auto& [key, one] : *object) {
    if (one.is_object() || one.is_array()) return not_readable(std::string(key) + " is no text");
    map.emplace_back(key, text_of(one));
  }
  return map;
}

bool is_true(std::string_view text) { return text == "true" || text == "True" || text == "TRUE"; }

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value) : std::nullopt;
}

class Translation {
 public:
  Translation(const std::vector<StackParameter>& parameters, ConfigurationDraft& draft) : parameters_(parameters), draft_(draft) {}

  std::vector<TranslatedParameter> translate() {
    read_by_variables();
    std::vector<TranslatedParameter> answer;
    for (const auto& [name, value] : parameters_) {
      TranslatedParameter one{name, looks_like_secret(value) ? "(hidden)" : value, Outcome::unknown, ""};
      decide(one, value);
      answer.push_back(std::move(one));
    }
    return answer;
  }

 private:
  std::string value_of(std::string_view name) const {
    const auto found = std::ranges::find(parameters_, name, &StackParameter::first);
    return found == parameters_.end() ? std::string() : found->second;
  }
  static std::string variable_of(std::string_view name) {
    const auto renamed = k_variable_of.find(name);
    return std::string(renamed == k_variable_of.end() ? name : renamed->second);
  }
  bool by_smtp() const { return is_true(value_of("RunLambdaInVPC")); }
  /// In list-accounts-role.yaml IAMRoleName is another role.
  bool of_list_role_template() const {
    return !value_of("RotationExecutionRoleName").empty() || !value_of("AccountExecutionRoleName").empty();
  }

  /// Why a parameter that keyward knows is not taken as it is; empty: it is.
  std::string reason_not_to_take(std::string_view name) const {
    if (name == "IAMRoleName" && of_list_role_template()) {
      return "In this template it names the role that lists the organization: set organization.list_role to its ARN.";
    }
    if (name.starts_with("SMTP") && !by_smtp())
      return "It was used only with RunLambdaInVPC; for SMTP add a channel of type smtp and set notify.smtp_user and notify.smtp_password.";
    if (name.starts_with("EmailTemplate") && value_of("S3BucketName").empty())
      return "Without S3BucketName there are no templates of your own; keyward has its own.";
    return {};
  }

  /// The environment of the Lambda functions was made of the parameters, and keyward reads that already.
  void read_by_variables() {
    std::map<std::string, std::string> environment;
    for (const auto& [name, value] : parameters_) {
      const bool own = name == "DryRunFlag" || name == "StoreSecretsInCentralAccount" || name == "AWSOrgID";
      if (own || value.empty() || looks_like_secret(value) || !reason_not_to_take(name).empty()) continue;
      environment.emplace(variable_of(name), value);
    }
    Problems problems;
    for (const EnvironmentValue& said : read_environment(environment, "aws", problems)) {
      if (const std::optional<std::string> refused = draft_.set(said.path, said.value)) failures_[said.value.origin.name] = *refused;
    }
    for (const Problem& problem : problems.list()) failures_.try_emplace(problem.origin.name, problem.path + ": " + problem.message);
  }

  void take(TranslatedParameter& one, std::string_view path) {
    one.outcome = Outcome::taken;
    one.text = fmt::format("{}: {}.", path, draft_.text_of(path));
    const auto remark = k_remarks.find(one.name);
    if (remark != k_remarks.end()) one.text += " " + std::string(remark->second);
    draft_.note(path,
                fmt::format("From {} = {}.{}", one.name, one.value, remark == k_remarks.end() ? "" : " " + std::string(remark->second)));
  }

  void refuse(TranslatedParameter& one, std::string text) {
    one.outcome = Outcome::not_taken;
    one.text = std::move(text);
  }

  void decide(TranslatedParameter& one, const std::string& value) {
    const auto superfluous = k_not_needed.find(one.name);
    if (superfluous != k_not_needed.end()) {
      one.outcome = Outcome::not_needed;
      one.text = superfluous->second;
    } else if (value.empty() || value == "****") {
      refuse(one, "It has no value here, so the default stays.");
    } else if (looks_like_secret(value)) {
      refuse(one, "Its value looks like a secret, which never stands in a configuration; name where it is.");
    } else if (one.name == "DryRunFlag") {
      refuse(one,
             "dry_run stays true, whatever it was: set it to false when the report of keyward run --dry-run looks right. There, anything "
             "but true was live.");
      draft_.note(
          "dry_run",
          fmt::format("DryRunFlag was {}. dry_run stays true until you have looked at the report of keyward run --dry-run.", one.value));
    } else if (one.name == "InactivePeriod") {
      inactive_period(one, value);
    } else if (one.name == "StoreSecretsInCentralAccount") {
      store(one, value);
    } else if (one.name == "AWSOrgID") {
      const auto refused = draft_.set("organization.id", json::value(value));
      refused ? refuse(one, *refused + ".") : take(one, "organization.id");
    } else if (const std::string reason = reason_not_to_take(one.name); !reason.empty()) {
      refuse(one, reason);
    } else {
      by_variable(one);
    }
  }

  void by_variable(TranslatedParameter& one) {
    const std::string variable = variable_of(one.name);
    const auto known = std::ranges::find(environment_names(), variable, &EnvironmentName::name);
    if (known == environment_names().end()) {
      one.text = "keyward knows no such parameter of the guidance's stacks; nothing became of it.";
    } else if (const auto failed = failures_.find(variable); failed != failures_.end()) {
      refuse(one, failed->second + ".");
    } else if (draft_.get(known->path) == nullptr) {
      refuse(one, fmt::format("{} was not set, because what belongs to it was refused.", known->path));
    } else {
      take(one, known->path);
    }
  }

  void inactive_period(TranslatedParameter& one, const std::string& value) {
    one.outcome = Outcome::never_worked;
    one.text = "Nothing reads it there. ";
    const std::optional<int> inactive = number(value);
    const std::optional<int> rotate = number(draft_.text_of("policy.rotate_after_days"));
    if (!inactive || !rotate || *inactive <= *rotate || draft_.get("policy.install_grace_days") != nullptr) {
      one.text += "In keyward policy.install_grace_days says how long the old key works beside the new one; it is " +
                  draft_.text_of("policy.install_grace_days") + ".";
      return;
    }
    const auto refused = draft_.set("policy.install_grace_days", json::value(*inactive - *rotate));
    one.text += refused ? *refused + "."
                        : fmt::format("What it promised is kept: policy.install_grace_days: {}, from day {} to day {}.",
                                      *inactive - *rotate, *rotate, *inactive);
    if (!refused) draft_.note("policy.install_grace_days", fmt::format("From InactivePeriod = {}, which nothing reads there.", one.value));
  }

  void store(TranslatedParameter& one, const std::string& value) {
    if (!is_true(value)) {
      if (const auto refused = draft_.set("store.target", json::value("member"))) return refuse(one, *refused + ".");
      return take(one, "store.target");
    }
    (void)draft_.set("store.target", json::value("central"));
    (void)draft_.set("store.kms_key_id", json::value("alias/keyward"));
    draft_.note("store.kms_key_id",
                "There was none there, so nobody outside of the account could read a secret. Make this key, or name another.");
    take(one, "store.target");
    one.text +=
        " It never worked there: without a key of your own no user could read a secret. Make the KMS key alias/keyward or name another in "
        "store.kms_key_id.";
    const std::string account = value_of("OrgListAccount");
    const std::string role = "arn:aws:iam::" + account + ":role/keyward-store";
    if (!account.empty() && !draft_.set("store.role", json::value(role))) {
      draft_.note("store.role",
                  "There the role that lists the organization wrote the secrets, with rights on all of that account's. Make this one, or "
                  "name another.");
      one.text += " Secrets were in account " + account + ": make the role " + role + " or name another in store.role.";
    }
  }

  const std::vector<StackParameter>& parameters_;
  ConfigurationDraft& draft_;
  std::map<std::string, std::string> failures_;  ///< by variable
};

}  // namespace

base::Result<std::vector<StackParameter>> read_stack_parameters(std::string_view text) {
  boost::system::error_code failed;
  const json::value value = json::parse({text.data(), text.size()}, failed);
  if (failed) return not_readable("it is not JSON");
  return read_value(value);
}

std::string_view word_for(Outcome outcome) {
  switch (outcome) {
    case Outcome::taken: return "taken over";
    case Outcome::not_taken: return "not taken over";
    case Outcome::never_worked: return "never worked there";
    case Outcome::not_needed: return "not needed";
    case Outcome::unknown: break;
  }
  return "unknown";
}

std::vector<TranslatedParameter> translate_stack_parameters(const std::vector<StackParameter>& parameters, ConfigurationDraft& draft) {
  return Translation(parameters, draft).translate();
}

}  // namespace keyward::orchestrator
