#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "sandbox/random.hpp"
#include "sandbox/virtual_clock.hpp"

namespace keyward::sandbox {

// The state of the simulated organization: plain values. Nothing here is a real secret, so secrets are plain strings
// and the state can be shown whole to tests.

struct CaseInsensitiveLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

std::string lower(std::string_view text);

template <class T>
using ByName = std::map<std::string, T, CaseInsensitiveLess>;  ///< IAM names are unique regardless of case
using IamTags = ByName<std::string>;                           ///< IAM folds the case of tag keys
using Tags = std::map<std::string, std::string>;
using Policies = std::map<std::string, std::string>;  ///< name of the inline policy -> JSON text

struct LastUsed {
  base::Instant date;
  std::string service;
  std::string region;
};

struct AccessKey {
  std::string id;
  std::string secret;
  bool active = true;
  base::Instant created;
  base::Instant changed;  ///< created, or last activated or deactivated: "last_rotated" of the credential report
  std::optional<LastUsed> last_used;
  /// IAM's parts learn of a new key one after the other: refused before `spreads_from`, sometimes until `spread_at`.
  Moment spreads_from;
  Moment spread_at;
};

struct User {
  std::string name;
  std::string path = "/";
  std::string id;
  base::Instant created;
  IamTags tags;
  std::set<std::string, CaseInsensitiveLess> groups;
  std::vector<AccessKey> keys;  ///< at most two
  Policies policies;
  std::set<std::string> attached_policies;  ///< names of AWS managed policies; listed, not evaluated
  bool has_password = false;
};

struct Role {
  std::string name;
  std::string path = "/";
  std::string id;
  base::Instant created;
  std::string trust;
  Policies policies;
  int max_session_seconds = 3600;
};

struct Group {
  std::string name;
  std::string path = "/";
  std::string id;
  base::Instant created;
  Policies policies;
};

struct CredentialReport {
  base::Instant generated;
  Moment ready;
  std::string csv;
};

struct SecretVersion {
  std::optional<std::string> text;
  std::optional<std::string> binary;  ///< base64, as it was sent
  base::Instant created;
  std::set<std::string> stages;

  /// RotateSecret makes a version without a value, which the rotation function fills.
  bool is_empty() const { return !text && !binary; }
};

struct Replica {
  std::string kms_key;
  std::string status = "InSync";
  std::string message;
};

struct StoredSecret {
  std::string name;
  std::string region;  ///< the primary region
  std::string suffix;  ///< the six characters of the ARN
  std::string description;
  std::string kms_key;         ///< as it was given; empty: the account's aws/secretsmanager
  std::string owning_service;  ///< managed by another service: read-only
  Tags tags;
  std::map<std::string, SecretVersion> versions;  ///< by version id
  std::string policy;                             ///< empty: none
  base::Instant created;
  base::Instant changed;
  std::optional<base::Instant> accessed;
  std::optional<base::Instant> deletion;  ///< since when it is scheduled for deletion
  base::Instant gone;                     ///< when a scheduled deletion is carried out
  std::string rotation_function;          ///< ARN of the Lambda function; empty: rotation was never configured
  bool rotation_enabled = false;
  std::int64_t rotation_days = 0;
  std::optional<base::Instant> rotated;  ///< when AWSCURRENT last moved to the version that a rotation had made
  std::map<std::string, Replica> replicas;
};

struct KmsKey {
  std::string id;
  std::string region;
  std::string alias;   ///< "alias/keyward", or empty
  std::string policy;  ///< empty: the default policy, which hands the decision to the owning account
  bool enabled = true;
};

struct Mail {
  std::uint64_t number = 0;
  base::Instant time;
  std::string account;
  std::string region;
  std::string message_id;
  std::string from;
  std::vector<std::string> to, cc, bcc, reply_to;
  std::string subject;
  std::string text;
  std::string html;
  std::string raw;  ///< the MIME message of a raw mail, else empty
};

struct Publication {
  base::Instant time;
  std::string topic_arn;
  std::string subject;
  std::string message;
};

struct Parameter {
  std::string type = "String";
  std::string value;
  std::uint64_t version = 1;
  base::Instant changed;
};

struct StoredObject {
  std::string content;
  std::string content_type;
  base::Instant changed;
};

struct MetricDatum {
  base::Instant time;
  std::string region;
  std::string metric_namespace;
  std::string name;
  double value = 0;
  std::string unit;
  std::map<std::string, std::string> dimensions;
};

/// `novel`: one that AWS may name one day and that nobody has heard of yet.
enum class AccountState { pending_activation, active, suspended, pending_closure, closed, novel };
std::string_view to_string(AccountState state);
std::optional<AccountState> parse_account_state(std::string_view text);

using RegionalName = std::pair<std::string, std::string>;  ///< region, name

/// Of one account; the regions share it.
struct SecurityHub {
  bool enabled = false;
  int refuse = 0;                               ///< so many findings are not taken
  std::map<std::string, std::string> findings;  ///< JSON by Id
};

struct Account {
  std::string id;
  std::string name;
  std::string email;
  AccountState state = AccountState::active;
  base::Instant joined;
  std::string parent;  ///< id of the root or of an organizational unit
  std::string elsewhere;  ///< id of the organization that it left ours for; empty: none
  bool invited = false;
  Tags tags;
  std::string alias;
  ByName<User> users;
  ByName<Role> roles;
  ByName<Group> groups;
  std::optional<CredentialReport> credential_report;
  std::map<RegionalName, StoredSecret> secrets;
  std::vector<KmsKey> kms_keys;
  std::map<std::string, std::string> contacts;  ///< alternate contacts: address by type, "SECURITY"
  std::set<std::string> identities;  ///< verified mail domains and addresses, in every region
  bool mail_sandbox = false;         ///< SES still asks for verified recipients
  bool mail_paused = false;          ///< the account's sending is switched off
  std::set<RegionalName> topics;
  std::map<RegionalName, Parameter> parameters;
  std::map<RegionalName, std::vector<std::map<std::string, std::string>>> tables;  ///< of DynamoDB, row by row
  std::map<std::string, std::map<std::string, StoredObject>> buckets;
  std::vector<Publication> publications;
  std::vector<MetricDatum> metrics;
  SecurityHub security_hub;
};

struct OrganizationalUnit {
  std::string id;
  std::string name;
  std::string parent;  ///< id of the root or of another unit
};

/// Behaviours that are rare. Switched by a scenario or by a test.
struct Quirks {
  bool account_state = true;                  ///< the newer field `State`
  bool account_status = true;                 ///< the older field `Status`, retired on 2026-09-09
  bool account_paths = true;                  ///< the newer field `Paths`
  bool empty_account_page = false;            ///< ListAccounts begins with a page without accounts
  bool short_iam_pages = false;               ///< IAM answers fewer than MaxItems and says that there is more
  bool one_organizations_call = false;        ///< a second Organizations call at the same time is refused
  std::size_t session_token_size = 352;       ///< characters; those of AWS are often 1,000 and have no upper bound
  std::chrono::milliseconds key_list_lag{0};  ///< a new key is missing in ListAccessKeys for so long
  std::chrono::milliseconds report_duration{150};  ///< a credential report is made for so long; minutes with thousands of users

  // Answers that AWS never gives. A test harness that looks for lost keys proves with them that it finds some.
  bool forgotten_tags = false;  ///< TagUser succeeds and stores nothing
  bool undying_keys = false;    ///< DeleteAccessKey succeeds and the key stays
  bool premature_sts = false;   ///< STS knows a new key before it has spread, when nothing else does
};

/// Temporary credentials given out by AssumeRole.
struct Session {
  std::string access_key_id;
  std::string secret;
  std::string token;
  std::string account;
  std::string role;
  std::string name;
  std::string policy;  ///< session policy; empty: none
  Tags tags;
  base::Instant expires;
};

struct KeyOwner {
  std::string account;
  std::string user;
};

/// Copyable: a copy is a snapshot.
class World {
 public:
  World(std::uint64_t seed, VirtualClock virtual_clock) : random(seed), clock(std::move(virtual_clock)) {}

  std::string organization_id;
  std::string root_id;
  std::string management_account;
  std::string external_id;
  std::map<std::string, Account> accounts;
  std::vector<OrganizationalUnit> units;
  std::map<std::string, Session> sessions;  ///< by access key id
  std::vector<AccessKey> removed_keys;      ///< what tests look for does not stop being a secret
  std::deque<Mail> mails;
  std::uint64_t mail_count = 0;
  Quirks quirks;
  std::chrono::milliseconds propagation{300};

  Random random;
  VirtualClock clock;

  base::Instant now() const { return clock.now(); }
  Account* find_account(std::string_view id);
  const OrganizationalUnit* find_unit(std::string_view id) const;
  /// "o-xxx/r-xxx/ou-.../ou-.../" for a root or unit id.
  std::string organization_path(std::string_view parent) const;

  /// The key and its user; null when there is no such key (any more).
  std::pair<User*, AccessKey*> find_key(std::string_view access_key_id, Account** account = nullptr);
  /// The account of a user's or a session's key; empty when there is no such key.
  std::string_view account_of_key(std::string_view access_key_id) const;
  AccessKey& add_key(Account& account, User& user, AccessKey key);
  void remove_key(User& user, std::string_view access_key_id);
  /// The moments between which a key made now becomes known everywhere.
  void spread(AccessKey& key);

  /// Drops sessions that ended a day ago, so that a long run does not grow. Looks once in a virtual hour.
  void forget_expired_sessions();

 private:
  std::map<std::string, KeyOwner, std::less<>> key_owners_;
  base::Instant sessions_checked_;
};

std::string user_arn(const Account& account, const User& user);
std::string role_arn(const Account& account, const Role& role);
std::string group_arn(const Account& account, const Group& group);
std::string session_arn(const Session& session);
/// The ARN of a secret as seen in `region`, which may be one of its replicas.
std::string secret_arn(const Account& account, const StoredSecret& secret, std::string_view region);
std::string kms_key_arn(const Account& account, const KmsKey& key);

}  // namespace keyward::sandbox
