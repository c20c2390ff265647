#include "orchestrator/job.hpp"

#include <algorithm>

#include "aws/account_client.hpp"
#include "aws/dynamodb_client.hpp"
#include "base/deadline.hpp"
#include "base/task_group.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;

// A percentage of a handful of accounts would let one broken account stop the others.
constexpr int k_failures_always_allowed = 5;

int allowed_failures(int participating, int percent) {
  return std::max(k_failures_always_allowed, participating * percent / 100);
}

accounts::InventoryNeeds inventory_needs(const Configuration& configuration) {
  accounts::InventoryNeeds needs = accounts::needs_of(configuration.account_rules());
  needs.expected_organization = configuration.organization.id;
  return needs;
}

accounts::RoleSettings role_settings(const Configuration& configuration, const std::string& partition) {
  return {partition, "", configuration.role_session_name, configuration.external_id};
}

}  // namespace

std::string cut_short_by(const Limits& limits) {
  return "cut short by a signal or by " + limits.deadline_name + " before every user was done";
}

struct Job::Walk {
  Mode mode;
  RunParts parts;
  AccountQueue& accounts;
  CoverageCallbacks& callbacks;
  Coverage& coverage;
  int failed = 0;

  bool too_many_failed() const {
    return failed > allowed_failures(accounts.added(), parts.configuration.limits.max_failed_accounts_percent);
  }

  /// Why no further account may be begun; empty when one may.
  std::string why_not_begin() {
    if (parts.stopping) return "not begun: the run was interrupted";
    if (parts.deadline.expired()) return "not begun: " + parts.configuration.limits.deadline_name + " had passed";
    if (parts.gate.is_refused()) return "not begun: the organization could not be listed";
    if (!too_many_failed()) return {};
    coverage.stopped_by = "limits.max_failed_accounts_percent: too many accounts failed";
    return "not begun: more than limits.max_failed_accounts_percent of the accounts had failed";
  }
};

Job::Job(const Configuration& configuration, Services services, const std::optional<Shard>& shard)
    : configuration_(configuration),
      services_(std::move(services)),
      // Dry run or not, what the caller itself does in its own account is reading, and writing secrets of a central store,
      // which has a caller of its own (workplace.cpp).
      hub_(services_.context, *services_.identity, services_.region, aws::Writes::refused),
      budget_(shard ? share_of(configuration.limits.max_changes, *shard) : configuration.limits.max_changes,
              configuration.limits.max_changes_per_account),
      deadline_(base::Deadline::after(configuration.limits.deadline)) {
  if (configuration.organization.list_role) {
    list_session_.emplace(services_.context, services_.identity, services_.region, *configuration.organization.list_role,
                          role_settings(configuration, services_.partition), aws::Writes::refused);
  }
}

Task<Result<aws::CallerIdentity>> Job::identify() {
  aws::StsClient sts(hub_);
  Result<aws::CallerIdentity> identity = co_await sts.get_caller_identity();
  if (identity) own_account_ = identity->account;
  co_return identity;
}

Task<Result<aws::Organization>> Job::organization() {
  aws::OrganizationsClient organizations(organizations_caller());
  Result<aws::Organization> organization = co_await organizations.describe_organization();
  if (!organization) co_return organization;
  const std::string& expected = configuration_.organization.id;
  if (!expected.empty() && organization->id != expected) {
    co_return base::Error{base::ErrorKind::invalid, "organization", "OrganizationMismatch", "",
                          "this is organization " + organization->id + ", and organization.id is " + expected};
  }
  co_return organization;
}

Task<Result<accounts::Inventory>> Job::inventory() {
  aws::OrganizationsClient organizations(organizations_caller());
  Result<accounts::Inventory> inventory = co_await accounts::take_inventory(organizations, configuration_.accounts, inventory_needs(configuration_));
  co_return inventory;
}

Task<Result<std::string>> Job::list(accounts::OnListed on_listed) {
  aws::OrganizationsClient organizations(organizations_caller());
  Result<std::string> organization =
      co_await accounts::list_organization(organizations, configuration_.accounts, inventory_needs(configuration_), std::move(on_listed));
  co_return organization;
}

Task<Result<std::map<std::string, std::string>>> Job::account_tags(base::AccountId account) {
  aws::OrganizationsClient organizations(organizations_caller());
  Result<std::map<std::string, std::string>> tags = co_await organizations.list_tags(account);
  co_return tags;
}

Task<Result<std::optional<std::string>>> Job::alternate_contact(base::AccountId account) {
  aws::AccountClient contacts(organizations_caller());
  const auto& role = configuration_.organization.list_role;
  const std::optional<std::string> own = role ? std::optional(std::string(base::arn_account(*role))) : own_account_;
  std::optional<base::AccountId> named;
  if (account.str() != own) named = account;
  Result<std::optional<std::string>> contact = co_await contacts.alternate_contact(named, aws::AlternateContactType::security);
  if (!contact || *contact) co_return contact;
  contact = co_await contacts.alternate_contact(named, aws::AlternateContactType::operations);
  co_return contact;
}

Task<Result<notify::AddressBook>> Job::recipients(notify::RecipientsTable table) {
  aws::Caller caller(services_.context, *services_.identity, table.region.value_or(services_.region), aws::Writes::refused);
  aws::DynamoDbClient tables(caller);
  std::vector<std::string> attributes{"account_id", "email"};
  Result<std::vector<aws::DynamoDbClient::Item>> items = co_await tables.scan(table.name, std::move(attributes));
  if (!items) co_return items.error();
  std::vector<notify::AddressBook::Line> lines;
  lines.reserve(items->size());
  for (aws::DynamoDbClient::Item& item : *items) {
    lines.push_back({"table " + table.name + ", item " + std::to_string(lines.size() + 1), item["account_id"], item["email"]});
  }
  co_return notify::AddressBook::of(lines);
}

RunParts Job::parts_for(rotation::RunIdentity run, Journal* journal) {
  return {configuration_,
          services_.context,
          services_.identity,
          services_.region,
          services_.partition,
          std::move(run),
          budget_,
          services_.log,
          journal,
          deadline_,
          services_.stopping,
          gate_};
}

Task<AccountReport> Job::rotate_one(accounts::Account account, RotationOrder order, rotation::RunIdentity run, Journal& journal) {
  RunParts parts = parts_for(std::move(run), &journal);
  AccountReport report = co_await rotate_user(std::move(parts), std::move(account), std::move(order));
  co_return report;
}

Task<AccountReport> Job::work_on(accounts::Account account, Mode mode, std::optional<base::Instant> previous_run,
                                 rotation::RunIdentity run, Journal& journal) {
  RunParts parts = parts_for(std::move(run), &journal);
  AccountReport report = co_await work_account(std::move(parts), std::move(account), mode, previous_run);
  co_return report;
}

Task<AccountReport> Job::order_for_user(accounts::Account account, UserOrder order, rotation::RunIdentity run, Journal& journal) {
  RunParts parts = parts_for(std::move(run), &journal);
  AccountReport report = co_await carry_out_order(std::move(parts), std::move(account), std::move(order));
  co_return report;
}

Task<UserLook> Job::look_at(accounts::Account account, base::UserName user, rotation::RunIdentity run) {
  RunParts parts = parts_for(std::move(run), nullptr);
  UserLook look = co_await look_at_user(std::move(parts), std::move(account), std::move(user));
  co_return look;
}

Task<void> Job::work(Walk& walk, accounts::Account account) {
  // A part of the accounts listed so far is no part of the organization: whom it would keep out waits for the whole.
  if (walk.too_many_failed()) co_await walk.parts.gate.pass();
  std::string reason = walk.why_not_begin();
  if (!reason.empty()) {
    walk.coverage.not_covered.push_back({std::move(account), std::move(reason)});
    co_return;
  }
  const std::optional<base::Instant> previous_run = walk.callbacks.previous_run(account);
  walk.callbacks.account_begun(account);
  AccountReport report = co_await work_account(walk.parts, std::move(account), walk.mode, previous_run);
  if (report.failure) {
    ++walk.failed;
    walk.coverage.not_covered.push_back({report.account, base::describe(*report.failure)});
  } else if (report.cut_short) {
    walk.coverage.not_covered.push_back({report.account, cut_short_by(walk.parts.configuration.limits)});
  } else {
    ++walk.coverage.covered;
  }
  walk.callbacks.account_done(std::move(report));
}

Task<void> Job::work_all(Walk& walk, base::TaskGroup& group) {
  for (;;) {
    std::optional<accounts::Account> account = co_await walk.accounts.next();
    if (!account) co_return;
    Task<void> child = work(walk, std::move(*account));
    co_await group.spawn(std::move(child));
  }
}

Task<Coverage> Job::cover(AccountQueue& accounts, Mode mode, rotation::RunIdentity run, CoverageCallbacks callbacks, Journal* journal,
                          const Plan* plan) {
  Coverage coverage;
  RunParts parts = parts_for(std::move(run), journal);
  parts.plan = plan;
  Walk walk{mode, std::move(parts), accounts, callbacks, coverage};
  const auto body = [&walk](base::TaskGroup& group) { return work_all(walk, group); };
  co_await base::run_group(static_cast<std::size_t>(configuration_.limits.accounts_in_flight), body);
  co_return coverage;
}

}  // namespace keyward::orchestrator
