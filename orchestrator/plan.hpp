#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "accounts/inventory.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "orchestrator/account_report.hpp"
#include "rotation/user_plan.hpp"

namespace keyward::orchestrator {

/// So long after it was made a plan may be applied.
inline constexpr std::chrono::hours k_plan_lasts{24};

/// What a plan has for one account. Without users: a rotation was interrupted there, which apply settles as run does.
struct AccountPlan {
  std::string name;
  bool dry_run = false;  ///< its configuration lets nothing be changed there
  std::map<base::UserName, rotation::UserPlan> users;

  const rotation::UserPlan* find(const base::UserName& user) const;
};

/// What `run` would do at one moment, account by account: for people to approve and for `apply` to carry out.
struct Plan {
  std::string id;
  std::string version;  ///< of the program: another one may have other rules
  base::Instant created;
  base::Instant expires;
  std::string configuration;  ///< configuration_digest()
  std::string organization;
  std::string inventory;  ///< inventory_digest()
  std::map<base::AccountId, AccountPlan> accounts;

  const AccountPlan* find(const base::AccountId& account) const;
  /// Takes over what there is to do in an account that was read and decided upon.
  void add(const AccountReport& report);
};

/// Which accounts take part, and in which state they are.
std::string inventory_digest(const accounts::Inventory& inventory);

/// Why this plan cannot be applied by this program, with this configuration. Errors: `invalid`, with what it is and what to
/// do.
base::Result<void> check_program(const Plan& plan, std::string_view version, std::string_view configuration);
base::Result<void> check_time(const Plan& plan, base::Instant now);
base::Result<void> check_organization(const Plan& plan, std::string_view organization);

/// The error of a plan that is not carried out.
base::Error refused_plan(std::string code, std::string why);

}  // namespace keyward::orchestrator
