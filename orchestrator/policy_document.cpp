#include "orchestrator/policy_document.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/ids.hpp"

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;

/// IAM takes one text where it takes a list.
json::value one_or_list(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return json::string(texts.front());
  json::array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

json::object document(json::array statements) {
  return {{"Version", "2012-10-17"}, {"Statement", std::move(statements)}};
}

json::object statement_of(const PolicyStatement& statement) {
  json::object object{{"Sid", statement.sid},
                      {"Effect", statement.effect == PolicyEffect::allow ? "Allow" : "Deny"},
                      {"Action", one_or_list(statement.actions)},
                      {"Resource", one_or_list(statement.resources)}};
  json::object conditions;
  for (const PolicyCondition& condition : statement.conditions) {
    json::value& keys = conditions.emplace(condition.operation, json::object()).first->value();
    keys.get_object()[condition.key] = one_or_list(condition.values);
  }
  if (!conditions.empty()) object["Condition"] = std::move(conditions);
  return object;
}

void indent(const json::value& value, std::size_t depth, std::string& out) {
  const std::string line_end = "\n" + std::string(2 * depth, ' ');
  const char* separator = "";
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    for (const auto& [key, member] : *object) {
      out += std::exchange(separator, ",") + line_end + "  " + json::serialize(json::string(key)) + ": ";
      indent(member, depth + 1, out);
    }
    out += line_end + '}';
  } else if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
    out += '[';
    for (const json::value& item : *array) {
      out += std::exchange(separator, ",") + line_end + "  ";
      indent(item, depth + 1, out);
    }
    out += line_end + ']';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

json::object identity_policy(const Permissions& permissions) {
  json::array statements;
  for (const PolicyStatement& statement : permissions.statements) statements.push_back(statement_of(statement));
  return document(std::move(statements));
}

json::object trust_policy(const Trust& trust) {
  json::object equal{{"sts:RoleSessionName", trust.session_name}};
  if (!trust.external_id.is_null()) equal["sts:ExternalId"] = trust.external_id;
  if (!trust.organization.empty()) equal["aws:PrincipalOrgID"] = trust.organization;
  json::object condition;
  if (!trust.identity.is_null()) condition["ArnEquals"] = json::object{{"aws:PrincipalArn", trust.identity}};
  condition["StringEquals"] = std::move(equal);
  json::object statement{{"Sid", "LetKeywardIn"},
                         {"Effect", "Allow"},
                         {"Principal", json::object{{"AWS", trust.account}}},
                         {"Action", "sts:AssumeRole"},
                         {"Condition", std::move(condition)}};
  json::array statements;
  statements.push_back(std::move(statement));
  return document(std::move(statements));
}

Trust trust_in(const std::string& principal) {
  Trust trust;
  trust.account = json::string(base::arn_account(base::Arn::parse(principal).value()));
  if (!principal.ends_with(":root")) trust.identity = json::string(principal);
  return trust;
}

std::size_t length_of(const json::object& policy) {
  const std::string text = json::serialize(policy);
  return text.size() - static_cast<std::size_t>(std::ranges::count(text, ' '));
}

std::string indented(const json::value& value) {
  std::string text;
  indent(value, 0, text);
  return text + '\n';
}

}  // namespace keyward::orchestrator
