#include "orchestrator/commands.hpp"

#include <algorithm>
#include <csignal>
#include <ostream>

#include "orchestrator/journal.hpp"
#include "orchestrator/notices.hpp"
#include "orchestrator/run_lock.hpp"
#include "orchestrator/run_memory.hpp"
#include "orchestrator/run_record.hpp"
#include "orchestrator/version.hpp"
#include "report/audit_table.hpp"
#include "report/inventory_table.hpp"
#include "report/run_table.hpp"
#include "report/words.hpp"
#include "rotation/auditor.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

void say(CommandContext& context, std::string_view what, const base::Error& error) {
  context.err << "keyward: " << what << ": " << base::describe(error) << '\n';
}

/// A drained interruption has the signal's exit code, whatever else there is to say.
ExitCode with_signal(const CommandContext& context, ExitCode code) {
  if (context.signal == 0) return code;
  return context.signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
}

std::string describe(const accounts::AccountMatch& rule) {
  if (rule.id) return "id " + rule.id->str();
  if (!rule.organizational_unit.empty()) return "ou " + rule.organizational_unit;
  std::string text = "tag";
  for (const auto& [key, value] : rule.tags) text += " " + key + "=" + value;
  return text;
}

/// A mistyped rule leaves accounts unprotected that somebody believes to be in.
void warn_of_idle_rules(CommandContext& context, const accounts::Inventory& inventory) {
  const auto check = [&](const char* where, const accounts::AccountMatch& rule) {
    const bool matches_any = std::ranges::any_of(
        inventory.entries, [&rule](const auto& entry) { return accounts::matches(rule, entry.account); });
    if (!matches_any) context.services.log.warn("rule_matches_no_account", {{"where", where}, {"rule", describe(rule)}});
  };
  const Configuration& configuration = context.configuration;
  for (const auto& rule : configuration.accounts.include) check("accounts.include", rule);
  for (const auto& rule : configuration.accounts.exclude) check("accounts.exclude", rule);
  for (const auto& entry : configuration.overrides) check("accounts.overrides", entry.match);
}

/// Who we are and which accounts there are; nothing when one of them cannot be told (said on standard error).
Task<std::optional<accounts::Inventory>> preflight(CommandContext& context, Job& job) {
  Result<aws::CallerIdentity> identity = co_await job.identify();
  if (!identity) {
    say(context, "AWS does not know who is calling", identity.error());
    co_return std::nullopt;
  }
  context.services.log.info("caller", {{"arn", identity->arn}, {"region", context.services.region}});
  const auto offset = context.services.context.clock.offset().value_or(std::chrono::seconds(0));
  if (std::chrono::abs(offset) > std::chrono::minutes(1)) {
    context.services.log.warn("host_clock_wrong", {{"host_clock", report::host_clock(offset.count())},
                                                   {"aws_minus_host_seconds", offset.count()},
                                                   {"advice", "AWS's time is used; set the host's clock"}});
  }
  Result<accounts::Inventory> inventory = co_await job.inventory();
  if (!inventory) {
    say(context, "the organization cannot be listed, so nothing was done", inventory.error());
    co_return std::nullopt;
  }
  warn_of_idle_rules(context, *inventory);
  co_return std::move(*inventory);
}

report::RunSummary new_summary(const CommandContext& context, const std::string& command) {
  const Configuration& configuration = context.configuration;
  report::RunSummary summary;
  const auto now = context.services.context.clock.now();
  summary.run = make_run_id(now, context.seed);
  summary.command = command;
  summary.dry_run = configuration.defaults.dry_run;  // as long as no account is begun
  summary.version = k_version;
  summary.started = now;
  summary.seed = context.seed;
  const rotation::Policy& policy = configuration.defaults.policy;
  summary.policy.rotate = static_cast<int>(policy.rotate_after.count());
  summary.policy.deactivate = static_cast<int>((policy.rotate_after + policy.install_grace).count());
  summary.policy.remove = static_cast<int>((policy.rotate_after + policy.install_grace + policy.recovery_grace).count());
  summary.limits = {{"accounts_in_flight", configuration.limits.accounts_in_flight},
                    {"max_changes", configuration.limits.max_changes},
                    {"max_changes_per_account", configuration.limits.max_changes_per_account},
                    {"max_failed_accounts_percent", configuration.limits.max_failed_accounts_percent},
                    {"max_inventory_shrink_percent", configuration.limits.max_inventory_shrink_percent}};
  return summary;
}

void close_summary(const CommandContext& context, report::RunSummary& summary) {
  const aws::CallContext& calls = context.services.context;
  summary.finished = calls.clock.now();
  summary.clock_offset_seconds = calls.clock.offset().value_or(std::chrono::seconds(0)).count();
  summary.api_calls = calls.statistics.requests_by_action;
  summary.api_throttled = calls.statistics.throttled;
  summary.api_retried = calls.statistics.retried;
  summary.interrupted = context.signal != 0;
}

int participating(const accounts::Inventory& inventory) {
  return static_cast<int>(std::ranges::count_if(inventory.entries, [](const auto& entry) { return entry.skip == accounts::Skip::none; }));
}

/// A run of this host that has a folder and is not the current one has ended: the lock is ours.
rotation::RunIdentity identity_of(const CommandContext& context, const std::string& run) {
  const auto runs = context.configuration.state_dir / "runs";
  return {run, [runs, run](const std::string& other) {
            std::error_code failed;
            return other != run && std::filesystem::is_directory(runs / other, failed);
          }};
}

/// What a run that may change something writes to.
struct OpenRun {
  RunRecord record;
  Notices notices;
  RunMemory memory;
  Journal journal;
};

Result<OpenRun> open_run(const CommandContext& context, Job& job, const std::string& command) {
  const std::filesystem::path& state_dir = context.configuration.state_dir;
  Result<RunRecord> record = RunRecord::open(state_dir, new_summary(context, command));
  if (!record) return record.error();
  Result<Notices> notices = Notices::prepare(context.configuration, record->folder(), job.hub());
  if (!notices) {
    base::Error error = notices.error();
    error.message = "people could not be told: " + error.message;
    return error;
  }
  Result<Journal> journal = Journal::open(state_dir);
  if (!journal) return journal.error();
  return OpenRun{std::move(*record), std::move(*notices), RunMemory::load(state_dir), std::move(*journal)};
}

ExitCode not_begun(CommandContext& context, const base::Error& error) {
  say(context, "nothing was done", error);
  return error.kind == base::ErrorKind::conflict ? ExitCode::already_running : ExitCode::preflight_failed;
}

/// Ends a run: mails, memory, record, what is said on standard output.
Task<ExitCode> conclude(CommandContext& context, Job& job, OpenRun& run) {
  RunRecord& record = run.record;
  report::RunSummary& summary = record.summary();
  Told told = co_await run.notices.deliver(job, summary.run, context.services.context.clock.now());
  record.told(told, context.services.context.clock.now());
  close_summary(context, summary);
  ExitCode code = exit_code_of(summary);
  for (const Result<void>& remembered : {run.journal.told(told.not_reached, context.services.context.clock.now()), run.memory.save(context.configuration.state_dir, told.not_reached)}) {
    if (remembered) continue;
    say(context, "what this run told people could not be remembered", remembered.error());
    code = worst(code, ExitCode::partial);
  }
  code = with_signal(context, code);
  summary.exit_code = static_cast<int>(code);
  const Result<void> written = record.finish();
  if (!written) {
    say(context, "the record of this run is not complete", written.error());
    code = worst(code, ExitCode::partial);
    summary.exit_code = static_cast<int>(code);
  }
  report::print_run(context.out, summary, record.highlights(), record.files(), context.output);
  co_return code;
}

}  // namespace

Task<ExitCode> run_inventory(CommandContext context) {
  Job job(context.configuration, context.services);
  std::optional<accounts::Inventory> inventory = co_await preflight(context, job);
  if (!inventory) co_return ExitCode::preflight_failed;
  report::print_inventory(context.out, *inventory, context.output);
  co_return with_signal(context, ExitCode::done);
}

Task<ExitCode> run_audit(CommandContext context) {
  Job job(context.configuration, context.services);
  std::optional<accounts::Inventory> inventory = co_await preflight(context, job);
  if (!inventory) co_return ExitCode::preflight_failed;
  report::RunSummary summary = new_summary(context, "audit");
  report::AuditPrinter printer(context.out, context.output);
  Progress progress(context.err, context.progress);
  progress.begin(participating(*inventory));
  CoverageCallbacks callbacks;
  callbacks.previous_run = [](const accounts::Account&) { return std::optional<base::Instant>(); };
  callbacks.account_done = [&](AccountReport&& report) {
    const base::Instant now = context.services.context.clock.now();
    count(summary, report, now);
    if (!report.failure) printer.add(report.account, report.users, report.settings.policy, now);
    progress.account_done(report.failure.has_value(), context.services.context.statistics.throttled);
  };
  rotation::RunIdentity run{summary.run, {}};
  Coverage coverage = co_await job.cover(*inventory, Mode::audit, std::move(run), std::move(callbacks), nullptr);
  progress.end();
  count(summary, *inventory, coverage);
  close_summary(context, summary);
  ExitCode code = exit_code_of(summary);
  if (summary.keys_out_of_policy > 0 && !context.line.exit_zero) code = worst(code, ExitCode::findings);
  summary.exit_code = static_cast<int>(code);
  printer.finish(summary);
  co_return with_signal(context, code);
}

namespace {

/// Why so many accounts are gone since the last run that something may be wrong with the list; empty when they are not.
std::string accounts_missing(const CommandContext& context, const accounts::Inventory& inventory, const RunMemory& memory) {
  const std::size_t now = inventory.entries.size();
  const std::size_t before = memory.accounts().value_or(now);
  const std::size_t allowed = std::max<std::size_t>(1, before * static_cast<std::size_t>(context.configuration.limits.max_inventory_shrink_percent) / 100);
  if (now >= before || before - now <= allowed) return {};
  return "limits.max_inventory_shrink_percent: the organization has " + std::to_string(now) + " accounts, the last run saw " +
         std::to_string(before) + "; if that is right, set it to 100 for one run";
}

Coverage nothing_covered(const accounts::Inventory& inventory, const std::string& why) {
  Coverage coverage;
  coverage.stopped_by = why;
  for (const auto& entry : inventory.entries) {
    if (entry.skip == accounts::Skip::none) coverage.not_covered.push_back({entry.account, "not begun: " + why});
  }
  return coverage;
}

/// Walks the accounts and tells the owners, under the lock.
Task<ExitCode> walk(CommandContext& context, const std::string& command, Mode mode) {
  const Result<RunLock> lock = RunLock::acquire(context.configuration.state_dir);
  if (!lock) co_return not_begun(context, lock.error());
  Job job(context.configuration, context.services);
  std::optional<accounts::Inventory> inventory = co_await preflight(context, job);
  if (!inventory) co_return ExitCode::preflight_failed;
  Result<OpenRun> run = open_run(context, job, command);
  if (!run) co_return not_begun(context, run.error());
  const bool audits = mode == Mode::enforce || mode == Mode::dry_run;
  Progress progress(context.err, context.progress);
  progress.begin(participating(*inventory));
  CoverageCallbacks callbacks;
  callbacks.previous_run = [&](const accounts::Account& account) {
    return run->memory.last_audited(account.id, told_as(mode_for(context.configuration.for_account(account), mode)));
  };
  callbacks.account_done = [&](AccountReport&& report) {
    const base::Instant now = context.services.context.clock.now();
    run->record.account_done(report, now);
    if (mode != Mode::list_interrupted) run->notices.collect(report, run->memory);
    if (audits && !report.failure && !report.cut_short) run->memory.audited(report.account.id, told_as(report.mode), report.audited_at);
    progress.account_done(report.failure.has_value(), context.services.context.statistics.throttled);
  };
  rotation::RunIdentity identity = identity_of(context, run->record.summary().run);
  Coverage coverage;
  const std::string missing = accounts_missing(context, *inventory, run->memory);
  if (missing.empty()) {
    coverage = co_await job.cover(*inventory, mode, std::move(identity), std::move(callbacks), &run->journal);
    run->memory.set_accounts(inventory->entries.size());
  } else {
    coverage = nothing_covered(*inventory, missing);
  }
  progress.end();
  count(run->record.summary(), *inventory, coverage);
  ExitCode code = co_await conclude(context, job, *run);
  co_return code;
}

}  // namespace

Task<ExitCode> run_job(CommandContext context) {
  const Mode mode = context.line.dry_run ? Mode::dry_run : Mode::enforce;
  ExitCode code = co_await walk(context, "run", mode);
  co_return code;
}

Task<ExitCode> run_recover(CommandContext context) {
  const Mode mode = context.line.list ? Mode::list_interrupted : Mode::recover;
  ExitCode code = co_await walk(context, "recover", mode);
  co_return code;
}

Task<ExitCode> run_rotate(CommandContext context) {
  const auto account_id = base::AccountId::parse(context.line.account);
  const auto user_name = base::UserName::parse(context.line.user);
  const auto compromised = base::AccessKeyId::parse(context.line.compromised);
  if (!context.line.compromised.empty() && !compromised) {
    context.err << "keyward: --compromised needs an access key id: " << base::AccessKeyId::expectation() << '\n';
    co_return ExitCode::usage;
  }
  if (!account_id || !user_name) {
    context.err << "keyward: --account needs 12 digits and --user the name of an IAM user\n";
    co_return ExitCode::usage;
  }
  const Result<RunLock> lock = RunLock::acquire(context.configuration.state_dir);
  if (!lock) co_return not_begun(context, lock.error());
  Job job(context.configuration, context.services);
  std::optional<accounts::Inventory> inventory = co_await preflight(context, job);
  if (!inventory) co_return ExitCode::preflight_failed;
  const auto entry = std::ranges::find_if(inventory->entries, [&](const auto& one) { return one.account.id == *account_id; });
  if (entry == inventory->entries.end() || entry->skip != accounts::Skip::none) {
    const std::string why = entry == inventory->entries.end() ? "it is not in the organization" : std::string(accounts::describe(entry->skip));
    context.err << "keyward: account " << account_id->str() << " does not take part: " << why << '\n';
    co_return ExitCode::preflight_failed;
  }
  Result<OpenRun> run = open_run(context, job, "rotate");
  if (!run) co_return not_begun(context, run.error());
  rotation::RunIdentity identity = identity_of(context, run->record.summary().run);
  RotationOrder order{*user_name, context.line.reason, compromised};
  AccountReport report = co_await job.rotate_one(entry->account, std::move(order), std::move(identity), run->journal);
  Coverage coverage;
  if (report.failure && report.failure->code == k_no_such_user) {
    say(context, "nothing was done", *report.failure);
    run->record.discard();
    co_return ExitCode::preflight_failed;
  }
  if (report.failure) {
    say(context, "the user cannot be rotated", *report.failure);
    coverage.not_covered.push_back({report.account, base::describe(*report.failure)});
  } else {
    coverage.covered = 1;
  }
  run->record.account_done(report, context.services.context.clock.now());
  run->notices.collect(report, run->memory);
  accounts::Inventory only{inventory->organization_id, {*entry}};
  count(run->record.summary(), only, coverage);
  ExitCode code = co_await conclude(context, job, *run);
  co_return code;
}

}  // namespace keyward::orchestrator
