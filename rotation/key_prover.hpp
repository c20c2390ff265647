#pragma once

#include <chrono>
#include <functional>

#include "aws/caller.hpp"
#include "aws/sts_client.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"

namespace keyward::rotation {

/// How long a new key is tried. IAM takes 3 to 15 seconds to spread it, and answers flap meanwhile.
struct ProofSettings {
  std::chrono::milliseconds interval{1'000};
  std::chrono::milliseconds timeout{90'000};
  int answers_in_a_row = 3;
};

/// Proves that a new key works: GetCallerIdentity, signed with the key itself, names the user.
class KeyProver {
 public:
  KeyProver(aws::CallContext& context, base::Region region, ProofSettings settings)
      : context_(context), region_(std::move(region)), settings_(settings) {}

  /// Errors: `transient` (code "KeyNotWorking") when the key did not work in time, `invalid` when it is somebody else's.
  base::Task<base::Result<void>> prove(base::AccessKeyId key, base::Secret secret, base::Arn user);
  /// The same where the user's path is not known: the name is unique in the account.
  base::Task<base::Result<void>> prove(base::AccessKeyId key, base::Secret secret, base::AccountId account, base::UserName user);
  /// Shows that whoever wrote this pair down has the key: a key that has spread long ago either works or does not.
  /// Errors: those of sts:GetCallerIdentity, `invalid` when it is somebody else's.
  base::Task<base::Result<void>> check(base::AccessKeyId key, base::Secret secret, base::AccountId account, base::UserName user);

 private:
  using IsUser = std::function<bool(const aws::CallerIdentity&)>;
  base::Task<base::Result<void>> prove(base::AccessKeyId key, base::Secret secret, IsUser is_user);

  aws::CallContext& context_;
  base::Region region_;
  ProofSettings settings_;
};

}  // namespace keyward::rotation
