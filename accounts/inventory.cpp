#include "accounts/inventory.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace keyward::accounts {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

Error incomplete(std::string code, std::string message) {
  return Error{ErrorKind::invalid, "inventory", std::move(code), "", std::move(message)};
}

Skip skip_for_state(AccountState state) {
  switch (state) {
    case AccountState::active: return Skip::none;
    case AccountState::pending_activation: return Skip::pending_activation;
    case AccountState::suspended: return Skip::suspended;
    case AccountState::pending_closure: return Skip::pending_closure;
    case AccountState::closed: return Skip::closed;
    case AccountState::unrecognized: return Skip::state_unrecognized;
  }
  return Skip::state_unrecognized;
}

/// By its state: active, or nobody knows.
bool may_take_part(AccountState state) { return state == AccountState::active || state == AccountState::unrecognized; }

bool any_matches(const std::vector<AccountMatch>& rules, const Account& account) {
  return std::ranges::any_of(rules, [&account](const AccountMatch& rule) { return matches(rule, account); });
}

using Paths = std::map<base::AccountId, std::vector<std::string>>;

/// The tree below `path.back()`, for partitions and emulators whose ListAccounts sends no Paths.
Task<Result<void>> walk(aws::OrganizationsClient& organizations, std::vector<std::string> path, Paths& paths) {
  const std::string parent = path.back();
  Result<std::vector<base::AccountId>> accounts = co_await organizations.list_accounts_for_parent(parent);
  if (!accounts) co_return accounts.error();
  for (const base::AccountId& account : *accounts) paths.insert_or_assign(account, path);
  Result<std::vector<aws::OrganizationalUnit>> units = co_await organizations.list_organizational_units(parent);
  if (!units) co_return units.error();
  for (const aws::OrganizationalUnit& unit : *units) {
    std::vector<std::string> below = path;
    below.push_back(unit.id);
    Result<void> walked = co_await walk(organizations, std::move(below), paths);
    if (!walked) co_return walked.error();
  }
  co_return Result<void>();
}

Task<Result<Paths>> walk_organization(aws::OrganizationsClient& organizations) {
  Paths paths;
  Result<std::vector<std::string>> roots = co_await organizations.list_roots();
  if (!roots) co_return roots.error();
  for (const std::string& root : *roots) {
    std::vector<std::string> path{root};
    Result<void> walked = co_await walk(organizations, std::move(path), paths);
    if (!walked) co_return walked.error();
  }
  co_return paths;
}

Result<void> check_complete(const aws::Organization& organization, const std::set<base::AccountId>& listed) {
  if (listed.empty()) {
    return incomplete("IncompleteInventory",
                      "AWS Organizations listed no account at all; list the organization from its management account or a "
                      "delegated administrator (organization.list_role)");
  }
  if (organization.management_account && !listed.contains(*organization.management_account)) {
    return incomplete("IncompleteInventory", "the list of accounts lacks the management account " +
                                                 organization.management_account->str() + ", so it is not the whole list");
  }
  return {};
}

Account account_of(const aws::OrganizationAccount& listed, const aws::Organization& organization) {
  Account account{listed.id, listed.name, listed.email, parse_state(listed.state), false, {}, std::nullopt};
  account.management = organization.management_account == listed.id;
  if (listed.path) account.path = *listed.path;
  return account;
}

}  // namespace

std::string_view describe(Skip skip) noexcept {
  switch (skip) {
    case Skip::none: return "takes part";
    case Skip::pending_activation: return "its sign-up was never finished";
    case Skip::suspended: return "suspended by AWS";
    case Skip::pending_closure: return "is being closed";
    case Skip::closed: return "closed";
    case Skip::state_unrecognized: return "in a state that this version does not know";
    case Skip::excluded: return "an exclude rule matches";
    case Skip::not_included: return "no include rule matches";
    case Skip::management_unnamed: return "the management account is not named in accounts.include";
  }
  return "";
}

AccountState parse_state(std::string_view text) noexcept {
  if (text == "ACTIVE") return AccountState::active;
  if (text == "PENDING_ACTIVATION") return AccountState::pending_activation;
  if (text == "SUSPENDED") return AccountState::suspended;
  if (text == "PENDING_CLOSURE") return AccountState::pending_closure;
  if (text == "CLOSED") return AccountState::closed;
  return AccountState::unrecognized;
}

std::string_view to_string(AccountState state) noexcept {
  switch (state) {
    case AccountState::pending_activation: return "PENDING_ACTIVATION";
    case AccountState::active: return "ACTIVE";
    case AccountState::suspended: return "SUSPENDED";
    case AccountState::pending_closure: return "PENDING_CLOSURE";
    case AccountState::closed: return "CLOSED";
    case AccountState::unrecognized: return "UNKNOWN";
  }
  return "UNKNOWN";
}

InventoryNeeds needs_of(const std::vector<AccountMatch>& rules) {
  InventoryNeeds needs;
  for (const AccountMatch& rule : rules) {
    if (!rule.organizational_unit.empty()) needs.organizational_units = true;
    if (!rule.tags.empty()) needs.tags = true;
  }
  return needs;
}

Skip select(const Account& account, const AccountSelection& selection) {
  const Skip state = skip_for_state(account.state);
  if (!may_take_part(account.state)) return state;
  if (any_matches(selection.exclude, account)) return Skip::excluded;
  if (account.management) {
    const bool named = std::ranges::any_of(selection.include, [&](const AccountMatch& rule) { return rule.id == account.id; });
    return named ? state : Skip::management_unnamed;
  }
  if (selection.by_default == Participation::opt_out) return state;
  return any_matches(selection.include, account) ? state : Skip::not_included;
}

Task<Result<std::string>> list_organization(aws::OrganizationsClient& organizations, AccountSelection selection,
                                            InventoryNeeds needs, OnListed on_listed) {
  Result<aws::Organization> organization = co_await organizations.describe_organization();
  if (!organization) co_return organization.error();
  if (!needs.expected_organization.empty() && organization->id != needs.expected_organization) {
    co_return incomplete("OrganizationMismatch", "these credentials belong to organization " + organization->id + ", the configuration names " +
                                                     needs.expected_organization);
  }
  const auto hand_on = [&](Account account) {
    const Skip skip = select(account, selection);
    on_listed({std::move(account), skip});
  };
  std::set<base::AccountId> listed;
  std::vector<Account> unplaced;
  aws::Pages pages = aws::OrganizationsClient::account_pages();
  while (pages.more()) {
    Result<std::vector<aws::OrganizationAccount>> page = co_await organizations.next_accounts(pages);
    if (!page) co_return page.error();
    for (const aws::OrganizationAccount& element : *page) {
      if (!listed.insert(element.id).second) {
        co_return incomplete("IncompleteInventory", "account " + element.id.str() + " was listed twice; the list cannot be trusted");
      }
      Account account = account_of(element, *organization);
      if (needs.tags && may_take_part(account.state)) {
        Result<std::map<std::string, std::string>> tags = co_await organizations.list_tags(account.id);
        if (!tags) co_return tags.error();
        account.tags = std::move(*tags);
      }
      if (needs.organizational_units && !element.path) {
        unplaced.push_back(std::move(account));
      } else {
        hand_on(std::move(account));
      }
    }
  }
  const Result<void> complete = check_complete(*organization, listed);
  if (!complete) co_return complete.error();
  if (!unplaced.empty()) {
    Result<Paths> paths = co_await walk_organization(organizations);
    if (!paths) co_return paths.error();
    for (Account& account : unplaced) {
      account.path = std::move((*paths)[account.id]);
      hand_on(std::move(account));
    }
  }
  co_return organization->id;
}

Task<Result<Inventory>> take_inventory(aws::OrganizationsClient& organizations, AccountSelection selection, InventoryNeeds needs) {
  Inventory inventory;
  OnListed keep = [&inventory](InventoryEntry entry) { inventory.entries.push_back(std::move(entry)); };
  Result<std::string> listed = co_await list_organization(organizations, std::move(selection), std::move(needs), std::move(keep));
  if (!listed) co_return listed.error();
  inventory.organization_id = std::move(*listed);
  std::ranges::sort(inventory.entries, {}, [](const InventoryEntry& entry) { return entry.account.id.str(); });
  co_return inventory;
}

}  // namespace keyward::accounts
