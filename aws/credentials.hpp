#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "base/time.hpp"

namespace keyward::aws {

/// What signs a request. Immutable once made: shared by the calls that use it, wiped when the last of them ends.
struct Credentials {
  std::string access_key_id;
  base::Secret secret_access_key;
  base::Secret session_token;               ///< empty for long-term keys
  std::optional<base::Instant> expiration;  ///< absent: never refreshed
  std::string source;                       ///< for people: "environment", "profile prod", "AssumeRole arn:…"
};

using CredentialsPtr = std::shared_ptr<const Credentials>;

/// One way to get credentials. Errors: `not_found` where this way is not configured here (the chain goes on),
/// everything else where it is configured and failed (the chain stops: never an unintended identity).
class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;
  virtual base::Task<base::Result<CredentialsPtr>> credentials() = 0;
  /// AWS said that what credentials() returned is expired: the next call fetches anew.
  virtual void forget() noexcept {}
};

/// Nobody: for a caller whose only operation is sent unsigned. What must be signed fails with it.
class AnonymousCredentials final : public CredentialProvider {
 public:
  base::Task<base::Result<CredentialsPtr>> credentials() override {
    co_return base::Error{base::ErrorKind::internal, "credentials", "Anonymous", "", "this call must be signed"};
  }
};

}  // namespace keyward::aws
