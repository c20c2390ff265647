#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/caller.hpp"
#include "aws/paging.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

/// What DescribeOrganization says.
struct Organization {
  std::string id;                                   ///< o-…
  std::optional<base::AccountId> management_account;
};

/// One element of ListAccounts, fields as AWS names them. `state` is State, or Status where State is absent
/// (Status was retired on 2026-09-09; older partitions and emulators still send only that).
struct OrganizationAccount {
  base::AccountId id;
  std::string name;
  std::string email;
  std::string state;
  std::optional<std::vector<std::string>> path;  ///< root and OUs from Paths, absent where AWS sends no Paths
};

struct OrganizationalUnit {
  std::string id;
  std::string name;
};

/// AWS Organizations (API version 2016-11-28). One call at a time: the service refuses concurrent ones.
class OrganizationsClient {
 public:
  explicit OrganizationsClient(Caller& caller) : caller_(caller) {}

  base::Task<base::Result<Organization>> describe_organization();
  /// All accounts, page by page: nobody has to hold or to await them all. `pages` is account_pages() for the first and says
  /// whether there are more.
  static Pages account_pages();
  base::Task<base::Result<std::vector<OrganizationAccount>>> next_accounts(Pages& pages);
  base::Task<base::Result<std::vector<std::string>>> list_roots();
  base::Task<base::Result<std::vector<OrganizationalUnit>>> list_organizational_units(std::string parent);
  /// Direct children only.
  base::Task<base::Result<std::vector<base::AccountId>>> list_accounts_for_parent(std::string parent);
  base::Task<base::Result<std::map<std::string, std::string>>> list_tags(base::AccountId account);

 private:
  base::Task<base::Result<std::vector<boost::json::object>>> next(Pages& pages, Operation operation, boost::json::object input,
                                                                  std::string member);
  base::Task<base::Result<std::vector<boost::json::object>>> list(Operation operation, boost::json::object input,
                                                                  std::string member);
  Caller& caller_;
};

}  // namespace keyward::aws
