#pragma once

#include <optional>
#include <string>

#include "base/ids.hpp"
#include "orchestrator/account_report.hpp"
#include "orchestrator/workplace.hpp"

namespace keyward::orchestrator {

/// Code of the failure when the user has no access key of the id that is to be switched off.
inline constexpr const char* k_no_such_key = "NoSuchAccessKey";

/// Who asks for a rotation. An exempt user's key is rotated for a person alone, who sees what becomes of the old one.
enum class AskedBy { person, program };

/// A rotation that somebody asked for.
struct RotationOrder {
  base::UserName user;
  std::string reason;
  std::optional<base::AccessKeyId> compromised;  ///< switched off first
  AskedBy asked_by = AskedBy::person;
};

/// Rotates one user's key now, whatever its age. A compromised key is switched off before anything else. In dry run only
/// said. Fails with k_no_such_user or k_no_such_key, and has done nothing then; keys that cannot be read keep nobody from
/// switching one off.
base::Task<AccountReport> rotate_user(RunParts parts, accounts::Account account, RotationOrder order);

}  // namespace keyward::orchestrator
