#pragma once

#include <optional>
#include <string>

#include "base/ids.hpp"
#include "orchestrator/account_report.hpp"
#include "orchestrator/workplace.hpp"

namespace keyward::orchestrator {

/// A rotation that a person asked for.
struct RotationOrder {
  base::UserName user;
  std::string reason;
  std::optional<base::AccessKeyId> compromised;  ///< switched off first
};

/// Rotates one user's key now, whatever its age; an exempt user's too, because a person asked for it. A compromised key
/// is switched off before anything else. In dry run only said.
base::Task<AccountReport> rotate_user(RunParts parts, accounts::Account account, RotationOrder order);

}  // namespace keyward::orchestrator
