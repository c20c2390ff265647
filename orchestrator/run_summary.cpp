#include "orchestrator/run_summary.hpp"

#include "orchestrator/run_record.hpp"
#include "orchestrator/version.hpp"

namespace keyward::orchestrator {
namespace {

std::string name_of(Mode mode) {
  switch (mode) {
    case Mode::audit: return "audit";
    case Mode::survey: return "survey";
    case Mode::dry_run: return "dry_run";
    case Mode::enforce: return "enforce";
    case Mode::list_interrupted: return "list_interrupted";
    case Mode::recover: return "recover";
  }
  return {};
}

}  // namespace

report::RunSummary new_summary(const CommandContext& context, const std::string& command, Mode mode) {
  const Configuration& configuration = context.configuration;
  report::RunSummary summary;
  const auto now = context.services.context.clock.now();
  summary.run = make_run_id(now, context.seed);
  summary.command = command;
  summary.mode = name_of(mode);
  summary.configuration = context.configuration_digest;
  summary.dry_run = configuration.defaults.dry_run;  // as long as no account is begun
  summary.version = k_version;
  summary.started = now;
  summary.region = context.services.region.str();
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
  for (const rotation::Exemption& exemption : configuration.users.exempt) {
    // The configured day is the last one.
    const std::string until = exemption.until ? base::format_date(*exemption.until - std::chrono::days(1)) : "";
    summary.exemptions.push_back({exemption.account.str(), exemption.user.str(), until, exemption.reason, exemption.owner});
  }
  if (const std::optional<Shard>& shard = context.line.shard) {
    summary.shard = report::ShardPart{shard->index, shard->count, 0};  // until they are listed
    summary.limits[report::k_shard_changes] = share_of(configuration.limits.max_changes, *shard);
  }
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

}  // namespace keyward::orchestrator
