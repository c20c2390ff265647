#include "aws/iam_client.hpp"

#include "aws/operations.hpp"
#include "aws/paging.hpp"
#include "base/encoding.hpp"

namespace keyward::aws {

using namespace operations;

namespace {

using base::Error;
using base::ErrorKind;
using base::Idempotency;
using base::Result;
using base::Task;

constexpr std::string_view k_version = "2010-05-08";

std::string text(pugi::xml_node node, const char* name) { return node.child(name).text().get(); }

Error malformed(const Operation& operation, const std::string& request_id, std::string what) {
  return Error{ErrorKind::invalid, operation.full_name(), "MalformedAnswer", request_id, std::move(what)};
}

Result<base::AccessKeyId> key_id(const Operation& operation, pugi::xml_node node) {
  auto id = base::AccessKeyId::parse(text(node, "AccessKeyId"));
  if (!id) return malformed(operation, "", "an access key without a usable AccessKeyId");
  return *id;
}

Result<base::Instant> create_date(const Operation& operation, pugi::xml_node node) {
  const auto created = base::parse_iso8601(text(node, "CreateDate"));
  if (!created) return malformed(operation, "", "an access key without a readable CreateDate");
  return *created;
}

}  // namespace

/// All pages of a list. IAM may give fewer elements than asked for and still have more.
Task<Result<std::vector<XmlAnswer>>> IamClient::list(Operation operation, Parameters parameters) {
  std::vector<XmlAnswer> all;
  parameters.add("MaxItems", "1000");
  Pages pages(operation);
  while (pages.more()) {
    Parameters of_page = parameters.clone();
    if (!pages.token().empty()) of_page.add("Marker", pages.token());
    Result<XmlAnswer> answer = co_await caller_.query(operation, k_version, std::move(of_page));
    if (!answer) co_return answer.error();
    std::optional<std::string> marker;
    if (text(answer->result, "IsTruncated") == "true") {
      marker = text(answer->result, "Marker");
      if (marker->empty()) co_return malformed(operation, answer->request_id, "a truncated page without Marker");
    }
    all.push_back(std::move(*answer));
    const Result<void> advanced = pages.advance(marker);
    if (!advanced) co_return advanced.error();
  }
  co_return all;
}

Task<Result<std::string>> IamClient::change(Operation operation, Parameters parameters) {
  Result<XmlAnswer> answer = co_await caller_.query(operation, k_version, std::move(parameters));
  if (!answer) co_return answer.error();
  co_return std::move(answer->request_id);
}

Task<Result<std::vector<IamUser>>> IamClient::list_users() {
  Parameters parameters;
  Result<std::vector<XmlAnswer>> pages = co_await list(k_list_users, std::move(parameters));
  if (!pages) co_return pages.error();
  std::vector<IamUser> users;
  for (const auto& page : *pages) {
    const auto container = page.result.child("Users");
    if (!container) co_return malformed(k_list_users, "", "the answer has no Users");
    for (const auto member : container.children("member")) {
      auto name = base::UserName::parse(text(member, "UserName"));
      auto arn = base::Arn::parse(text(member, "Arn"));
      if (!name || !arn) co_return malformed(k_list_users, "", "a user without a usable UserName or Arn");
      users.push_back({std::move(*name), std::move(*arn)});
    }
  }
  co_return users;
}

Task<Result<std::vector<AccessKeyMetadata>>> IamClient::list_access_keys(base::UserName user) {
  Parameters parameters{{"UserName", user.str()}};
  Result<std::vector<XmlAnswer>> pages = co_await list(k_list_access_keys, std::move(parameters));
  if (!pages) co_return pages.error();
  std::vector<AccessKeyMetadata> keys;
  for (const auto& page : *pages) {
    const auto container = page.result.child("AccessKeyMetadata");
    if (!container) co_return malformed(k_list_access_keys, "", "the answer has no AccessKeyMetadata");
    for (const auto member : container.children("member")) {
      const Result<base::AccessKeyId> id = key_id(k_list_access_keys, member);
      if (!id) co_return id.error();
      const Result<base::Instant> created = create_date(k_list_access_keys, member);
      if (!created) co_return created.error();
      keys.push_back({*id, text(member, "Status"), *created});
    }
  }
  co_return keys;
}

Task<Result<std::optional<AccessKeyLastUsed>>> IamClient::access_key_last_used(base::AccessKeyId key) {
  Parameters parameters{{"AccessKeyId", key.str()}};
  Result<XmlAnswer> answer = co_await caller_.query(k_get_access_key_last_used, k_version, std::move(parameters));
  if (!answer) co_return answer.error();
  const auto element = answer->result.child("AccessKeyLastUsed");
  // Without this element the answer says nothing; "never used" is the element without its date.
  if (!element)
    co_return malformed(k_get_access_key_last_used, answer->request_id, "the answer has no AccessKeyLastUsed");
  const std::string date = text(element, "LastUsedDate");
  if (date.empty() || date == "N/A") co_return std::optional<AccessKeyLastUsed>();
  const auto at = base::parse_iso8601(date);
  if (!at) co_return malformed(k_get_access_key_last_used, answer->request_id, "LastUsedDate is not a date");
  std::optional<AccessKeyLastUsed> used(AccessKeyLastUsed{*at, text(element, "ServiceName"), text(element, "Region")});
  co_return used;
}

Task<Result<bool>> IamClient::generate_credential_report() {
  Parameters none;
  Result<XmlAnswer> answer = co_await caller_.query(k_generate_credential_report, k_version, std::move(none));
  if (!answer) co_return answer.error();
  co_return text(answer->result, "State") == "COMPLETE";
}

Task<Result<std::optional<CredentialReport>>> IamClient::credential_report() {
  Parameters none;
  Result<XmlAnswer> answer = co_await caller_.query(k_get_credential_report, k_version, std::move(none));
  if (!answer && answer.error().code == "ReportInProgress") co_return std::optional<CredentialReport>();
  if (!answer) co_return answer.error();
  auto csv = base::base64_decode(text(answer->result, "Content"));
  const auto generated = base::parse_iso8601(text(answer->result, "GeneratedTime"));
  if (!csv || !generated) {
    co_return malformed(k_get_credential_report, answer->request_id, "a credential report without readable Content or GeneratedTime");
  }
  std::optional<CredentialReport> report(CredentialReport{std::move(*csv), *generated});
  co_return report;
}

Task<Result<CreatedAccessKey>> IamClient::create_access_key(base::UserName user) {
  Parameters parameters{{"UserName", user.str()}};
  Result<XmlAnswer> answer = co_await caller_.query(k_create_access_key, k_version, std::move(parameters));
  if (!answer) co_return answer.error();
  const auto element = answer->result.child("AccessKey");
  const auto id = base::AccessKeyId::parse(text(element, "AccessKeyId"));
  const auto created = base::parse_iso8601(text(element, "CreateDate"));
  base::Secret secret(element.child("SecretAccessKey").text().get());
  if (!id || !created || secret.empty()) {
    // The key may exist although we cannot use it: the caller must look for it.
    co_return Error{ErrorKind::ambiguous, k_create_access_key.full_name(), "MalformedAnswer", answer->request_id,
                    "the answer lacks AccessKeyId, SecretAccessKey or CreateDate"};
  }
  co_return CreatedAccessKey{*id, std::move(secret), *created, std::move(answer->request_id)};
}

Task<Result<std::string>> IamClient::deactivate_access_key(base::UserName user, base::AccessKeyId key) {
  Parameters parameters{{"UserName", user.str()}, {"AccessKeyId", key.str()}, {"Status", "Inactive"}};
  Result<std::string> done = co_await change(k_update_access_key, std::move(parameters));
  co_return done;
}

Task<Result<std::string>> IamClient::delete_access_key(base::UserName user, base::AccessKeyId key) {
  Parameters parameters{{"UserName", user.str()}, {"AccessKeyId", key.str()}};
  Result<std::string> done = co_await change(k_delete_access_key, std::move(parameters));
  if (!done && done.error().kind == ErrorKind::not_found) co_return done.error().request_id;
  co_return done;
}

Task<Result<std::map<std::string, std::string>>> IamClient::list_user_tags(base::UserName user) {
  Parameters parameters{{"UserName", user.str()}};
  Result<std::vector<XmlAnswer>> pages = co_await list(k_list_user_tags, std::move(parameters));
  if (!pages) co_return pages.error();
  std::map<std::string, std::string> tags;
  for (const auto& page : *pages) {
    const auto container = page.result.child("Tags");
    if (!container) co_return malformed(k_list_user_tags, "", "the answer has no Tags");
    for (const auto member : container.children("member")) tags[text(member, "Key")] = text(member, "Value");
  }
  co_return tags;
}

Task<Result<void>> IamClient::tag_user(base::UserName user, std::string key, std::string value) {
  Parameters parameters{{"UserName", user.str()}, {"Tags.member.1.Key", key}, {"Tags.member.1.Value", value}};
  Result<std::string> done = co_await change(k_tag_user, std::move(parameters));
  if (!done) co_return done.error();
  co_return Result<void>();
}

Task<Result<std::vector<std::string>>> IamClient::attached_policies(base::UserName user) {
  Parameters parameters{{"UserName", user.str()}};
  Result<std::vector<XmlAnswer>> pages = co_await list(k_list_attached_user_policies, std::move(parameters));
  if (!pages) co_return pages.error();
  std::vector<std::string> names;
  for (const auto& page : *pages) {
    const auto container = page.result.child("AttachedPolicies");
    if (!container) co_return malformed(k_list_attached_user_policies, "", "the answer has no AttachedPolicies");
    for (const auto member : container.children("member")) names.push_back(text(member, "PolicyName"));
  }
  co_return names;
}

Task<Result<std::vector<std::string>>> IamClient::group_members(std::string group) {
  Parameters parameters{{"GroupName", group}};
  Result<std::vector<XmlAnswer>> pages = co_await list(k_get_group, std::move(parameters));
  if (!pages) co_return pages.error();
  std::vector<std::string> names;
  for (const auto& page : *pages) {
    const auto container = page.result.child("Users");
    if (!container) co_return malformed(k_get_group, "", "the answer has no Users");
    for (const auto member : container.children("member")) names.push_back(text(member, "UserName"));
  }
  co_return names;
}

Task<Result<std::vector<SimulatedRefusal>>> IamClient::simulate(SimulatedAccess access) {
  Parameters parameters{{"PolicySourceArn", access.principal}};
  const auto add_list = [&parameters](const std::string& name, const std::vector<std::string>& values) {
    int number = 0;
    for (const std::string& value : values) parameters.add(name + ".member." + std::to_string(++number), value);
  };
  add_list("ActionNames", access.actions);
  add_list("ResourceArns", access.resources);
  int number = 0;
  for (const auto& [key, values] : access.context) {
    const std::string entry = "ContextEntries.member." + std::to_string(++number);
    parameters.add(entry + ".ContextKeyName", key);
    parameters.add(entry + ".ContextKeyType", values.size() > 1 ? "stringList" : "string");
    add_list(entry + ".ContextKeyValues", values);
  }
  Result<std::vector<XmlAnswer>> pages = co_await list(k_simulate_principal_policy, std::move(parameters));
  if (!pages) co_return pages.error();
  std::vector<SimulatedRefusal> refusals;
  for (const auto& page : *pages) {
    const auto container = page.result.child("EvaluationResults");
    if (!container) co_return malformed(k_simulate_principal_policy, "", "the answer has no EvaluationResults");
    for (const auto member : container.children("member")) {
      const std::string decision = text(member, "EvalDecision");
      if (decision == "allowed") continue;
      const auto organization = member.child("OrganizationsDecisionDetail");
      refusals.push_back({text(member, "EvalActionName"), text(member, "EvalResourceName"), decision == "explicitDeny",
                          text(organization, "AllowedByOrganizations") == "false"});
    }
  }
  co_return refusals;
}

}  // namespace keyward::aws
