#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "accounts/account.hpp"
#include "accounts/selection.hpp"
#include "base/ids.hpp"
#include "notify/settings.hpp"
#include "rotation/exemption.hpp"
#include "rotation/policy.hpp"
#include "rotation/store_settings.hpp"

namespace keyward::orchestrator {

/// Bounds of a run; every number is at least 1.
struct Limits {
  int accounts_in_flight = 64;
  int calls_per_second_per_account = 10;
  int max_changes = 500;
  int max_changes_per_account = 50;
  int max_failed_accounts_percent = 10;
  int max_inventory_shrink_percent = 10;
  std::chrono::seconds deadline = std::chrono::hours(2);
  std::string deadline_name = "limits.deadline";  ///< what set it, for people
  std::chrono::milliseconds verify_interval = std::chrono::seconds(1);  ///< pause between two tries of a new key
  /// How long a new key is tried before it counts as not working. IAM needs 3 to 15 seconds to spread a key.
  std::chrono::milliseconds verify_timeout = std::chrono::seconds(90);
};

struct OrganizationSettings {
  std::string id;                      ///< checked against DescribeOrganization when given
  std::optional<base::Arn> list_role;  ///< role that lists the organization; absent: the caller's own credentials
};

/// What may differ from account to account: the global values with the account's override laid over them.
struct AccountSettings {
  bool dry_run = true;
  rotation::Policy policy;
  rotation::StoreSettings store;
  notify::NotifySettings notify;
  bool security_hub = false;  ///< report.security_hub
};

/// One entry of accounts.overrides. `apply` lays the fields that the entry names over the global values.
struct AccountOverride {
  accounts::AccountMatch match;
  std::function<void(AccountSettings&)> apply;
};

/// Everything a run needs to know, checked. Made only by load_configuration() (orchestrator/configuration_file.hpp).
struct Configuration {
  std::optional<base::Region> region;  ///< --region, AWS_REGION; absent: the profile's region
  std::string profile;                 ///< --profile, AWS_PROFILE; empty: the default one
  OrganizationSettings organization;
  std::string member_role = "keyward-rotate";  ///< IAMAssumedRoleName; name or path/name, without the leading slash
  std::string audit_role = "keyward-rotate";
  std::string role_session_name = "keyward";  ///< RoleSessionName
  std::string external_id;                    ///< resolved; empty: none
  std::string external_id_reference;          ///< as configured: `env:NAME`, `file:PATH`, `cred:NAME` or the id itself
  accounts::AccountSelection accounts;
  std::vector<AccountOverride> overrides;
  rotation::UserSelection users;
  AccountSettings defaults;
  Limits limits;
  std::string prometheus_file;  ///< report.prometheus_file; empty: none is written
  std::filesystem::path state_dir = "/var/lib/keyward";

  /// The settings for one account: defaults, then the first matching override, then what environment and flags say.
  AccountSettings for_account(const accounts::Account& account) const;

  /// Every rule that chooses accounts: those that take part, those that do not, and those with settings of their own.
  std::vector<accounts::AccountMatch> account_rules() const;

  /// What environment and flags say about fields that an override may name; laid over last.
  std::function<void(AccountSettings&)> final_say;
};

}  // namespace keyward::orchestrator
