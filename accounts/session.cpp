#include "accounts/session.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "aws/operations.hpp"
#include "aws/refreshing_credentials.hpp"
#include "aws/sts_client.hpp"

namespace keyward::accounts {
namespace {

/// Every call is one AssumeRole; RefreshingCredentials makes it few.
class AssumedRole final : public aws::CredentialProvider {
 public:
  AssumedRole(aws::Caller& hub, aws::AssumeRoleRequest request) : sts_(hub), request_(std::move(request)) {}

  base::Task<base::Result<aws::CredentialsPtr>> credentials() override {
    base::Result<aws::CredentialsPtr> assumed = co_await sts_.assume_role(request_);
    co_return assumed;
  }

 private:
  aws::StsClient sts_;
  aws::AssumeRoleRequest request_;
};

aws::AssumeRoleRequest request_for(base::Arn role, const RoleSettings& settings, aws::Writes writes) {
  aws::AssumeRoleRequest request{std::move(role), settings.session_name, settings.external_id, "", 3600};
  if (writes == aws::Writes::refused) request.session_policy = read_only_session_policy();
  return request;
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
    if (operation.signing == aws::Signing::none) continue;
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

Session::Session(aws::CallContext& context, aws::Caller& hub, base::Arn role, const RoleSettings& settings,
                 aws::Writes writes)
    : credentials_(std::make_unique<aws::RefreshingCredentials>(
          std::make_unique<AssumedRole>(hub, request_for(std::move(role), settings, writes)), context.clock)),
      caller_(std::make_unique<aws::Caller>(context, *credentials_, hub.region(), writes)) {}

Session::Session(Session&&) noexcept = default;
Session::~Session() = default;

}  // namespace keyward::accounts
