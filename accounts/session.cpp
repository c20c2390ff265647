#include "accounts/session.hpp"

#include "aws/assume_role_credentials.hpp"
#include "aws/refreshing_credentials.hpp"

namespace keyward::accounts {
namespace {

aws::AssumeRoleInputs inputs_for(base::Arn role, const RoleSettings& settings, aws::Writes writes) {
  aws::AssumeRoleInputs inputs{std::move(role), settings.session_name, settings.external_id, "", 3600};
  if (writes == aws::Writes::refused) inputs.session_policy = read_only_session_policy();
  return inputs;
}

}  // namespace

base::Arn role_arn(const RoleSettings& settings, const base::AccountId& account) {
  // Partition and role were checked when the configuration was read.
  return base::Arn::parse("arn:" + settings.partition + ":iam::" + account.str() + ":role/" + settings.role).value();
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
