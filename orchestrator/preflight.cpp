#include "orchestrator/preflight.hpp"

#include <algorithm>
#include <csignal>
#include <ostream>

#include "orchestrator/run_lock.hpp"
#include "orchestrator/run_templates.hpp"
#include "report/words.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

std::string describe(const accounts::AccountMatch& rule) {
  if (rule.id) return "id " + rule.id->str();
  if (!rule.organizational_unit.empty()) return "ou " + rule.organizational_unit;
  std::string text = "tag";
  for (const auto& [key, value] : rule.tags) text += " " + key + "=" + value;
  return text;
}

void say_unlisted(CommandContext& context, const base::Error& error) {
  say(context, "the organization cannot be listed, so nothing was done", error);
}

void warn_of_idle(CommandContext& context, const RuleUse& rules) {
  for (const IdleRule& idle : rules.idle()) context.services.log.warn("rule_matches_no_account", {{"where", idle.where}, {"rule", idle.rule}});
}

}  // namespace

RuleUse::RuleUse(const Configuration& configuration) {
  for (const auto& rule : configuration.accounts.include) unused_.push_back({"accounts.include", &rule});
  for (const auto& rule : configuration.accounts.exclude) unused_.push_back({"accounts.exclude", &rule});
  for (const auto& entry : configuration.overrides) unused_.push_back({"accounts.overrides", &entry.match});
}

void RuleUse::see(const accounts::Account& account) {
  std::erase_if(unused_, [&account](const Rule& rule) { return accounts::matches(*rule.match, account); });
}

std::vector<IdleRule> RuleUse::idle() const {
  std::vector<IdleRule> idle;
  idle.reserve(unused_.size());
  for (const Rule& rule : unused_) idle.push_back({rule.where, describe(*rule.match)});
  return idle;
}

void say(CommandContext& context, std::string_view what, const base::Error& error) {
  context.err << "keyward: " << what << ": " << base::describe(error) << '\n';
}

ExitCode not_begun(CommandContext& context, const base::Error& error) {
  say(context, "nothing was done", error);
  if (error.operation == notify::k_template_operation) return ExitCode::usage;
  return error.kind == base::ErrorKind::conflict ? ExitCode::already_running : ExitCode::preflight_failed;
}

ExitCode with_signal(const CommandContext& context, ExitCode code) {
  // A key that a person must see to is not drained cleanly.
  if (context.signal == 0 || code == ExitCode::recovery_needed) return code;
  return context.signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
}

Task<bool> identify(CommandContext& context, Job& job) {
  Result<aws::CallerIdentity> identity = co_await job.identify();
  if (!identity) {
    say(context, "AWS does not know who is calling", identity.error());
    co_return false;
  }
  context.services.log.info("caller", {{"arn", identity->arn}, {"region", context.services.region}});
  const auto offset = context.services.context.clock.offset().value_or(std::chrono::seconds(0));
  if (std::chrono::abs(offset) > std::chrono::minutes(1)) {
    context.services.log.warn("host_clock_wrong", {{"host_clock", report::host_clock(offset.count())},
                                                   {"aws_minus_host_seconds", offset.count()},
                                                   {"advice", "AWS's time is used; set the host's clock"}});
  }
  co_return true;
}

Task<std::optional<std::string>> list_accounts(CommandContext& context, Job& job, accounts::OnListed on_listed) {
  RuleUse rules(context.configuration);
  accounts::OnListed see = [&rules, &on_listed](accounts::InventoryEntry entry) {
    rules.see(entry.account);
    on_listed(std::move(entry));
  };
  Result<std::string> organization = co_await job.list(std::move(see));
  if (!organization) {
    say_unlisted(context, organization.error());
    co_return std::nullopt;
  }
  warn_of_idle(context, rules);
  co_return std::move(*organization);
}

Task<std::optional<AccountsToCover>> list_accounts(CommandContext& context, Job& job) {
  Result<accounts::Inventory> inventory = co_await job.inventory();
  if (!inventory) {
    say_unlisted(context, inventory.error());
    co_return std::nullopt;
  }
  RuleUse rules(context.configuration);
  for (const accounts::InventoryEntry& entry : inventory->entries) rules.see(entry.account);
  warn_of_idle(context, rules);
  co_return accounts_to_cover(std::move(*inventory), context.line.shard);
}

Task<std::optional<AccountsToCover>> preflight(CommandContext& context, Job& job) {
  const bool known = co_await identify(context, job);
  if (!known) co_return std::nullopt;
  std::optional<AccountsToCover> accounts = co_await list_accounts(context, job);
  if (accounts) job.gate().open();
  co_return accounts;
}

Task<ExitCode> under_lock(CommandContext& context, Work work) {
  // Exit code 2 promises that no call was made.
  const Result<void> templates = check_templates(context.configuration.defaults.notify);
  if (!templates) {
    say(context, "nothing was done", templates.error());
    co_return ExitCode::usage;
  }
  const Result<RunLock> lock = RunLock::acquire(StateFolders(context.configuration.state_dir, context.line.shard));
  if (!lock) co_return not_begun(context, lock.error());
  Job job(context.configuration, context.services, context.line.shard);
  Task<ExitCode> done = work(job);
  ExitCode code = co_await std::move(done);
  co_return code;
}

}  // namespace keyward::orchestrator
