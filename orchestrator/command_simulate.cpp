#include <boost/asio/this_coro.hpp>
#include <ostream>

#include "orchestrator/commands.hpp"
#include "orchestrator/notices.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/run_record.hpp"
#include "orchestrator/run_summary.hpp"
#include "orchestrator/simulation.hpp"
#include "report/simulation.hpp"

namespace keyward::orchestrator {
namespace {

std::string name_of(rotation::Adoption adoption) {
  switch (adoption) {
    case rotation::Adoption::prompt: return "prompt";
    case rotation::Adoption::late: return "late";
    case rotation::Adoption::never: return "never";
  }
  return {};
}

report::SimulationReport simulated(const CommandContext& context, const Simulation& simulation, const report::RunSummary& summary) {
  const Configuration& configuration = context.configuration;
  const rotation::Policy& policy = configuration.defaults.policy;
  report::SimulationReport report;
  report.adoption = name_of(context.line.adoption);
  report.as_configured = {static_cast<int>(policy.rotate_after.count()), simulation.run(context.line.days, Simulation::Variant::as_configured)};
  const std::chrono::days early = Simulation::early_enough(policy);
  if (early < policy.rotate_after) {
    report.earlier = {static_cast<int>(early.count()), simulation.run(context.line.days, Simulation::Variant::earlier)};
  }
  report.users = summary.users;
  report.keys = summary.keys;
  report.exempt_users = simulation.exempt_users();
  report.unreadable_users = simulation.unreadable_users();
  report.accounts_dry_run = simulation.accounts_dry_run();
  report.users_without_recipient = simulation.users_without_recipient();
  report.max_changes = configuration.limits.max_changes;
  report.max_changes_per_account = configuration.limits.max_changes_per_account;
  return report;
}

}  // namespace

base::Task<ExitCode> run_simulate(CommandContext context) {
  Job job(context.configuration, context.services, std::nullopt);
  std::optional<AccountsToCover> accounts = co_await preflight(context, job);
  if (!accounts) co_return ExitCode::preflight_failed;
  const notify::NotifySettings& notify = context.configuration.defaults.notify;
  const base::Result<notify::AddressBook> book = co_await recipients(notify, job);
  if (!book) co_return not_begun(context, book.error());
  report::RunSummary summary = new_summary(context, "simulate", Mode::survey);
  // All of it is decided at one moment, so that one run follows the other after a day.
  Simulation simulation(context.configuration.limits, context.line.adoption, summary.started);
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  Progress progress(executor, context.progress, context.services.context.statistics.throttled);
  progress.begin();
  AccountQueue queue;
  for (const accounts::InventoryEntry& entry : accounts->inventory.entries) {
    if (entry.skip != accounts::Skip::none) continue;
    progress.account_listed();
    queue.add(entry.account);
  }
  queue.end();
  progress.all_listed();
  CoverageCallbacks callbacks;
  callbacks.previous_run = [](const accounts::Account&) { return std::optional<base::Instant>(); };
  callbacks.account_begun = [&progress](const accounts::Account& account) { progress.account_begun(account); };
  callbacks.account_done = [&](AccountReport&& report) {
    count(summary, report, context.services.context.clock.now());
    if (!report.failure) simulation.add(report, context.configuration.users, *book);
    progress.account_done(report.account, report.failure.has_value());
  };
  rotation::RunIdentity run{summary.run, {}};
  Coverage coverage = co_await job.cover(queue, Mode::survey, std::move(run), std::move(callbacks), nullptr);
  progress.end();
  count(summary, counts_of(*accounts));
  count(summary, coverage);
  close_summary(context, summary);
  const ExitCode code = exit_code_of(summary);
  summary.exit_code = static_cast<int>(code);
  report::print_simulation(context.out, summary, simulated(context, simulation, summary), context.output);
  co_return with_signal(context, code);
}

}  // namespace keyward::orchestrator
