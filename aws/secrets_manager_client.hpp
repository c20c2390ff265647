#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/caller.hpp"
#include "base/ids.hpp"

namespace keyward::aws {

/// What DescribeSecret says of a secret: never its value.
struct SecretDescription {
  std::string arn;
  std::string name;
  std::string kms_key_id;                                       ///< empty: the AWS managed key
  std::string owning_service;                                   ///< not empty: managed by another service
  std::optional<base::Instant> deleted;                         ///< scheduled for deletion since
  std::map<std::string, std::set<std::string>> version_stages;  ///< version id -> staging labels
  std::set<std::string> replica_regions;
  std::map<std::string, std::string> tags;
  bool rotation_enabled = false;  ///< by a Lambda function

  /// The version that carries a staging label, empty when none does.
  std::string version_with(std::string_view stage) const;
};

struct ReplicaRegion {
  base::Region region;
  std::string kms_key_id;  ///< empty: the AWS managed key
};

/// AWS Secrets Manager (JSON 1.1). Writes secrets and never reads one: there is no GetSecretValue here on purpose
/// (secret_value_client.hpp has it).
/// `secret` is a name or a full ARN.
class SecretsManagerClient {
 public:
  explicit SecretsManagerClient(Caller& caller) : caller_(caller) {}

  /// Nothing when there is no such secret.
  base::Task<base::Result<std::optional<SecretDescription>>> describe(std::string secret);
  /// An empty shell: a name, a key, replicas, no value. Errors: `conflict` when the name exists. Returns the ARN.
  base::Task<base::Result<std::string>> create(std::string name, std::string description, std::string kms_key_id,
                                               std::string token);
  /// Stores a value under one staging label. `version_id` (32 to 64 characters) makes it idempotent: the same value again
  /// is success, another value is `conflict`.
  base::Task<base::Result<void>> put_value(std::string secret, std::string version_id, base::Secret value,
                                           std::string stage);
  /// Moves a staging label; either version may be empty (attach only, detach only).
  base::Task<base::Result<void>> move_stage(std::string secret, std::string stage, std::string to_version,
                                            std::string from_version);
  /// The resource policy, empty when there is none.
  base::Task<base::Result<std::string>> resource_policy(std::string secret);
  base::Task<base::Result<void>> put_resource_policy(std::string secret, std::string policy);
  base::Task<base::Result<void>> replicate(std::string secret, std::vector<ReplicaRegion> replicas);
  /// At once and for good, without a recovery window.
  base::Task<base::Result<void>> delete_for_good(std::string secret);

 private:
  base::Task<base::Result<void>> change(Operation operation, boost::json::object input);
  Caller& caller_;
};

}  // namespace keyward::aws
