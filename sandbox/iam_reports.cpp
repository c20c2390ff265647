#include "base/encoding.hpp"
#include "sandbox/authorization.hpp"
#include "sandbox/iam_service.hpp"

// What IAM says of a whole account: the credential report, authorization details, aliases.
namespace keyward::sandbox {
namespace {

constexpr std::chrono::hours k_report_lifetime{4};

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string report_time(base::Instant time) {
  std::string text = base::format_iso8601(time);
  text.replace(text.size() - 1, 1, "+00:00");
  return text;
}

std::string key_columns(const AccessKey* key) {
  if (!key) return ",false,N/A,N/A,N/A,N/A";
  std::string columns = std::string(",") + (key->active ? "true" : "false") + "," + report_time(key->changed);
  if (!key->last_used) return columns + ",N/A,N/A,N/A";
  return columns + "," + report_time(key->last_used->date) + "," + key->last_used->region + "," +
         key->last_used->service;
}

std::string generate_report(const Call& call) {
  authorize(call, "iam:GenerateCredentialReport", "*");
  auto& report = call.account.credential_report;
  const Moment now = call.world.clock.moment();
  XmlWriter xml;
  if (report && now < report->ready) {
    xml.text("State", "INPROGRESS");
  } else if (report && call.now - report->generated < k_report_lifetime && call.now >= report->generated) {
    xml.text("State", "COMPLETE");
  } else {
    report = CredentialReport{call.now, now + call.world.quirks.report_duration, credential_report_csv(call.account)};
    xml.text("State", "STARTED");
    xml.text("Description", "No report exists. Starting a new report generation task");
  }
  return xml.take();
}

std::string get_report(const Call& call) {
  authorize(call, "iam:GetCredentialReport", "*");
  const auto& report = call.account.credential_report;
  if (!report) throw ApiError(410, "ReportNotPresent", "No report is present. Generate a new one.");
  if (call.world.clock.moment() < report->ready) {
    throw ApiError(404, "ReportInProgress", "Report generation is in progress.");
  }
  if (call.now - report->generated >= k_report_lifetime || call.now < report->generated) {
    throw ApiError(410, "ReportExpired", "The most recent report has expired. Generate a new one.");
  }
  XmlWriter xml;
  xml.text("Content", base::base64_encode(report->csv));
  xml.text("ReportFormat", "text/csv");
  xml.time("GeneratedTime", report->generated);
  return xml.take();
}

void write_policy_list(XmlWriter& xml, std::string_view list, const Policies& policies) {
  xml.open(list);
  for (const auto& [name, text] : policies) {
    xml.open("member");
    xml.text("PolicyName", name);
    xml.text("PolicyDocument", base::percent_encode(text));
    xml.close();
  }
  xml.close();
}

void write_user_detail(XmlWriter& xml, const Call& call, const User& user) {
  write_user(xml, call, user);
  write_policy_list(xml, "UserPolicyList", user.policies);
  xml.open("GroupList");
  for (const std::string& group : user.groups) xml.text("member", group);
  xml.close();
  xml.empty("AttachedManagedPolicies");
  xml.open("Tags");
  for (const auto& [key, value] : user.tags) {
    xml.open("member");
    xml.text("Key", key);
    xml.text("Value", value);
    xml.close();
  }
  xml.close();
}

std::string authorization_details(const Call& call, const QueryParameters& parameters) {
  authorize(call, "iam:GetAccountAuthorizationDetails", "*");
  const auto filter = parameters.list("Filter");
  const auto wants = [&](std::string_view type) {
    return filter.empty() || std::find(filter.begin(), filter.end(), type) != filter.end();
  };
  std::vector<const User*> users;
  if (wants("User")) {
    users.reserve(call.account.users.size());
    for (const auto& [name, user] : call.account.users) users.push_back(&user);
  }
  XmlWriter xml;
  xml.open("GroupDetailList");
  if (wants("Group") && parameters.get("Marker").empty()) {
    for (const auto& [name, group] : call.account.groups) {
      xml.open("member");
      xml.text("Path", group.path);
      xml.text("GroupName", group.name);
      xml.text("GroupId", group.id);
      xml.text("Arn", group_arn(call.account, group));
      xml.time("CreateDate", group.created);
      write_policy_list(xml, "GroupPolicyList", group.policies);
      xml.close();
    }
  }
  xml.close();
  xml.empty("RoleDetailList");
  xml.empty("Policies");
  write_iam_page(
      xml, call, parameters, "UserDetailList", users, [](const User* user) { return user->name; },
      [&](const User* user) { write_user_detail(xml, call, *user); });
  return xml.take();
}

}  // namespace

std::string credential_report_csv(const Account& account) {
  std::string csv =
      "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
      "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
      "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
      "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
      "cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
  const std::string certificates = ",false,N/A,false,N/A";
  csv += "\n<root_account>,arn:aws:iam::" + account.id + ":root," + report_time(account.joined) +
         ",not_supported,no_information,not_supported,not_supported,true" + key_columns(nullptr) +
         key_columns(nullptr) + certificates;
  for (const auto& [name, user] : account.users) {
    csv += "\n" + csv_field(user.name) + "," + csv_field(user_arn(account, user)) + "," + report_time(user.created);
    csv += user.has_password ? ",true,no_information," + report_time(user.created) + ",N/A" : ",false,N/A,N/A,N/A";
    csv += ",false";
    csv += key_columns(user.keys.empty() ? nullptr : &user.keys[0]);
    csv += key_columns(user.keys.size() < 2 ? nullptr : &user.keys[1]);
    csv += certificates;
  }
  return csv;
}

bool handle_iam_reports(const Call& call, const QueryParameters& parameters, IamResult& result) {
  const std::string& action = call.action;
  if (action == "GenerateCredentialReport") {
    result = generate_report(call);
  } else if (action == "GetCredentialReport") {
    result = get_report(call);
  } else if (action == "GetAccountAuthorizationDetails") {
    result = authorization_details(call, parameters);
  } else if (action == "ListAccountAliases") {
    authorize(call, "iam:ListAccountAliases", "*");
    XmlWriter xml;
    xml.open("AccountAliases");
    if (!call.account.alias.empty()) xml.text("member", call.account.alias);
    xml.close();
    xml.flag("IsTruncated", false);
    result = xml.take();
  } else {
    return false;
  }
  return true;
}

}  // namespace keyward::sandbox
