#include "rotation/reader_policy.hpp"

#include <boost/json.hpp>

namespace keyward::rotation {
namespace {

constexpr std::string_view k_allow_sid = "KeywardAllowReaders";
constexpr std::string_view k_deny_sid = "KeywardDenyEveryoneElse";

namespace json = boost::json;

base::Error invalid_policy(std::string what) {
  return base::Error{base::ErrorKind::invalid, "store", "UnreadableResourcePolicy", "",
                     "the secret's resource policy " + std::move(what)};
}

json::object allow(const json::array& readers) {
  json::object principal;
  principal["AWS"] = readers;
  json::array actions{"secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"};
  json::object statement;
  statement["Sid"] = k_allow_sid;
  statement["Effect"] = "Allow";
  statement["Principal"] = std::move(principal);
  statement["Action"] = std::move(actions);
  statement["Resource"] = "*";
  return statement;
}

/// A Deny beats every identity policy in the account, administrators' included.
json::object deny(const json::array& readers) {
  json::object everyone_but;
  everyone_but["aws:PrincipalArn"] = readers;
  json::object condition;
  condition["ArnNotEquals"] = std::move(everyone_but);
  json::object statement;
  statement["Sid"] = k_deny_sid;
  statement["Effect"] = "Deny";
  statement["Principal"] = "*";
  statement["Action"] = "secretsmanager:GetSecretValue";
  statement["Resource"] = "*";
  statement["Condition"] = std::move(condition);
  return statement;
}

bool is_ours(const json::value& statement) {
  const auto* object = statement.if_object();
  const auto* sid = object == nullptr ? nullptr : object->if_contains("Sid");
  return sid != nullptr && sid->is_string() && (sid->get_string() == k_allow_sid || sid->get_string() == k_deny_sid);
}

}  // namespace

base::Result<std::optional<std::string>> with_readers(std::string_view existing, const std::vector<base::Arn>& readers) {
  json::array arns;
  for (const base::Arn& reader : readers) arns.emplace_back(reader.str());

  json::value current = json::object();
  if (!existing.empty()) {
    boost::system::error_code failed;
    current = json::parse(existing, failed);
    if (failed || !current.is_object()) return invalid_policy("is not a JSON object; nothing was changed");
  }
  json::array statements;
  if (const auto* found = current.get_object().if_contains("Statement")) {
    // A single statement may stand there without a list.
    const json::array listed = found->is_array() ? found->get_array() : json::array{*found};
    for (const json::value& statement : listed) {
      if (!is_ours(statement)) statements.push_back(statement);
    }
  }
  statements.push_back(allow(arns));
  statements.push_back(deny(arns));
  json::object wanted = current.get_object();
  if (!wanted.contains("Version")) wanted["Version"] = "2012-10-17";
  wanted["Statement"] = std::move(statements);
  if (json::value(wanted) == current) return std::optional<std::string>();
  return std::optional<std::string>(json::serialize(wanted));
}

}  // namespace keyward::rotation
