#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "accounts/session.hpp"
#include "aws/operations.hpp"

// In a file of its own, so that a proof can be linked without the policy and see what the guard refuses by itself.
namespace keyward::accounts {
namespace {

/// The table of recipients, channels and their secrets, mail templates: no session in an account has to do with them.
bool is_read_as_caller(aws::Service service) {
  switch (service) {
    case aws::Service::dynamodb:
    case aws::Service::ssm:
    case aws::Service::s3:
    case aws::Service::ses:
    case aws::Service::sns: return true;
    default: return false;
  }
}

std::string write_policy() {
  boost::json::array actions;
  for (const aws::Operation& operation : aws::operations::k_all) {
    // What is sent unsigned is nobody's call: no policy speaks of it.
    if (operation.signing == aws::Signing::none || is_read_as_caller(operation.service)) continue;
    // Of another role there would be a session without this policy. keyward assumes roles as itself.
    if (operation.name == aws::operations::k_assume_role.name) continue;
    if (operation.effect == aws::Effect::read) actions.emplace_back(operation.full_name());
  }
  boost::json::object statement;
  statement["Effect"] = "Allow";
  statement["Action"] = std::move(actions);
  statement["Resource"] = "*";
  boost::json::array statements;
  statements.push_back(std::move(statement));
  boost::json::object policy;
  policy["Version"] = "2012-10-17";
  policy["Statement"] = std::move(statements);
  return boost::json::serialize(policy);
}

}  // namespace

std::string read_only_session_policy() {
  static const std::string k_policy = write_policy();  // one text for all accounts
  return k_policy;
}

}  // namespace keyward::accounts
