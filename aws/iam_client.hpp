#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/caller.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"

namespace keyward::aws {

struct IamUser {
  base::UserName name;
  base::Arn arn;
};

/// One element of ListAccessKeys. `status` as AWS sends it: "Active", "Inactive" or something newer.
struct AccessKeyMetadata {
  base::AccessKeyId id;
  std::string status;
  base::Instant created;
};

struct AccessKeyLastUsed {
  base::Instant at;
  std::string service;
  std::string region;
};

/// A key just made: the only answer of AWS that ever holds its secret.
struct CreatedAccessKey {
  base::AccessKeyId id;
  base::Secret secret;
  base::Instant created;
  std::string request_id;
};

/// The credential report of an account, as CSV.
struct CredentialReport {
  std::string csv;
  base::Instant generated;  ///< up to four hours ago
};

/// What would be asked for; see IamClient::simulate().
struct SimulatedAccess {
  std::string principal;                                      ///< ARN of a user or role, not of a session
  std::vector<std::string> actions;                           ///< "iam:ListUsers"
  std::vector<std::string> resources;                         ///< ARNs without wildcards; empty: all
  std::map<std::string, std::vector<std::string>> context;    ///< condition keys and their values
};

struct SimulatedRefusal {
  std::string action;
  std::string resource;
  bool explicit_deny = false;
  bool by_organization = false;  ///< a service control policy does not allow it
};

/// AWS IAM (API version 2010-05-08). Always names the user: with an omitted UserName IAM acts on the caller's own keys.
class IamClient {
 public:
  explicit IamClient(Caller& caller) : caller_(caller) {}

  base::Task<base::Result<std::vector<IamUser>>> list_users();
  base::Task<base::Result<std::vector<AccessKeyMetadata>>> list_access_keys(base::UserName user);
  /// Nothing: the key was never used. Resolution is 15 minutes.
  base::Task<base::Result<std::optional<AccessKeyLastUsed>>> access_key_last_used(base::AccessKeyId key);
  /// Not idempotent and without a token: a lost answer is `ambiguous`.
  base::Task<base::Result<CreatedAccessKey>> create_access_key(base::UserName user);
  /// The request id, by which CloudTrail and AWS's support find the call.
  base::Task<base::Result<std::string>> deactivate_access_key(base::UserName user, base::AccessKeyId key);
  /// The same. A key that is gone already is success: the call may have been retried.
  base::Task<base::Result<std::string>> delete_access_key(base::UserName user, base::AccessKeyId key);
  base::Task<base::Result<std::map<std::string, std::string>>> list_user_tags(base::UserName user);
  /// Names of the managed policies that are attached to the user.
  base::Task<base::Result<std::vector<std::string>>> attached_policies(base::UserName user);
  base::Task<base::Result<void>> tag_user(base::UserName user, std::string key, std::string value);
  /// Asks for a credential report. True when there is one already, which AWS keeps for four hours.
  base::Task<base::Result<bool>> generate_credential_report();
  /// Nothing while it is being made. Errors: `not_found` when none was asked for, or four hours ago.
  base::Task<base::Result<std::optional<CredentialReport>>> credential_report();
  /// The names of the group's users, all pages.
  base::Task<base::Result<std::vector<std::string>>> group_members(std::string group);
  /// What the policies of a principal, and of the organization, would refuse. Policies of resources and of sessions are
  /// not looked at.
  base::Task<base::Result<std::vector<SimulatedRefusal>>> simulate(SimulatedAccess access);

 private:
  base::Task<base::Result<std::vector<XmlAnswer>>> list(Operation operation, Parameters parameters);
  base::Task<base::Result<std::string>> change(Operation operation, Parameters parameters);
  Caller& caller_;
};

}  // namespace keyward::aws
