#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/account.hpp"
#include "accounts/selection.hpp"
#include "aws/organizations_client.hpp"
#include "base/error.hpp"
#include "base/task.hpp"

namespace keyward::accounts {

/// Why an account does not take part.
enum class Skip {
  none,  ///< it takes part
  pending_activation,
  suspended,
  pending_closure,
  closed,
  state_unrecognized,   ///< but for that it would take part, so it counts as not covered
  excluded,             ///< an exclude rule matches
  not_included,         ///< opt-in, and no include rule matches
  management_unnamed,   ///< the management account takes part only when an include rule names its id
};

/// For people: "suspended by AWS", "no include rule matches".
std::string_view describe(Skip skip) noexcept;

struct InventoryEntry {
  Account account;
  Skip skip = Skip::none;
};

/// Every account of the organization. Complete: an inventory that could not be read to its end is an error.
struct Inventory {
  std::string organization_id;
  std::deque<InventoryEntry> entries;  ///< by account id; there may be many, and a vector that grows holds them twice
};

/// What the inventory must know beyond ListAccounts.
struct InventoryNeeds {
  std::string expected_organization;  ///< checked when not empty
  bool organizational_units = false;  ///< a rule speaks of an OU
  bool tags = false;                  ///< a rule speaks of account tags
};

/// The needs of selection rules (those of overrides included by the caller).
InventoryNeeds needs_of(const std::vector<AccountMatch>& rules);

/// "ACTIVE" and its like.
AccountState parse_state(std::string_view text) noexcept;
std::string_view to_string(AccountState state) noexcept;

/// Whether the account takes part. Pure.
Skip select(const Account& account, const AccountSelection& selection);

/// Given each account as soon as all that is needed of it is known, in the order in which AWS lists them.
using OnListed = std::function<void(InventoryEntry)>;

/// Lists the organization; the result is its id. Errors are fatal for a run: a partial list is never taken for the whole.
/// `invalid` with code "OrganizationMismatch" for another organization than expected, "IncompleteInventory" for an account
/// listed twice and for a list without the management account (an account that may not list sees an empty one).
/// AWS gives 20 accounts a page, one page after the other, so `on_listed` can begin long before the end; what it was given
/// proves to be the whole only by the result. Nothing is kept here of an account but its id.
base::Task<base::Result<std::string>> list_organization(aws::OrganizationsClient& organizations, AccountSelection selection,
                                                        InventoryNeeds needs, OnListed on_listed);

/// The whole list at once. Errors: those of list_organization.
base::Task<base::Result<Inventory>> take_inventory(aws::OrganizationsClient& organizations, AccountSelection selection,
                                                   InventoryNeeds needs);

}  // namespace keyward::accounts
