#include "report/ocsf.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "report/asff.hpp"
#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

namespace json = boost::json;

// Ids of the schema, version 1.3.0.
constexpr int k_findings = 2, k_identity_and_access = 3;
constexpr int k_compliance_finding = 2003, k_entity_management = 3004;
constexpr int k_create = 1, k_delete = 4, k_disable = 9;  // activities; a finding knows k_create as well
constexpr int k_aws_account = 10;                         // account.type_id
constexpr int k_user = 1;                                 // user.type_id

struct Caption {
  int id;
  const char* caption;
};
constexpr Caption k_informational{1, "Informational"}, k_low{2, "Low"}, k_medium{3, "Medium"}, k_high{4, "High"};
constexpr Caption k_pass{1, "Pass"}, k_warning{2, "Warning"}, k_fail{3, "Fail"};
constexpr Caption k_success{1, "Success"}, k_failure{2, "Failure"};

void put(json::object& object, const char* id, const char* caption, const Caption& value) {
  object[id] = value.id;
  object[caption] = value.caption;
}

std::int64_t milliseconds(base::Instant instant) { return std::chrono::milliseconds(instant.time_since_epoch()).count(); }

void put_class(json::object& object, int category, int event_class, const Caption& activity) {
  object["category_uid"] = category;
  object["class_uid"] = event_class;
  object["activity_id"] = activity.id;
  object["activity_name"] = activity.caption;
  object["type_uid"] = event_class * 100 + activity.id;
}

json::object account_of(const Event& event) {
  json::object account{{"uid", event.account}, {"type", "AWS Account"}, {"type_id", k_aws_account}};
  if (!event.account_name.empty()) account["name"] = valid_utf8(event.account_name);
  return account;
}

Caption compliance_of(const Event& event) {
  if (event.verdict == "out_of_policy") return k_fail;
  return event.verdict == "unknown" || event.verdict == "not_covered" ? k_warning : k_pass;
}

Caption severity_of(const Event& event, const PolicyDays& policy) {
  if (event.verdict == "out_of_policy") return event.age_days.value_or(0) > policy.remove ? k_high : k_medium;
  return compliance_of(event).id == k_warning.id ? k_low : k_informational;
}

std::string finding_uid(const Event& event) {
  if (!event.access_key_id.empty()) return finding_id(event.account, event.user, event.access_key_id);
  return "keyward/" + event.account + (event.user.empty() ? "" : '/' + event.user) + "/not-read";
}

std::string message_of(const Event& event) {
  std::string text = event.user.empty() ? "account " + event.account : "user " + event.user;
  if (!event.access_key_id.empty()) text = "access key " + last_four(event.access_key_id) + " of " + text;
  text += ": " + event.verdict;
  if (!event.reason.empty()) text += ", " + why(event);
  return valid_utf8(text);
}

json::object resource_of(const Event& event) {
  if (event.user.empty()) return {{"uid", event.account}, {"type", "AwsAccount"}};
  json::object owner{{"name", valid_utf8(event.user)}, {"uid", event.account + '/' + valid_utf8(event.user)}, {"account", account_of(event)}};
  owner["type_id"] = k_user;
  owner["type"] = "User";
  if (event.access_key_id.empty()) return {{"name", valid_utf8(event.user)}, {"type", "AwsIamUser"}, {"owner", owner}};
  return {{"uid", event.access_key_id}, {"type", "AwsIamAccessKey"}, {"owner", owner}};
}

bool was_tried(const Event& event) {
  if (event.event != "action" && event.event != "earlier_action") return false;
  if (event.action != "rotate" && event.action != "deactivate" && event.action != "delete") return false;
  return event.outcome == "done" || event.outcome == "failed" || event.outcome == "recovery_needed";
}

}  // namespace

OcsfWriter::OcsfWriter(const RunSummary& summary, TextSink out) : summary_(summary), out_(std::move(out)) {
  for (const Uncovered& account : summary.uncovered) not_covered(account);
}

void OcsfWriter::add(const Event& event) {
  if (!event.verdict.empty()) out_(json::serialize(finding(event)) + '\n');
  if (was_tried(event)) out_(json::serialize(change(event)) + '\n');
}

void OcsfWriter::not_covered(const Uncovered& account) {
  Event event;
  event.time = summary_.finished;
  event.account = account.account;
  event.account_name = account.name;
  event.verdict = "not_covered";
  event.detail = account.reason;
  out_(json::serialize(finding(event)) + '\n');
}

json::object OcsfWriter::base_event(const Event& event) const {
  json::object product{{"name", "keyward"}, {"vendor_name", "keyward"}};
  if (!summary_.version.empty()) product["version"] = summary_.version;
  json::object metadata{{"version", k_ocsf_version}, {"product", std::move(product)}, {"profiles", json::array{"cloud"}}};
  metadata["correlation_uid"] = summary_.run;
  if (!event.reason.empty()) metadata["event_code"] = event.reason;
  json::object cloud{{"provider", "AWS"}, {"account", account_of(event)}};
  if (!summary_.region.empty()) cloud["region"] = summary_.region;
  if (!summary_.organization.empty()) cloud["org"] = json::object{{"uid", summary_.organization}};
  json::object object;
  object["time"] = milliseconds(event.time);
  object["metadata"] = std::move(metadata);
  object["cloud"] = std::move(cloud);
  return object;
}

json::object OcsfWriter::finding(const Event& event) const {
  json::object object = base_event(event);
  put_class(object, k_findings, k_compliance_finding, {k_create, "Create"});
  put(object, "severity_id", "severity", severity_of(event, summary_.policy));
  object["message"] = message_of(event);
  json::object info{{"uid", finding_uid(event)}, {"title", "Age of IAM user access keys"}};
  info["types"] = json::array{"Software and Configuration Checks"};
  object["finding_info"] = std::move(info);
  json::object compliance{{"standards", json::array{"keyward policy"}}, {"control", "access-key-age"}};
  put(compliance, "status_id", "status", compliance_of(event));
  compliance["status_code"] = event.verdict;
  if (!event.detail.empty()) compliance["status_detail"] = valid_utf8(event.detail);
  object["compliance"] = std::move(compliance);
  object["resources"] = json::array{resource_of(event)};
  return object;
}

json::object OcsfWriter::change(const Event& event) const {
  const bool made = event.action == "rotate";
  const bool failed = event.outcome != "done";
  json::object object = base_event(event);
  // Not the schema's Deactivate: that is a passing change, and this one lasts until somebody ends it.
  put_class(object, k_identity_and_access, k_entity_management,
            made ? Caption{k_create, "Create"} : event.action == "delete" ? Caption{k_delete, "Delete"} : Caption{k_disable, "Disable"});
  put(object, "severity_id", "severity", failed ? k_medium : k_informational);
  put(object, "status_id", "status", failed ? k_failure : k_success);
  if (!event.error.empty()) object["status_detail"] = valid_utf8(event.error);
  object["message"] = valid_utf8(result_word(event) + ": access key " + last_four(event.access_key_id) + " of user " + event.user);
  if (!event.reason.empty()) object["comment"] = phrase(event.reason);
  json::object data{{"user", valid_utf8(event.user)}, {"action", event.action}};
  json::object entity{{"type", "AwsIamAccessKey"}, {"name", valid_utf8(event.user)}};
  if (made) {
    if (!event.new_access_key_id.empty()) entity["uid"] = event.new_access_key_id;
    if (!event.access_key_id.empty()) data["replaces"] = event.access_key_id;
  } else if (!event.access_key_id.empty()) {
    entity["uid"] = event.access_key_id;
  }
  entity["data"] = std::move(data);
  object["entity"] = std::move(entity);
  return object;
}

}  // namespace keyward::report
