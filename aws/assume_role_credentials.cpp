#include "aws/assume_role_credentials.hpp"

#include <utility>

namespace keyward::aws {

using base::Result;
using base::Task;

AssumeRoleCredentials::AssumeRoleCredentials(CallContext& context, std::shared_ptr<CredentialProvider> base,
                                             base::Region region, AssumeRoleInputs inputs)
    : base_(std::move(base)),
      caller_(context, *base_, std::move(region), Writes::refused),
      inputs_(std::move(inputs)) {}

Task<Result<CredentialsPtr>> AssumeRoleCredentials::credentials() {
  StsClient sts(caller_);
  Result<CredentialsPtr> assumed = co_await sts.assume_role(inputs_);
  co_return assumed;
}

}  // namespace keyward::aws
