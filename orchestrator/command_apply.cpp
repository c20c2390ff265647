#include <boost/asio/this_coro.hpp>
#include <utility>

#include "orchestrator/commands.hpp"
#include "orchestrator/open_run.hpp"
#include "orchestrator/plan_file.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/queue_all.hpp"
#include "orchestrator/run_summary.hpp"
#include "orchestrator/user_actions.hpp"
#include "orchestrator/version.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;
using rotation::OutcomeStatus;

/// Before anything is changed: the plan is not for here or now.
ExitCode refuse(CommandContext& context, const base::Error& error) {
  context.err << "keyward: the plan " << context.line.plan_file << " is not applied, nothing was done: " << error.message << '\n';
  return ExitCode::usage;
}

/// A plan that is carried out.
struct Application {
  CommandContext& context;
  Job& job;
  const Plan& plan;
  OpenRun& run;
  Progress& progress;

  notify::Mode told_as_now(const accounts::Account& account) const {
    return told_as(mode_for(context.configuration.for_account(account), Mode::enforce));
  }
};

/// The plan's steps in an account that cannot be worked in any more.
AccountReport not_there(const Application& application, accounts::Account account, const AccountPlan& planned, const std::string& why) {
  const base::Instant now = application.context.services.context.clock.now();
  AccountSettings settings = application.context.configuration.for_account(account);
  AccountReport report{std::move(account), std::move(settings), planned.dry_run ? Mode::dry_run : Mode::enforce, now, {}, {}, {}, false, 0};
  for (const auto& [name, user] : planned.users) {
    rotation::UserReport told{rotation::UserFacts{name, user.facts.arn, {}, {}, {}, {}, std::nullopt}, {}};
    for (const rotation::Decision& step : user.steps) told.outcomes.push_back(not_carried_out(step, OutcomeStatus::stale, now, why));
    report.users.push_back(std::move(told));
  }
  return report;
}

/// Of the organization only what the plan speaks of; what it speaks of and is not there is recorded as stale.
AccountsToCover planned_accounts(Application& application, AccountsToCover accounts) {
  AccountsToCover planned{{accounts.inventory.organization_id, {}}, accounts.in_organization};
  std::map<base::AccountId, std::pair<accounts::Account, std::string>> missing;
  for (const auto& [id, account] : application.plan.accounts) {
    missing.emplace(id, std::pair(accounts::Account{id, account.name, "", accounts::AccountState::unrecognized, false, {}, {}},
                                  "the account has left the organization"));
  }
  for (accounts::InventoryEntry& entry : accounts.inventory.entries) {
    const auto found = missing.find(entry.account.id);
    if (found == missing.end()) continue;
    if (entry.skip == accounts::Skip::none) missing.erase(found);
    else found->second = {entry.account, "the account takes no part any more: " + std::string(accounts::describe(entry.skip))};
    planned.inventory.entries.push_back(std::move(entry));
  }
  const base::Instant now = application.context.services.context.clock.now();
  for (auto& [id, gone] : missing) {
    const AccountReport report = not_there(application, std::move(gone.first), *application.plan.find(id), gone.second);
    application.run.record.account_skipped(report, now);
  }
  return planned;
}

/// What the next run may take for told: the plan holds every stage that was crossed until it was made, and none since.
void remember(Application& application, const AccountReport& report) {
  if (report.failure || report.cut_short) return;
  for (const rotation::UserReport& user : report.users) {
    for (const rotation::Outcome& outcome : user.outcomes) {
      if (outcome.status == OutcomeStatus::stale && outcome.decision.action == rotation::Action::warn) return;
    }
  }
  RunMemory& memory = application.run.memory;
  const notify::Mode mode = told_as(report.mode);
  if (memory.last_audited(report.account.id, mode).value_or(base::Instant::min()) >= application.plan.created) return;
  memory.audited(report.account.id, mode, application.plan.created);
}

Task<Coverage> cover(Application& application, const AccountsToCover& accounts) {
  AccountQueue queue;
  queue_all(accounts, queue, application.progress);
  CoverageCallbacks callbacks;
  callbacks.previous_run = [&application](const accounts::Account& account) {
    return application.run.memory.last_audited(account.id, application.told_as_now(account));
  };
  callbacks.account_begun = [&application](const accounts::Account& account) { application.progress.account_begun(account); };
  callbacks.account_done = [&application](AccountReport&& report) {
    application.run.account_done(report, application.context.services.context.clock.now());
    remember(application, report);
    application.progress.account_done(report.account, report.failure.has_value());
  };
  rotation::RunIdentity identity = identity_of(application.context, application.run.id());
  Coverage coverage = co_await application.job.cover(queue, Mode::enforce, std::move(identity), std::move(callbacks),
                                                     &application.run.journal, &application.plan);
  co_return coverage;
}

Task<ExitCode> apply(CommandContext& context, const Plan& plan, Job& job) {
  const bool known = co_await identify(context, job);
  if (!known) co_return ExitCode::preflight_failed;
  const Result<void> in_time = check_time(plan, context.services.context.clock.now());
  if (!in_time) co_return refuse(context, in_time.error());
  std::optional<AccountsToCover> accounts = co_await list_accounts(context, job);
  if (!accounts) co_return ExitCode::preflight_failed;
  const Result<void> at_home = check_organization(plan, accounts->inventory.organization_id);
  if (!at_home) co_return refuse(context, at_home.error());
  if (inventory_digest(accounts->inventory) != plan.inventory) {
    context.services.log.info("accounts_changed_since_plan", {{"consequence", "what was planned for an account that is gone is stale; one "
                                                                              "that is new waits for the next plan or run"}});
  }
  report::RunSummary summary = new_summary(context, "apply", Mode::enforce);
  summary.plan = plan.id;
  Result<OpenRun> run = co_await open_run(context, job, std::move(summary));
  if (!run) co_return not_begun(context, run.error());
  job.gate().open();
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  Progress progress(executor, context.progress, context.services.context.statistics.throttled);
  Application application{context, job, plan, *run, progress};
  const AccountsToCover planned = planned_accounts(application, std::move(*accounts));
  progress.begin();
  Coverage coverage = co_await cover(application, planned);
  progress.end();
  count(run->record.summary(), counts_of(planned));
  count(run->record.summary(), coverage);
  ExitCode code = co_await conclude(context, job, *run);
  co_return code;
}

}  // namespace

Task<ExitCode> run_apply(CommandContext context) {
  const Result<Plan> plan = read_plan(context.line.plan_file, context.configuration.state_dir);
  if (!plan) co_return refuse(context, plan.error());
  const Result<void> fits = check_program(*plan, k_version, context.configuration_digest);
  if (!fits) co_return refuse(context, fits.error());
  Work work = [&context, &plan](Job& job) { return apply(context, *plan, job); };
  ExitCode code = co_await under_lock(context, std::move(work));
  co_return code;
}

}  // namespace keyward::orchestrator
