#include <algorithm>
#include <ostream>

#include "orchestrator/commands.hpp"
#include "orchestrator/open_run.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/rotation_order.hpp"
#include "orchestrator/run_summary.hpp"
#include "orchestrator/user_look.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

/// Whatever kept an order from being begun, the compromised key works on, and a person can switch it off without keyward.
void tell_that_the_key_works(CommandContext& context) {
  const CommandLine& line = context.line;
  if (line.compromised.empty()) return;
  context.err << "keyward: the key " << line.compromised << " was NOT switched off. If that cannot wait, with credentials of the account:\n"
              << "  aws iam update-access-key --user-name " << line.user << " --access-key-id " << line.compromised << " --status Inactive\n";
}

/// There is no such user, or no such key of the user: nothing that could be switched off.
bool names_nothing(const base::Error& error) { return error.code == k_no_such_user || error.code == k_no_such_key; }

/// `mistaken`: whether the order names_nothing().
Task<ExitCode> rotate(CommandContext& context, base::AccountId account, RotationOrder order, bool& mistaken, Job& job) {
  const std::optional<AccountsToCover> accounts = co_await preflight(context, job);
  if (!accounts) co_return ExitCode::preflight_failed;
  const accounts::Inventory& inventory = accounts->inventory;
  const auto entry = std::ranges::find(inventory.entries, account, [](const auto& one) { return one.account.id; });
  if (entry == inventory.entries.end() || entry->skip != accounts::Skip::none) {
    const bool unknown = entry == inventory.entries.end();
    context.err << "keyward: account " << account.str()
                << " does not take part: " << (unknown ? "it is not in the organization" : accounts::describe(entry->skip)) << '\n';
    co_return ExitCode::preflight_failed;
  }
  report::RunSummary summary = new_summary(context, "rotate", Mode::enforce);
  Result<OpenRun> run = co_await open_run(context, job, std::move(summary));
  if (!run) co_return not_begun(context, run.error());
  rotation::RunIdentity identity = identity_of(context, run->id());
  AccountReport report = co_await job.rotate_one(entry->account, std::move(order), std::move(identity), run->journal);
  Coverage coverage;
  mistaken = report.failure && names_nothing(*report.failure);
  if (mistaken) {
    say(context, "nothing was done", *report.failure);
    run->record.discard();
    co_return ExitCode::preflight_failed;
  }
  if (report.failure) {
    say(context, "the user cannot be rotated", *report.failure);
    tell_that_the_key_works(context);
    coverage.not_covered.push_back({report.account, base::describe(*report.failure)});
  } else {
    coverage.covered = 1;
  }
  run->account_done(report, context.services.context.clock.now());
  const AccountsToCover only{{inventory.organization_id, {*entry}}, accounts->in_organization};
  count(run->record.summary(), counts_of(only));
  count(run->record.summary(), coverage);
  ExitCode code = co_await conclude(context, job, *run);
  co_return code;
}

}  // namespace

Task<ExitCode> run_rotate(CommandContext context) {
  const auto account = base::AccountId::parse(context.line.account);
  const auto user = base::UserName::parse(context.line.user);
  const auto compromised = base::AccessKeyId::parse(context.line.compromised);
  if (!context.line.compromised.empty() && !compromised) {
    context.err << "keyward: --compromised needs an access key id: " << base::AccessKeyId::expectation() << '\n';
    co_return ExitCode::usage;
  }
  if (context.line.reason.find_first_not_of(" \t\n") == std::string::npos) {
    context.err << "keyward: --reason needs some words: they are recorded, and the owner reads them\n";
    co_return ExitCode::usage;
  }
  if (!account || !user) {
    context.err << "keyward: --account needs 12 digits and --user the name of an IAM user\n";
    co_return ExitCode::usage;
  }
  const RotationOrder order{*user, context.line.reason, compromised, AskedBy::person};
  bool mistaken = false;
  Work work = [&context, &account, &order, &mistaken](Job& job) { return rotate(context, *account, order, mistaken, job); };
  ExitCode code = co_await under_lock(context, std::move(work));
  const bool not_begun = code == ExitCode::preflight_failed || code == ExitCode::already_running || code == ExitCode::usage;
  if (not_begun && !mistaken) tell_that_the_key_works(context);
  co_return code;
}

}  // namespace keyward::orchestrator
