#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accounts/account.hpp"
#include "accounts/session.hpp"
#include "aws/caller.hpp"
#include "base/deadline.hpp"
#include "base/log.hpp"
#include "orchestrator/change_budget.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/journal.hpp"
#include "rotation/executor.hpp"
#include "rotation/outcome.hpp"

namespace keyward::orchestrator {

enum class Mode {
  audit,             ///< facts and decisions only
  dry_run,           ///< and what would be done
  enforce,
  list_interrupted,  ///< which rotations were interrupted, and nothing else
  recover,           ///< and finish or undo them
};

constexpr bool writes(Mode mode) { return mode == Mode::enforce || mode == Mode::recover; }

/// A rotation that a person asked for.
struct RotationOrder {
  base::UserName user;
  std::string reason;
  std::optional<base::AccessKeyId> compromised;  ///< switched off first
};

/// What all accounts of a run share. The references outlive the workers.
struct RunParts {
  const Configuration& configuration;
  aws::CallContext& context;
  std::shared_ptr<aws::CredentialProvider> hub;  ///< the caller's own credentials
  base::Region region;
  std::string partition;
  rotation::RunIdentity run;
  ChangeBudget& budget;
  base::Log& log;
  Journal* journal;      ///< null where nothing is changed
  base::Deadline deadline;  ///< after it nothing is begun
  const bool& stopping;     ///< a signal came: finish what was begun, begin nothing

  bool may_begin() const { return !stopping && !deadline.expired(); }
};

/// How an account with these settings is worked on in a run of this mode.
Mode mode_for(const AccountSettings& settings, Mode run);

/// One account, worked through.
struct AccountReport {
  accounts::Account account;
  AccountSettings settings;
  Mode mode = Mode::audit;
  base::Instant audited_at;
  std::vector<rotation::UserReport> users;
  std::vector<rotation::UserReport> earlier;  ///< actions of earlier runs whose owners have not been told
  std::optional<base::Error> failure;  ///< the account could not be covered
  bool cut_short = false;  ///< a signal or the deadline came before every user was done
};

/// Works through one account: session, facts, decisions, and in enforce mode their execution. Never throws for what the
/// world can cause: that stands in the report.
base::Task<AccountReport> work_account(RunParts parts, accounts::Account account, Mode mode,
                                       std::optional<base::Instant> previous_run);

/// Rotates one user's key now, whatever its age; an exempt user's too, because a person asked for it. A compromised key
/// is switched off before anything else. In dry run only said.
/// Code of the failure when the account has no such user.
inline constexpr const char* k_no_such_user = "NoSuchUser";

base::Task<AccountReport> rotate_user(RunParts parts, accounts::Account account, RotationOrder order);

}  // namespace keyward::orchestrator
