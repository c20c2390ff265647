#include <array>
#include <ostream>

#include "base/with_deadline.hpp"
#include "orchestrator/commands.hpp"
#include "orchestrator/doctor.hpp"
#include "orchestrator/preflight.hpp"

namespace keyward::orchestrator {
namespace {

using base::Task;

struct Check {
  const char* id;    ///< of what is said when it was not made
  const char* what;  ///< for people
  Task<void> (*examine)(Examination& examination);
};

/// In the order in which one needs what the other learned.
constexpr auto k_checks = std::to_array<Check>({
    {"doctor.host.version", "the program", examine_version},
    {"doctor.host.state_dir", "state_dir", examine_state_dir},
    {"doctor.host.lock", "whether a run is active", examine_lock},
    {"doctor.host.prometheus_file", "report.prometheus_file", examine_metrics_file},
    {"doctor.network.endpoint", "the way to AWS", examine_network},
    {"doctor.caller.identity", "who calls", examine_credentials},
    {"doctor.caller.clock", "the host's clock", examine_clock},
    {"doctor.organization.list", "the organization", examine_organization},
    {"doctor.organization.participation", "which accounts take part", examine_selection},
    {"doctor.rights.control", "the caller's rights", examine_callers_rights},
    {"doctor.role.assume", "the accounts", examine_accounts},
    {"doctor.store.reach", "the central store", examine_central_store},
    {"doctor.mail.templates", "the templates", examine_templates},
    {"doctor.mail.recipients", "the recipients", examine_recipients},
    {"doctor.channel.all", "the channels", examine_channels},
    {"doctor.history.journal", "interrupted rotations", examine_journal},
    {"doctor.history.last_run", "the last run", examine_last_run},
    {"doctor.history.exemptions", "the exemptions", examine_exemptions},
});

Task<bool> made(const Check& check, Examination& examination) {
  co_await check.examine(examination);
  co_return true;
}

/// False when the check could not be made to its end.
Task<bool> make(const Check& check, Examination& examination) {
  if (!examination.must_stop()) {
    Task<bool> work = made(check, examination);
    std::optional<bool> done = co_await base::with_deadline(std::move(work), examination.deadline);
    if (done) co_return true;
  }
  const bool stopped = examination.context.services.stopping;
  examination.skip(check.id, check.what, stopped ? "interrupted" : "limits.deadline has passed");
  co_return false;
}

/// Failures of single accounts or notices leave the rest usable.
ExitCode exit_code_of(const report::FindingCounts& counts) {
  if (counts.blocking > 0) return ExitCode::preflight_failed;
  return counts.failures > 0 ? ExitCode::partial : ExitCode::done;
}

}  // namespace

Task<ExitCode> run_doctor(CommandContext context) {
  if (!context.line.account.empty() && !base::AccountId::parse(context.line.account)) {
    context.err << "keyward: --account needs 12 digits\n";
    co_return ExitCode::usage;
  }
  Job job(context.configuration, context.services, std::nullopt);
  Examination examination{context, job, base::Deadline::after(context.configuration.limits.deadline), {}, {}, {}, {},
                          0,       {}};
  ExitCode code = ExitCode::done;
  for (const Check& check : k_checks) {
    const bool to_its_end = co_await make(check, examination);
    if (!to_its_end) code = ExitCode::partial;
    if (!examination.wrong_account.empty()) {
      context.err << "keyward: " << examination.wrong_account << '\n';
      co_return ExitCode::usage;
    }
  }
  for (report::Finding& finding : examination.findings)
    finding.fix = with_configuration(finding.fix, context.line.config);
  const std::vector<report::Finding> findings = report::merged(std::move(examination.findings));
  report::print_findings(context.out, findings, context.output);
  co_return with_signal(context, worst(code, exit_code_of(report::counts_of(findings))));
}

}  // namespace keyward::orchestrator
