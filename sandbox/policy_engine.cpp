#include "sandbox/policy_engine.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <cctype>
#include <cstdlib>

namespace keyward::sandbox {
namespace {

namespace json = boost::json;

struct Malformed {
  std::string message;
};

constexpr std::array<std::string_view, 19> k_operations = {"StringEquals",
                                                           "StringNotEquals",
                                                           "StringEqualsIgnoreCase",
                                                           "StringNotEqualsIgnoreCase",
                                                           "StringLike",
                                                           "StringNotLike",
                                                           "ArnEquals",
                                                           "ArnNotEquals",
                                                           "ArnLike",
                                                           "ArnNotLike",
                                                           "Bool",
                                                           "Null",
                                                           "NumericEquals",
                                                           "NumericLessThan",
                                                           "NumericLessThanEquals",
                                                           "NumericGreaterThan",
                                                           "NumericGreaterThanEquals",
                                                           "DateLessThan",
                                                           "DateGreaterThan"};

std::vector<std::string> strings(const json::value& value, std::string_view what) {
  std::vector<std::string> list;
  const auto add = [&](const json::value& item) {
    if (item.is_string()) {
      list.emplace_back(item.get_string());
    } else if (item.is_bool()) {
      list.emplace_back(item.get_bool() ? "true" : "false");
    } else if (item.is_int64()) {
      list.push_back(std::to_string(item.get_int64()));
    } else {
      throw Malformed{"Syntax errors in policy: " + std::string(what) + " must be text."};
    }
  };
  if (value.is_array()) {
    for (const json::value& item : value.get_array()) add(item);
  } else {
    add(value);
  }
  return list;
}

void read_principal(const json::value& value, PolicyStatement& statement) {
  statement.has_principal = true;
  if (value.is_string()) {
    if (value.get_string() != "*") throw Malformed{"Invalid principal in policy"};
    statement.principals.emplace_back("*");
    return;
  }
  if (!value.is_object()) throw Malformed{"Invalid principal in policy"};
  for (const auto& [type, names] : value.get_object()) {
    if (type == "AWS" || type == "Federated") {
      for (std::string& name : strings(names, "Principal")) statement.principals.push_back(std::move(name));
    } else if (type == "Service") {
      for (std::string& name : strings(names, "Principal")) statement.services.push_back(std::move(name));
    } else {
      throw Malformed{"Unsupported principal type in policy: " + std::string(type)};
    }
  }
}

void read_conditions(const json::value& value, PolicyStatement& statement) {
  if (!value.is_object()) throw Malformed{"Syntax errors in policy: Condition must be an object."};
  for (const auto& [full_operation, keys] : value.get_object()) {
    PolicyCondition condition;
    std::string_view operation = full_operation;
    if (operation.starts_with("ForAllValues:")) {
      condition.for_all_values = true;
      operation.remove_prefix(13);
    } else if (operation.starts_with("ForAnyValue:")) {
      condition.for_any_value = true;
      operation.remove_prefix(12);
    }
    if (operation.ends_with("IfExists")) {
      condition.if_exists = true;
      operation.remove_suffix(8);
    }
    if (std::find(k_operations.begin(), k_operations.end(), operation) == k_operations.end()) {
      throw Malformed{"Invalid Condition type : " + std::string(full_operation) + "."};
    }
    condition.operation = operation;
    if (!keys.is_object()) throw Malformed{"Syntax errors in policy: a condition operator needs an object."};
    for (const auto& [key, values] : keys.get_object()) {
      condition.key = lower(key);
      condition.values = strings(values, "Condition");
      statement.conditions.push_back(condition);
    }
  }
}

PolicyStatement read_statement(const json::value& value, PolicyKind kind) {
  if (!value.is_object()) throw Malformed{"Syntax errors in policy: a statement must be an object."};
  PolicyStatement statement;
  bool has_effect = false;
  for (const auto& [key, member] : value.get_object()) {
    if (key == "Sid") {
      statement.sid = strings(member, "Sid").at(0);
    } else if (key == "Effect") {
      const std::string effect = strings(member, "Effect").at(0);
      if (effect != "Allow" && effect != "Deny") throw Malformed{"Invalid effect: " + effect};
      statement.allow = effect == "Allow";
      has_effect = true;
    } else if (key == "Action") {
      statement.actions = strings(member, "Action");
    } else if (key == "NotAction") {
      statement.not_actions = strings(member, "NotAction");
    } else if (key == "Resource") {
      statement.resources = strings(member, "Resource");
    } else if (key == "NotResource") {
      statement.not_resources = strings(member, "NotResource");
    } else if (key == "Principal") {
      read_principal(member, statement);
    } else if (key == "Condition") {
      read_conditions(member, statement);
    } else {
      throw Malformed{"Syntax errors in policy: unknown element " + std::string(key) + "."};
    }
  }
  if (!has_effect) throw Malformed{"Missing required field Effect"};
  if (statement.actions.empty() && statement.not_actions.empty()) throw Malformed{"Missing required field Action"};
  const bool names_resource = !statement.resources.empty() || !statement.not_resources.empty();
  if (kind == PolicyKind::trust && names_resource) throw Malformed{"Has prohibited field Resource"};
  if (kind != PolicyKind::trust && !names_resource) throw Malformed{"Policy statement must contain resources."};
  if (kind == PolicyKind::identity && statement.has_principal)
    throw Malformed{"Policy document should not specify a principal."};
  if (kind != PolicyKind::identity && !statement.has_principal) throw Malformed{"Missing required field Principal"};
  for (const std::string& action : statement.actions) {
    if (action != "*" && action.find(':') == std::string::npos) {
      throw Malformed{"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."};
    }
  }
  return statement;
}

/// Replaces ${aws:username} and the like by their single value; an unknown variable leaves nothing that could match.
std::string substitute(std::string_view pattern, const PolicyContext& context) {
  std::string result;
  while (!pattern.empty()) {
    const std::size_t begin = pattern.find("${");
    const std::size_t end = begin == std::string_view::npos ? begin : pattern.find('}', begin);
    if (end == std::string_view::npos) break;
    result += pattern.substr(0, begin);
    const std::string_view name = pattern.substr(begin + 2, end - begin - 2);
    if (name == "*" || name == "?" || name == "$") {
      result += name;
    } else {
      const auto value = context.find(lower(name));
      result += value != context.end() && value->second.size() == 1 ? value->second[0] : "${unset}";
    }
    pattern.remove_prefix(end + 1);
  }
  return result.append(pattern);
}

/// ARN patterns match field by field: a `*` does not reach over a colon, except in the last field.
bool matches_arn(std::string_view pattern, std::string_view arn) {
  for (int field = 0; field < 5; ++field) {
    const std::size_t pattern_end = pattern.find(':');
    const std::size_t arn_end = arn.find(':');
    if (pattern_end == std::string_view::npos || arn_end == std::string_view::npos) {
      return pattern == "*" || matches_wildcard(pattern, arn);
    }
    if (!matches_wildcard(pattern.substr(0, pattern_end), arn.substr(0, arn_end))) return false;
    pattern.remove_prefix(pattern_end + 1);
    arn.remove_prefix(arn_end + 1);
  }
  return matches_wildcard(pattern, arn);
}

bool compare_numbers(std::string_view operation, double actual, double expected) {
  if (operation == "NumericEquals") return actual == expected;
  if (operation == "NumericLessThan") return actual < expected;
  if (operation == "NumericLessThanEquals") return actual <= expected;
  if (operation == "NumericGreaterThan") return actual > expected;
  return actual >= expected;
}

/// One value against one expectation, for the positive form of the operator.
bool compare(std::string_view operation, const std::string& actual, const std::string& expected) {
  if (operation == "StringEquals") return actual == expected;
  if (operation == "StringEqualsIgnoreCase" || operation == "Bool") return lower(actual) == lower(expected);
  if (operation == "StringLike") return matches_wildcard(expected, actual);
  if (operation == "ArnEquals" || operation == "ArnLike") return matches_arn(expected, actual);
  if (operation.starts_with("Numeric")) {
    return compare_numbers(operation, std::strtod(actual.c_str(), nullptr), std::strtod(expected.c_str(), nullptr));
  }
  // Dates in ISO 8601 sort as text.
  if (operation == "DateLessThan") return actual < expected;
  return actual > expected;
}

bool holds(const PolicyCondition& condition, const PolicyContext& context) {
  const auto found = context.find(condition.key);
  const bool present = found != context.end() && !found->second.empty();
  if (condition.operation == "Null") return !condition.values.empty() && (condition.values[0] == "true") != present;

  std::string operation = condition.operation;
  const std::size_t negation = operation.find("Not");
  const bool negated = negation != std::string::npos;
  if (negated) operation.erase(negation, 3);
  // A negated operator is true for a key that the request does not have, but no value of it can be any value.
  if (!present) return condition.if_exists || condition.for_all_values || (negated && !condition.for_any_value);

  const auto expected_by_one = [&](const std::string& actual) {
    return std::any_of(condition.values.begin(), condition.values.end(), [&](const std::string& value) {
      return compare(operation, actual, substitute(value, context));
    });
  };
  const auto& actual = found->second;
  if (condition.for_all_values) {
    return negated ? std::none_of(actual.begin(), actual.end(), expected_by_one)
                   : std::all_of(actual.begin(), actual.end(), expected_by_one);
  }
  if (negated && condition.for_any_value) return !std::all_of(actual.begin(), actual.end(), expected_by_one);
  return negated != std::any_of(actual.begin(), actual.end(), expected_by_one);
}

bool matches_action(const PolicyStatement& statement, const std::string& action) {
  const std::string wanted = lower(action);
  const auto matches = [&](const std::string& pattern) { return matches_wildcard(lower(pattern), wanted); };
  if (!statement.actions.empty()) return std::any_of(statement.actions.begin(), statement.actions.end(), matches);
  return std::none_of(statement.not_actions.begin(), statement.not_actions.end(), matches);
}

bool matches_resource(const PolicyStatement& statement, const PolicyQuestion& question) {
  const auto matches = [&](const std::string& pattern) {
    return matches_wildcard(substitute(pattern, question.context), question.resource);
  };
  if (!statement.resources.empty()) return std::any_of(statement.resources.begin(), statement.resources.end(), matches);
  if (!statement.not_resources.empty()) {
    return std::none_of(statement.not_resources.begin(), statement.not_resources.end(), matches);
  }
  return true;  // trust policies speak of their own role
}

PolicyGrant match_principal(const PolicyStatement& statement, const PolicyQuestion& question) {
  if (!statement.has_principal) return PolicyGrant::principal;
  PolicyGrant best = PolicyGrant::none;
  for (const std::string& name : statement.principals) {
    PolicyGrant grant = PolicyGrant::none;
    if (name == question.account || name == "arn:aws:iam::" + question.account + ":root") {
      grant = PolicyGrant::account;
    } else if (!question.session_arn.empty() && name == question.session_arn) {
      grant = PolicyGrant::session;
    } else if (name == "*" || std::find(question.principal_arns.begin(), question.principal_arns.end(), name) !=
                                  question.principal_arns.end()) {
      grant = PolicyGrant::principal;
    }
    best = std::max(best, grant);
  }
  return best;
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, in = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (in < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = in;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in])) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

boost::system::result<Policy, std::string> parse_policy(std::string_view text, PolicyKind kind) {
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  if (error || !document.is_object()) return std::string("This policy contains invalid Json");
  try {
    Policy policy;
    const json::value* statements = nullptr;
    for (const auto& [key, member] : document.get_object()) {
      if (key == "Statement") {
        statements = &member;
      } else if (key == "Version") {
        const std::string version = strings(member, "Version").at(0);
        if (version != "2012-10-17" && version != "2008-10-17") return "Invalid version: " + version;
      } else if (key != "Id") {
        return "Syntax errors in policy: unknown element " + std::string(key) + ".";
      }
    }
    if (!statements) return std::string("Missing required field Statement");
    if (statements->is_array()) {
      for (const json::value& statement : statements->get_array()) {
        policy.statements.push_back(read_statement(statement, kind));
      }
    } else {
      policy.statements.push_back(read_statement(*statements, kind));
    }
    return policy;
  } catch (const Malformed& malformed) {
    return malformed.message;
  }
}

PolicyVerdict evaluate(const Policy& policy, const PolicyQuestion& question) {
  PolicyVerdict verdict;
  for (const PolicyStatement& statement : policy.statements) {
    if (!matches_action(statement, question.action) || !matches_resource(statement, question)) continue;
    const PolicyGrant grant = match_principal(statement, question);
    if (grant == PolicyGrant::none) continue;
    const bool applies = std::all_of(statement.conditions.begin(), statement.conditions.end(),
                                     [&](const auto& condition) { return holds(condition, question.context); });
    if (!applies) continue;
    if (!statement.allow) {
      verdict.denied = true;
    } else {
      verdict.grant = std::max(verdict.grant, grant);
    }
  }
  return verdict;
}

bool is_public(const Policy& policy) {
  static constexpr std::array<std::string_view, 8> k_fixing_keys = {
      "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths",
      "aws:sourcearn",    "aws:sourceaccount",    "aws:userid",         "aws:sourcevpce"};
  return std::any_of(policy.statements.begin(), policy.statements.end(), [](const PolicyStatement& statement) {
    if (!statement.allow) return false;
    if (std::find(statement.principals.begin(), statement.principals.end(), "*") == statement.principals.end())
      return false;
    return std::none_of(statement.conditions.begin(), statement.conditions.end(), [](const PolicyCondition& condition) {
      if (condition.if_exists || condition.operation.find("Not") != std::string::npos) return false;
      if (std::find(condition.values.begin(), condition.values.end(), "*") != condition.values.end()) return false;
      return std::find(k_fixing_keys.begin(), k_fixing_keys.end(), condition.key) != k_fixing_keys.end();
    });
  });
}

}  // namespace keyward::sandbox
