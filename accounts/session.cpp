#include "accounts/session.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "aws/assume_role_credentials.hpp"
#include "aws/operations.hpp"
#include "aws/refreshing_credentials.hpp"

namespace keyward::accounts {
namespace {

aws::AssumeRoleInputs inputs_for(base::Arn role, const RoleSettings& settings, aws::Writes writes) {
  aws::AssumeRoleInputs inputs{std::move(role), settings.session_name, settings.external_id, "", 3600};
  if (writes == aws::Writes::refused) inputs.session_policy = read_only_session_policy();
  return inputs;
}

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

}  // namespace

base::Arn role_arn(const RoleSettings& settings, const base::AccountId& account) {
  // Partition and role were checked when the configuration was read.
  return base::Arn::parse("arn:" + settings.partition + ":iam::" + account.str() + ":role/" + settings.role).value();
}

std::string read_only_session_policy() {
  boost::json::array actions;
  for (const aws::Operation& operation : aws::operations::k_all) {
    // What is sent unsigned is nobody's call: no policy speaks of it.
    if (operation.signing == aws::Signing::none || is_read_as_caller(operation.service)) continue;
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

Session::Session(aws::CallContext& context, std::shared_ptr<aws::CredentialProvider> hub, const base::Region& region,
                 base::Arn role, const RoleSettings& settings, aws::Writes writes)
    : credentials_(std::make_unique<aws::RefreshingCredentials>(
          std::make_unique<aws::AssumeRoleCredentials>(context, std::move(hub), region,
                                                       inputs_for(std::move(role), settings, writes)),
          context.clock)),
      caller_(std::make_unique<aws::Caller>(context, *credentials_, region, writes)) {}

Session::Session(Session&&) noexcept = default;
Session::~Session() = default;

}  // namespace keyward::accounts
