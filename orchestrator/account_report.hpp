#pragma once

#include <optional>
#include <vector>

#include "accounts/account.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "orchestrator/configuration.hpp"
#include "rotation/outcome.hpp"

namespace keyward::orchestrator {

enum class Mode {
  audit,             ///< facts and decisions only
  survey,            ///< the same, and every user is read completely: for what looks ahead
  dry_run,           ///< and what would be done
  enforce,
  list_interrupted,  ///< which rotations were interrupted, and nothing else
  recover,           ///< and finish or undo them
};

constexpr bool writes(Mode mode) { return mode == Mode::enforce || mode == Mode::recover; }

/// How an account with these settings is worked on in a run of this mode.
constexpr Mode mode_for(const AccountSettings& settings, Mode run) {
  if (!settings.dry_run) return run;
  return run == Mode::enforce ? Mode::dry_run : run == Mode::recover ? Mode::list_interrupted : run;
}

/// What an account's Security Hub was told.
struct FindingsPushed {
  int failed = 0;    ///< findings of keys that are out of policy
  int resolved = 0;  ///< of keys that were
  int refused = 0;   ///< of both, not taken
  std::optional<base::Error> error;  ///< why, of the first
};

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
  int due_since_plan = 0;  ///< what is due, was not in the plan and so was not done
  std::optional<FindingsPushed> findings = std::nullopt;  ///< absent: there was nothing to tell
};

}  // namespace keyward::orchestrator
