#pragma once

#include <string>
#include <string_view>

#include "aws/caller.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"

namespace keyward::aws {

struct CallerIdentity {
  std::string account;
  std::string arn;
};

/// What a session with a role is asked for with. Limits of the STS API.
struct AssumeRoleInputs {
  base::Arn role;
  std::string session_name;     ///< see is_role_session_name()
  std::string external_id;      ///< empty: none; else 2 to 1,224 characters
  std::string session_policy;   ///< inline JSON, at most 2,048 characters; empty: none
  int duration_seconds = 3600;  ///< 900 to 3,600: AWS refuses a longer session made with a role's credentials
};

/// 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -
bool is_role_session_name(std::string_view text);

/// "keyward-1792555200": for roles that nobody named a session for.
std::string default_role_session_name(const base::Clock& clock);

/// AWS STS (API version 2011-06-15), regional endpoint. Errors of sessions are those of "sts:ACTION ROLE" and say what
/// to check; where the caller has no credentials, theirs. `invalid`, code "BadParameter", for inputs that STS would
/// refuse: nothing is sent.
class StsClient {
 public:
  explicit StsClient(Caller& caller) : caller_(caller) {}

  /// Needs no permission, so it is the probe for a new key.
  base::Task<base::Result<CallerIdentity>> get_caller_identity();
  base::Task<base::Result<CredentialsPtr>> assume_role(AssumeRoleInputs inputs);
  /// Unsigned: `token` says who calls. `expired_credentials` means the token.
  base::Task<base::Result<CredentialsPtr>> assume_role_with_web_identity(base::Arn role, std::string session_name,
                                                                         base::Secret token);

 private:
  base::Task<base::Result<CredentialsPtr>> session(Operation operation, base::Arn role, Parameters parameters);

  Caller& caller_;
};

}  // namespace keyward::aws
