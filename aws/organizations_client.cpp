#include "aws/organizations_client.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <iterator>

#include "aws/json_fields.hpp"
#include "aws/operations.hpp"

namespace keyward::aws {

using namespace operations;

namespace {

using base::Error;
using base::ErrorKind;
using base::Idempotency;
using base::Result;
using base::Task;

constexpr std::string_view k_target = "AWSOrganizationsV20161128";

Error malformed(const Operation& operation, std::string what) {
  return Error{ErrorKind::invalid, operation.full_name(), "MalformedAnswer", "", std::move(what)};
}

/// "o-abc/r-def/ou-def-1/ou-def-2/123456789012/" -> {"r-def", "ou-def-1", "ou-def-2"}.
std::vector<std::string> parents_in(std::string_view path) {
  std::vector<std::string> parents;
  while (!path.empty()) {
    const auto part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part.starts_with("r-") || part.starts_with("ou-")) parents.emplace_back(part);
  }
  return parents;
}

Result<base::AccountId> account_id(const Operation& operation, const boost::json::object& element) {
  const auto text = json_fields::text(element, "Id");
  const auto id = text ? base::AccountId::parse(*text) : std::nullopt;
  if (!id) return malformed(operation, "an account without a 12-digit Id");
  return *id;
}

Result<OrganizationAccount> read_account(const boost::json::object& element) {
  auto id = account_id(k_list_accounts, element);
  if (!id) return id.error();
  OrganizationAccount account{*id, json_fields::text(element, "Name").value_or(""),
                              json_fields::text(element, "Email").value_or(""), "", std::nullopt};
  auto state = json_fields::text(element, "State");
  if (!state) state = json_fields::text(element, "Status");
  account.state = state.value_or("");
  if (const auto* paths = json_fields::array(element, "Paths"); paths != nullptr && !paths->empty()) {
    if (const auto* path = paths->front().if_string()) account.path = parents_in(*path);
  }
  return account;
}

}  // namespace

Task<Result<std::vector<boost::json::object>>> OrganizationsClient::next(Pages& pages, Operation operation, boost::json::object input,
                                                                         std::string member) {
  if (!pages.token().empty()) input["NextToken"] = pages.token();
  Result<JsonAnswer> answer = co_await caller_.json(operation, k_target, input);
  if (!answer) co_return answer.error();
  const auto* elements = json_fields::array(answer->result, member);
  if (elements == nullptr) co_return malformed(operation, "the answer has no " + member);
  std::vector<boost::json::object> page;
  for (const boost::json::value& element : *elements) {
    if (!element.is_object()) co_return malformed(operation, "an element of " + member + " is not an object");
    page.push_back(element.get_object());
  }
  const Result<void> advanced = pages.advance(json_fields::text(answer->result, "NextToken"));
  if (!advanced) co_return advanced.error();
  co_return page;
}

Task<Result<std::vector<boost::json::object>>> OrganizationsClient::list(Operation operation, boost::json::object input,
                                                                         std::string member) {
  std::vector<boost::json::object> all;
  Pages pages(operation);
  while (pages.more()) {
    Result<std::vector<boost::json::object>> page = co_await next(pages, operation, input, member);
    if (!page) co_return page.error();
    std::ranges::move(*page, std::back_inserter(all));
  }
  co_return all;
}

Task<Result<Organization>> OrganizationsClient::describe_organization() {
  boost::json::object input;
  Result<JsonAnswer> answer = co_await caller_.json(k_describe_organization, k_target, input);
  if (!answer) co_return answer.error();
  const auto* element = json_fields::object(answer->result, "Organization");
  const auto id = element == nullptr ? std::nullopt : json_fields::text(*element, "Id");
  if (!id) co_return malformed(k_describe_organization, "the answer has no Organization.Id");
  Organization organization{*id, std::nullopt};
  if (const auto account = json_fields::text(*element, "MasterAccountId")) {
    organization.management_account = base::AccountId::parse(*account);
  }
  co_return organization;
}

Pages OrganizationsClient::account_pages() { return Pages(k_list_accounts); }

Task<Result<std::vector<OrganizationAccount>>> OrganizationsClient::next_accounts(Pages& pages) {
  boost::json::object input{{"MaxResults", 20}};  // the most that AWS gives
  Result<std::vector<boost::json::object>> elements = co_await next(pages, k_list_accounts, input, "Accounts");
  if (!elements) co_return elements.error();
  std::vector<OrganizationAccount> accounts;
  for (const auto& element : *elements) {
    Result<OrganizationAccount> account = read_account(element);
    if (!account) co_return account.error();
    accounts.push_back(std::move(*account));
  }
  co_return accounts;
}

Task<Result<std::vector<std::string>>> OrganizationsClient::list_roots() {
  boost::json::object input;
  Result<std::vector<boost::json::object>> elements = co_await list(k_list_roots, input, "Roots");
  if (!elements) co_return elements.error();
  std::vector<std::string> roots;
  for (const auto& element : *elements) {
    const auto id = json_fields::text(element, "Id");
    if (!id) co_return malformed(k_list_roots, "a root without Id");
    roots.push_back(*id);
  }
  co_return roots;
}

Task<Result<std::vector<OrganizationalUnit>>> OrganizationsClient::list_organizational_units(std::string parent) {
  boost::json::object input{{"ParentId", parent}};
  Result<std::vector<boost::json::object>> elements =
      co_await list(k_list_organizational_units_for_parent, input, "OrganizationalUnits");
  if (!elements) co_return elements.error();
  std::vector<OrganizationalUnit> units;
  for (const auto& element : *elements) {
    const auto id = json_fields::text(element, "Id");
    if (!id) co_return malformed(k_list_organizational_units_for_parent, "an organizational unit without Id");
    units.push_back({*id, json_fields::text(element, "Name").value_or("")});
  }
  co_return units;
}

Task<Result<std::vector<base::AccountId>>> OrganizationsClient::list_accounts_for_parent(std::string parent) {
  boost::json::object input{{"ParentId", parent}};
  Result<std::vector<boost::json::object>> elements = co_await list(k_list_accounts_for_parent, input, "Accounts");
  if (!elements) co_return elements.error();
  std::vector<base::AccountId> ids;
  for (const auto& element : *elements) {
    Result<base::AccountId> id = account_id(k_list_accounts_for_parent, element);
    if (!id) co_return id.error();
    ids.push_back(*id);
  }
  co_return ids;
}

Task<Result<std::map<std::string, std::string>>> OrganizationsClient::list_tags(base::AccountId account) {
  boost::json::object input{{"ResourceId", account.str()}};
  Result<std::vector<boost::json::object>> elements = co_await list(k_list_tags_for_resource, input, "Tags");
  if (!elements) co_return elements.error();
  std::map<std::string, std::string> tags;
  for (const auto& element : *elements) {
    const auto key = json_fields::text(element, "Key");
    if (!key) co_return malformed(k_list_tags_for_resource, "a tag without Key");
    tags[*key] = json_fields::text(element, "Value").value_or("");
  }
  co_return tags;
}

}  // namespace keyward::aws
