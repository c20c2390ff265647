#pragma once

#include <optional>
#include <string>

#include "aws/caller.hpp"
#include "base/secret.hpp"

namespace keyward::aws {

/// What one version of a secret holds.
struct SecretValue {
  std::string version;
  base::Secret value;  ///< SecretString, or SecretBinary as base64
  bool binary = false;
};

/// Reads secrets of AWS Secrets Manager (JSON 1.1). Apart from SecretsManagerClient, so that whoever may only write
/// cannot read. `secret` is a name or a full ARN.
class SecretValueClient {
 public:
  explicit SecretValueClient(Caller& caller) : caller_(caller) {}

  /// The version that carries the label. Nothing when none does, or when that version is still empty, as RotateSecret
  /// makes it.
  base::Task<base::Result<std::optional<SecretValue>>> with_label(std::string secret, std::string stage);
  /// Nothing when there is no such version, or when it is still empty.
  base::Task<base::Result<std::optional<SecretValue>>> version(std::string secret, std::string version);

 private:
  base::Task<base::Result<std::optional<SecretValue>>> get(boost::json::object input);
  Caller& caller_;
};

}  // namespace keyward::aws
