#include "sandbox/organizations_service.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

#include "sandbox/authorization.hpp"

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

constexpr std::int64_t k_page_size = 20;
constexpr std::string_view k_before_first = "-";  ///< the token after an empty first page

ApiError invalid_input(std::string_view reason, std::string message) {
  ApiError error(400, "InvalidInputException", std::move(message));
  error.details["Reason"] = reason;
  return error;
}

std::string organization_arn(const Call& call, std::string_view kind, std::string_view id) {
  return "arn:aws:organizations::" + call.world.management_account + ":" + std::string(kind) + "/" +
         call.world.organization_id + (id.empty() ? "" : "/" + std::string(id));
}

std::string arn_of(const Call& call, std::string_view id) {
  if (id.starts_with("r-")) return organization_arn(call, "root", id);
  if (id.starts_with("ou-")) return organization_arn(call, "ou", id);
  return organization_arn(call, "account", id);
}

std::string_view legacy_status(AccountState state) {
  switch (state) {
    case AccountState::pending_closure: return "PENDING_CLOSURE";
    case AccountState::suspended:
    case AccountState::closed: return "SUSPENDED";
    case AccountState::active:
    case AccountState::novel:
    case AccountState::pending_activation: break;
  }
  return "ACTIVE";
}

json::object account_object(const Call& call, const Account& account) {
  const Quirks& quirks = call.world.quirks;
  json::object object;
  object["Arn"] = arn_of(call, account.id);
  object["Email"] = account.email;
  object["Id"] = account.id;
  object["JoinedMethod"] = account.invited ? "INVITED" : "CREATED";
  object["JoinedTimestamp"] = json_time(account.joined);
  object["Name"] = account.name;
  if (quirks.account_paths) {
    object["Paths"] = json::array{json::string(call.world.organization_path(account.parent) + account.id + "/")};
  }
  if (quirks.account_state) object["State"] = to_string(account.state);
  if (quirks.account_status) object["Status"] = legacy_status(account.state);
  return object;
}

json::object unit_object(const Call& call, const OrganizationalUnit& unit) {
  return {{"Arn", arn_of(call, unit.id)},
          {"Id", unit.id},
          {"Name", unit.name},
          {"Path", call.world.organization_path(unit.id)}};
}

/// Answers the page of `ids` (sorted) that the request asks for.
template <class Make>
json::object page(const Call& call, const JsonParameters& parameters, std::string_view list,
                  const std::vector<std::string>& ids, Make make) {
  const std::int64_t size = parameters.number("MaxResults").value_or(k_page_size);
  if (size < 1) throw invalid_input("MIN_VALUE_EXCEEDED", "You specified an invalid value for MaxResults.");
  if (size > k_page_size)
    throw invalid_input("MAX_VALUE_EXCEEDED", "You provided a value that exceeds the maximum for MaxResults.");
  std::string after;
  if (const auto token = parameters.find("NextToken")) {
    const auto last = read_token(call.action, *token);
    if (!last) throw invalid_input("INVALID_NEXT_TOKEN", "You provided an invalid NextToken.");
    if (*last != k_before_first) after = *last;
  } else if (call.world.quirks.empty_account_page && call.action == "ListAccounts") {
    return {{list, json::array()}, {"NextToken", make_token(call.action, k_before_first)}};
  }
  json::object answer;
  json::array items;
  auto at = after.empty() ? ids.begin() : std::upper_bound(ids.begin(), ids.end(), after);
  for (; at != ids.end() && items.size() < static_cast<std::size_t>(size); ++at) items.push_back(make(*at));
  if (at != ids.end()) answer["NextToken"] = make_token(call.action, *std::prev(at));
  answer[list] = std::move(items);
  return answer;
}

bool is_parent(const Call& call, std::string_view id) { return id == call.world.root_id || call.world.find_unit(id); }

std::string parent_of_request(const Call& call, const JsonParameters& parameters) {
  std::string id = parameters.require("ParentId", "InvalidInputException");
  if (!is_parent(call, id)) {
    throw ApiError(400, "ParentNotFoundException", "You provided a root or OU id that doesn't exist.");
  }
  return id;
}

std::vector<std::string> accounts_in(const Call& call, std::string_view parent) {
  std::vector<std::string> ids;
  for (const auto& [id, account] : call.world.accounts) {
    if (parent.empty() || account.parent == parent) ids.push_back(id);
  }
  return ids;
}

std::vector<std::string> units_in(const Call& call, std::string_view parent) {
  std::vector<std::string> ids;
  for (const OrganizationalUnit& unit : call.world.units) {
    if (unit.parent == parent) ids.push_back(unit.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

json::object describe_organization(const Call& call) {
  const Account& management = call.world.accounts.at(call.world.management_account);
  return {{"Organization", json::object{{"Id", call.world.organization_id},
                                        {"Arn", organization_arn(call, "organization", "")},
                                        {"FeatureSet", "ALL"},
                                        {"MasterAccountArn", arn_of(call, management.id)},
                                        {"MasterAccountId", management.id},
                                        {"MasterAccountEmail", management.email},
                                        {"AvailablePolicyTypes", json::array()}}}};
}

json::object list_children(const Call& call, const JsonParameters& parameters) {
  const std::string parent = parent_of_request(call, parameters);
  const std::string type = parameters.require("ChildType", "InvalidInputException");
  if (type != "ACCOUNT" && type != "ORGANIZATIONAL_UNIT") {
    throw invalid_input("INVALID_ENUM", "You specified an invalid value for ChildType.");
  }
  const auto ids = type == "ACCOUNT" ? accounts_in(call, parent) : units_in(call, parent);
  return page(call, parameters, "Children", ids,
              [&](const std::string& id) { return json::object{{"Id", id}, {"Type", type}}; });
}

json::object list_parents(const Call& call, const JsonParameters& parameters) {
  const std::string child = parameters.require("ChildId", "InvalidInputException");
  std::string parent;
  if (const Account* account = call.world.find_account(child)) {
    parent = account->parent;
  } else if (const OrganizationalUnit* unit = call.world.find_unit(child)) {
    parent = unit->parent;
  } else {
    throw ApiError(400, "ChildNotFoundException", "You provided a child id that doesn't exist.");
  }
  const char* type = parent.starts_with("r-") ? "ROOT" : "ORGANIZATIONAL_UNIT";
  return {{"Parents", json::array{json::object{{"Id", parent}, {"Type", type}}}}};
}

json::object list_tags(const Call& call, const JsonParameters& parameters) {
  const std::string id = parameters.require("ResourceId", "InvalidInputException");
  const Account* account = call.world.find_account(id);
  if (!account && !is_parent(call, id)) {
    throw ApiError(400, "TargetNotFoundException", "You provided a target that does not exist.");
  }
  json::array tags;
  if (account) {
    for (const auto& [key, value] : account->tags) tags.push_back(json::object{{"Key", key}, {"Value", value}});
  }
  return {{"Tags", std::move(tags)}};
}

std::string resource_of(const Call& call, const JsonParameters& parameters) {
  for (const char* member : {"ParentId", "ResourceId", "AccountId", "ChildId"}) {
    if (const auto id = parameters.find(member)) return arn_of(call, *id);
  }
  return "*";
}

}  // namespace

json::object handle_organizations(const Call& call, const JsonParameters& parameters) {
  const std::string& action = call.action;
  authorize(call, "organizations:" + action, resource_of(call, parameters));
  if (action == "DescribeOrganization") return describe_organization(call);
  if (call.account.id != call.world.management_account) {
    throw ApiError(400, "AccessDeniedException", "You don't have permissions to access this resource.");
  }
  const auto make_account = [&](const std::string& id) { return account_object(call, call.world.accounts.at(id)); };
  if (action == "ListAccounts") return page(call, parameters, "Accounts", accounts_in(call, ""), make_account);
  if (action == "ListAccountsForParent") {
    const std::string parent = parent_of_request(call, parameters);
    return page(call, parameters, "Accounts", accounts_in(call, parent), make_account);
  }
  if (action == "ListRoots") {
    return page(call, parameters, "Roots", {call.world.root_id}, [&](const std::string& id) {
      return json::object{{"Arn", arn_of(call, id)}, {"Id", id}, {"Name", "Root"}, {"PolicyTypes", json::array()}};
    });
  }
  if (action == "ListOrganizationalUnitsForParent") {
    const std::string parent = parent_of_request(call, parameters);
    return page(call, parameters, "OrganizationalUnits", units_in(call, parent),
                [&](const std::string& id) { return unit_object(call, *call.world.find_unit(id)); });
  }
  if (action == "ListChildren") return list_children(call, parameters);
  if (action == "ListParents") return list_parents(call, parameters);
  if (action == "ListTagsForResource") return list_tags(call, parameters);
  if (action == "ListDelegatedAdministrators") {
    return page(call, parameters, "DelegatedAdministrators", {}, [](const std::string&) { return json::object(); });
  }
  if (action == "DescribeAccount") {
    const Account* account = call.world.find_account(parameters.require("AccountId", "InvalidInputException"));
    if (!account) throw ApiError(400, "AccountNotFoundException", "You specified an account that doesn't exist.");
    return {{"Account", account_object(call, *account)}};
  }
  if (action == "DescribeOrganizationalUnit") {
    const OrganizationalUnit* unit =
        call.world.find_unit(parameters.require("OrganizationalUnitId", "InvalidInputException"));
    if (!unit) throw ApiError(400, "OrganizationalUnitNotFoundException", "You specified an OU that doesn't exist.");
    return {{"OrganizationalUnit", unit_object(call, *unit)}};
  }
  throw ApiError(400, "UnknownOperationException", "");
}

}  // namespace keyward::sandbox
