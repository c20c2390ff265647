#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"

namespace keyward::rotation {

enum class StoreTarget {
  member,   ///< Secrets Manager of the user's own account
  central,  ///< Secrets Manager of the management (or another) account: StoreSecretsInCentralAccount
};

/// The JSON of the stored secret. All but `custom` name the fields themselves.
struct SecretFormat {
  enum class Kind {
    guidance,  ///< {"AccessKey": …, "SecretKey": …} as the AWS guidance writes it
    env,       ///< {"AWS_ACCESS_KEY_ID": …, "AWS_SECRET_ACCESS_KEY": …}
    pair,      ///< {"accessKeyId": …, "secretAccessKey": …}
    custom,    ///< own field names
  };
  Kind kind = Kind::guidance;
  std::string access_key_id_field;      ///< custom only
  std::string secret_access_key_field;  ///< custom only

  bool operator==(const SecretFormat&) const = default;
};

/// Where and how new keys are stored.
struct StoreSettings {
  StoreTarget target = StoreTarget::member;
  std::string name = "Account_{account_id}_User_{user}_AccessKey";  ///< placeholders {account_id} and {user}
  SecretFormat format;
  std::optional<base::Region> region;          ///< absent: the run's region
  std::vector<base::Region> replica_regions;   ///< CredentialReplicationRegions
  std::string kms_key_id;                      ///< empty: the AWS managed key (member only)
  std::optional<base::Arn> role;               ///< central: the role that writes; absent: the caller's own credentials
  std::vector<base::Arn> also_readers;         ///< may read beside the user

  bool operator==(const StoreSettings&) const = default;
};

}  // namespace keyward::rotation
