#pragma once

#include <memory>
#include <string>

#include "aws/caller.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"

namespace keyward::accounts {

/// How a role is assumed in every account.
struct RoleSettings {
  std::string partition;     ///< "aws", "aws-us-gov", "aws-cn"
  std::string role;          ///< name or path/name
  std::string session_name;
  std::string external_id;   ///< empty: none
};

/// "arn:aws:iam::111122223333:role/path/name".
base::Arn role_arn(const RoleSettings& settings, const base::AccountId& account);

/// The session policy of everything that must not write: only the calls of aws/operations.hpp that read. What the role
/// may and this does not is refused by AWS, whatever this program does.
std::string read_only_session_policy();

/// A session in one account, or with one role: refreshed credentials and the caller that signs with them. Made cheaply;
/// the role is assumed at the first call.
class Session {
 public:
  /// `hub` is who assumes the role. STS and the account are called in `region`. `context` outlives the session. With
  /// Writes::refused the session policy is read-only too.
  Session(aws::CallContext& context, std::shared_ptr<aws::CredentialProvider> hub, const base::Region& region,
          base::Arn role, const RoleSettings& settings, aws::Writes writes);
  Session(Session&&) noexcept;
  ~Session();

  aws::Caller& caller() noexcept { return *caller_; }
  aws::CredentialProvider& credentials() noexcept { return *credentials_; }

 private:
  std::unique_ptr<aws::CredentialProvider> credentials_;
  std::unique_ptr<aws::Caller> caller_;
};

}  // namespace keyward::accounts
