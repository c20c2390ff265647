#pragma once

#include <optional>
#include <string>

#include "orchestrator/account_report.hpp"
#include "orchestrator/workplace.hpp"

namespace keyward::orchestrator {

/// Code of the failure when the account has no such user.
inline constexpr const char* k_no_such_user = "NoSuchUser";

/// The user of that name, in whatever case, because IAM's names are unique without regard to it. Errors: `not_found` with code
/// k_no_such_user, and what keeps the account's users from being listed.
base::Task<base::Result<aws::IamUser>> find_user(Workplace& workplace, base::AccountId account, base::UserName name);

/// One user, read completely and now.
struct UserLook {
  AccountReport report;  ///< with this user alone; `failure` when there is none
  /// Where the user's secret is; absent: there is none yet. An error when that could not be asked.
  base::Result<std::optional<rotation::SecretLocation>> secret = std::optional<rotation::SecretLocation>();
};

/// Reads only.
base::Task<UserLook> look_at_user(RunParts parts, accounts::Account account, base::UserName name);

}  // namespace keyward::orchestrator
