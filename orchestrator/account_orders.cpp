#include "orchestrator/account_orders.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <ostream>
#include <utility>

#include "orchestrator/open_run.hpp"
#include "orchestrator/preflight.hpp"
#include "orchestrator/run_summary.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

/// What is done in the account; it may be a lambda with captures that calls a coroutine.
using Deed = std::function<Task<AccountReport>(Job&, OpenRun&, accounts::Account)>;

/// An account that somebody names, and what of it is known.
struct Named {
  accounts::Account account;
  bool path_given = false;
  bool is_own = false;  ///< the caller's own account, of which nothing else is known, and which need not be in an organization
};

bool is_enough(const Named& named, const accounts::InventoryNeeds& needs) {
  return (!needs.organizational_units || named.path_given) && (!needs.tags || named.account.tags);
}

/// The account of a whole list; none where it is not in the organization.
AccountsToCover only(accounts::Inventory inventory, const base::AccountId& id) {
  AccountsToCover found;
  found.inventory.organization_id = std::move(inventory.organization_id);
  found.in_organization = inventory.entries.size();
  for (accounts::InventoryEntry& entry : inventory.entries) {
    if (entry.account.id == id) found.inventory.entries.push_back(std::move(entry));
  }
  return found;
}

/// As it was named, with no more asked of AWS than what organization this is.
AccountsToCover as_named(accounts::Account account, const aws::Organization& organization, const accounts::AccountSelection& selection) {
  account.management = organization.management_account == account.id;
  const accounts::Skip skip = accounts::select(account, selection);
  return {{organization.id, {{std::move(account), skip}}}, 1};
}

/// What can be known of the account that was named. Nothing when the organization cannot be asked (said on standard error).
Task<std::optional<AccountsToCover>> look_up(CommandContext& context, Job& job, Named named) {
  const Configuration& configuration = context.configuration;
  const bool enough = is_enough(named, accounts::needs_of(configuration.account_rules()));
  if (enough && !named.is_own) {
    const Result<aws::Organization> organization = co_await job.organization();
    if (organization) co_return as_named(std::move(named.account), *organization, configuration.accounts);
    say(context, "the organization cannot be read, so nothing was done", organization.error());
    co_return std::nullopt;
  }
  Result<accounts::Inventory> inventory = co_await job.inventory();
  if (inventory) co_return only(std::move(*inventory), named.account.id);
  // An account by itself is in no organization, or its function may not ask.
  if (enough && configuration.organization.id.empty()) {
    context.services.log.info("organization_not_listed", {{"why", base::describe(inventory.error())},
                                                          {"consequence", "the account's own address is not known"}});
    co_return as_named(std::move(named.account), aws::Organization{}, configuration.accounts);
  }
  say(context, "the organization cannot be listed, so nothing was done", inventory.error());
  co_return std::nullopt;
}

/// The same, where the account takes part; otherwise that is said on standard error.
Task<std::optional<AccountsToCover>> find_account(CommandContext& context, Job& job, Named named) {
  const base::AccountId id = named.account.id;
  std::optional<AccountsToCover> found = co_await look_up(context, job, std::move(named));
  if (!found) co_return std::nullopt;
  job.gate().open();
  const std::deque<accounts::InventoryEntry>& entries = found->inventory.entries;
  if (!entries.empty() && entries.front().skip == accounts::Skip::none) co_return found;
  context.err << "keyward: account " << id.str() << " does not take part, so nothing was done: "
              << (entries.empty() ? "it is not in the organization" : accounts::describe(entries.front().skip)) << '\n';
  co_return std::nullopt;
}

Coverage coverage_of(const AccountReport& report, const Limits& limits) {
  Coverage coverage;
  if (report.failure) {
    coverage.not_covered.push_back({report.account, base::describe(*report.failure)});
  } else if (report.cut_short) {
    coverage.not_covered.push_back({report.account, cut_short_by(limits)});
  } else {
    coverage.covered = 1;
  }
  return coverage;
}

/// What is to be done, and how it is recorded.
struct Order {
  std::string command;
  Deed deed;
  std::vector<notify::OwnerNotice>* owed = nullptr;  ///< gets what people have to be told; nothing: they are told
};

/// A run of one account, whatever is done there.
Task<ExitCode> in_account(CommandContext& context, Named named, const Order& order, Job& job) {
  std::optional<AccountsToCover> accounts = co_await find_account(context, job, std::move(named));
  if (!accounts) co_return ExitCode::preflight_failed;
  const Mode mode = context.line.dry_run ? Mode::dry_run : Mode::enforce;
  report::RunSummary summary = new_summary(context, order.command, mode);
  Result<OpenRun> run = co_await open_run(context, job, std::move(summary));
  if (!run) co_return not_begun(context, run.error());
  if (order.owed != nullptr) run->piece = Piece::account;
  Task<AccountReport> work = order.deed(job, *run, accounts->inventory.entries.front().account);
  AccountReport report = co_await std::move(work);
  run->account_done(report, context.services.context.clock.now());
  count(run->record.summary(), counts_of(*accounts));
  count(run->record.summary(), coverage_of(report, context.configuration.limits));
  ExitCode code = co_await conclude(context, job, *run);
  if (order.owed != nullptr) *order.owed = std::move(run->owed);
  co_return code;
}

Task<ExitCode> in_named_account(CommandContext& context, Named named, const Order& order, Job& job) {
  const bool known = co_await identify(context, job);
  if (!known) co_return ExitCode::preflight_failed;
  ExitCode code = co_await in_account(context, std::move(named), order, job);
  co_return code;
}

Task<ExitCode> in_own_account(CommandContext& context, const Order& order, Job& job) {
  const bool known = co_await identify(context, job);
  if (!known) co_return ExitCode::preflight_failed;
  const auto own = base::AccountId::parse(job.own_account().value_or(""));
  if (!own) {
    context.err << "keyward: AWS names no account of the caller, so nothing was done\n";
    co_return ExitCode::preflight_failed;
  }
  Named named{{*own, "", "", accounts::AccountState::active, false, {}, {}}, false, true};
  ExitCode code = co_await in_account(context, std::move(named), order, job);
  co_return code;
}

Task<AccountReport> work_through(const CommandContext& context, Job& job, OpenRun& run, accounts::Account account) {
  const Mode mode = context.line.dry_run ? Mode::dry_run : Mode::enforce;
  const notify::Mode seen_as = told_as(mode_for(context.configuration.for_account(account), mode));
  const std::optional<base::Instant> previous = run.memory.last_audited(account.id, seen_as);
  rotation::RunIdentity identity = identity_of(context, run.id());
  AccountReport report = co_await job.work_on(std::move(account), mode, previous, std::move(identity), run.journal);
  run.memory.visited(report.account.id, seen_as, report.audited_at);
  if (!report.failure && !report.cut_short) run.memory.audited(report.account.id, seen_as, report.audited_at);
  co_return report;
}

Deed rotation_of(const CommandContext& context, const base::UserName& user) {
  return [&context, user](Job& job, OpenRun& run, accounts::Account account) {
    RotationOrder order{user, "asked for by an event of the function", {}, AskedBy::program};
    return job.rotate_one(std::move(account), std::move(order), identity_of(context, run.id()), run.journal);
  };
}

}  // namespace

Task<ExitCode> run_account(CommandContext context, AccountEvent event, std::vector<notify::OwnerNotice>& owed) {
  const Named named{std::move(event.account), event.path_given, false};
  // A part of a fan-out is a part of the daily run.
  Order order{event.fan_out ? "run" : "account", {}, event.fan_out ? &owed : nullptr};
  order.deed = [&context](Job& job, OpenRun& run, accounts::Account account) { return work_through(context, job, run, std::move(account)); };
  if (event.force_rotate) {
    order.command = "rotate";
    order.deed = rotation_of(context, *event.force_rotate);
  }
  Work work = [&context, &named, &order](Job& job) { return in_named_account(context, named, order, job); };
  ExitCode code = co_await under_lock(context, std::move(work));
  co_return code;
}

Task<ExitCode> run_user(CommandContext context, UserEvent event) {
  Order order{"rotate", rotation_of(context, event.user)};
  if (event.order != KeyOrder::create) {
    const bool deactivates = event.order == KeyOrder::deactivate;
    order.command = deactivates ? "deactivate" : "delete";
    const rotation::Action action = deactivates ? rotation::Action::deactivate : rotation::Action::remove;
    order.deed = [&context, &event, action](Job& job, OpenRun& run, accounts::Account account) {
      UserOrder wanted{event.user, action};
      return job.order_for_user(std::move(account), std::move(wanted), identity_of(context, run.id()), run.journal);
    };
  }
  Work work = [&context, &order](Job& job) { return in_own_account(context, order, job); };
  ExitCode code = co_await under_lock(context, std::move(work));
  co_return code;
}

Task<ExitCode> list_accounts_as_events(CommandContext context, bool dry_run, boost::json::object& content) {
  Job job(context.configuration, context.services, std::nullopt);
  std::optional<AccountsToCover> accounts = co_await preflight(context, job);
  if (!accounts) co_return ExitCode::preflight_failed;
  const accounts::InventoryNeeds needs = accounts::needs_of(context.configuration.account_rules());
  boost::json::array events;
  boost::json::array uncovered;
  boost::json::object skipped;
  ExitCode code = ExitCode::done;
  for (const accounts::InventoryEntry& entry : accounts->inventory.entries) {
    if (entry.skip == accounts::Skip::none) {
      events.push_back(account_event(entry.account, needs.organizational_units, needs.tags, dry_run));
      continue;
    }
    if (entry.skip != accounts::Skip::state_unrecognized) {
      boost::json::value& count = skipped[accounts::describe(entry.skip)];
      count = count.is_int64() ? count.get_int64() + 1 : 1;
      continue;
    }
    uncovered.push_back({{"account", entry.account.id.str()}, {"name", entry.account.name}, {"reason", accounts::describe(entry.skip)}});
    context.err << "keyward: account " << entry.account.id.str() << " is not listed: " << accounts::describe(entry.skip) << '\n';
    code = ExitCode::partial;
  }
  content["organization"] = accounts->inventory.organization_id;
  content["in_organization"] = accounts->in_organization;
  content["skipped"] = std::move(skipped);
  if (!uncovered.empty()) content["uncovered"] = std::move(uncovered);
  content["accounts"] = std::move(events);
  co_return with_signal(context, code);
}

}  // namespace keyward::orchestrator
