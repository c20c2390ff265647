#pragma once

#include <memory>
#include <string>

#include "aws/credentials.hpp"
#include "aws/sts_query.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

struct AssumeRoleInputs {
  base::Arn role;
  std::string session_name;     ///< 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -
  std::string external_id;      ///< empty: none; else 2 to 1,224 characters
  std::string session_policy;   ///< inline JSON, at most 2,048 characters; empty: none
  int duration_seconds = 3600;  ///< 900 to 3,600: AWS refuses a longer session made with a role's credentials
};

/// A session with a role, made with the credentials of another provider. Every call of credentials() is a call of STS:
/// wrap it into RefreshingCredentials.
/// Errors: those of request_credentials() and of the base. A base without credentials is `invalid`, not `not_found`:
/// the role is configured, so no other identity may take its place. Expired base credentials are renewed once.
class AssumeRoleCredentials final : public CredentialProvider {
 public:
  AssumeRoleCredentials(StsAccess sts, std::shared_ptr<CredentialProvider> base, AssumeRoleInputs inputs);

  base::Task<base::Result<CredentialsPtr>> credentials() override;

 private:
  base::Task<base::Result<CredentialsPtr>> assume();

  StsAccess sts_;
  std::shared_ptr<CredentialProvider> base_;
  AssumeRoleInputs inputs_;
};

/// 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -
bool is_role_session_name(std::string_view text);

}  // namespace keyward::aws
