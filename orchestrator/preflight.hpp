#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/accounts_to_cover.hpp"
#include "orchestrator/commands.hpp"

namespace keyward::orchestrator {

// What stands before every command that talks to AWS, and how it says that it ends here.

/// One line on standard error.
void say(CommandContext& context, std::string_view what, const base::Error& error);

/// Says why nothing was done; the exit code for it.
ExitCode not_begun(CommandContext& context, const base::Error& error);

/// A drained interruption has the signal's exit code, whatever else there is to say.
ExitCode with_signal(const CommandContext& context, ExitCode code);

/// A rule about accounts that matches none. A mistyped one leaves accounts unprotected that somebody believes to be in.
struct IdleRule {
  std::string where;  ///< "accounts.include"
  std::string rule;   ///< "ou ou-ab12-11111111"
};

/// Which rules matched none of the accounts that it was shown. The configuration outlives it.
class RuleUse {
 public:
  explicit RuleUse(const Configuration& configuration);
  void see(const accounts::Account& account);
  std::vector<IdleRule> idle() const;

 private:
  struct Rule {
    const char* where;
    const accounts::AccountMatch* match;
  };
  std::vector<Rule> unused_;
};

/// Who we are; false when AWS does not know (said on standard error).
base::Task<bool> identify(CommandContext& context, Job& job);

/// The accounts of the organization, given to `on_listed` as they come (accounts::list_organization); the result is its id,
/// nothing when it cannot be listed (said on standard error).
base::Task<std::optional<std::string>> list_accounts(CommandContext& context, Job& job, accounts::OnListed on_listed);

/// The accounts that we answer for; nothing when the organization cannot be listed (said on standard error).
base::Task<std::optional<AccountsToCover>> list_accounts(CommandContext& context, Job& job);

/// Who we are and which accounts we answer for; nothing when one of them cannot be told (said on standard error).
base::Task<std::optional<AccountsToCover>> preflight(CommandContext& context, Job& job);

/// What a command does that may change something. The job outlives it.
using Work = std::function<base::Task<ExitCode>(Job& job)>;

/// Takes the lock and does the work. `work` may be a lambda with captures that calls a
/// coroutine, but not one that is a coroutine itself.
base::Task<ExitCode> under_lock(CommandContext& context, Work work);

}  // namespace keyward::orchestrator
