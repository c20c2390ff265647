#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// Secrets Manager 2017-10-17 for one region of one account, replicas included.
boost::json::object handle_secrets_manager(const Call& call, const JsonParameters& parameters);

// Parts of Secrets Manager, by file. Each returns whether it knows the action.
bool handle_secret_lifecycle(const Call& call, const JsonParameters& parameters, boost::json::object& answer);
bool handle_secret_versions(const Call& call, const JsonParameters& parameters, boost::json::object& answer);
bool handle_secret_rotation(const Call& call, const JsonParameters& parameters, boost::json::object& answer);
bool handle_secret_access(const Call& call, const JsonParameters& parameters, boost::json::object& answer);

/// A secret that a request found and may use.
struct FoundSecret {
  Account& account;  ///< the owner's, which may not be the caller's
  StoredSecret& secret;
  std::string arn;  ///< as seen in the region of the request
  bool replica;     ///< the request came to a region that holds a copy only
};

enum class SecretUse {
  read,          ///< also of replicas
  write,         ///< the primary only, and not while scheduled for deletion
  even_deleted,  ///< reading that works while scheduled for deletion: DescribeSecret, RestoreSecret, DeleteSecret
};

/// Looks up SecretId (name, ARN, or ARN without its suffix), checks that the caller may do `call.action`, then that the
/// state of the secret allows `use`.
FoundSecret find_secret(const Call& call, const JsonParameters& parameters, SecretUse use,
                        const std::map<std::string, std::vector<std::string>>& context = {});

/// The secret of that name in that region, replicas included; null when there is none or its deletion is carried out.
StoredSecret* secret_in_region(Account& account, std::string_view region, std::string_view name, base::Instant now);

/// Throws unless the caller may use the secret's KMS key for `kms_action` ("kms:Decrypt"). The account's own
/// aws/secretsmanager key serves its own account only.
void authorize_key(const Call& call, const Account& owner, const StoredSecret& secret, const std::string& kms_action);
/// The same for a key that no secret has yet: a replica's.
void authorize_key(const Call& call, const Account& owner, const std::string& region, const std::string& kms_key,
                   const std::string& kms_action);

/// The key of that id, ARN, alias or alias ARN; null when there is none in the region.
const KmsKey* find_kms_key(const Account& account, std::string_view region, std::string_view name);
/// Throws unless `kms_key` (id, ARN, alias or alias ARN) names a key of the account in the region.
void check_kms_key(const Account& account, std::string_view region, const std::string& kms_key);

/// The version a new value gets: ClientRequestToken, checked.
std::string version_token(const JsonParameters& parameters);
/// The value in SecretString or SecretBinary; nothing when the request has none.
std::optional<SecretVersion> secret_value(const Call& call, const JsonParameters& parameters);
/// Puts `stage` on `version` and takes it from any other; AWSPREVIOUS follows AWSCURRENT by itself.
void move_stage(StoredSecret& secret, const std::string& stage, const std::string& version);

void replicate(const Call& call, FoundSecret& found, const std::vector<JsonParameters>& regions, bool force);
boost::json::array replication_status(const StoredSecret& secret);

}  // namespace keyward::sandbox
