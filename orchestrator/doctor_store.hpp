#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/session.hpp"
#include "aws/caller.hpp"
#include "orchestrator/doctor.hpp"
#include "rotation/store_settings.hpp"

namespace keyward::orchestrator {

/// A way into a store: with a role of the account, with store.role, or as the caller.
class StoreAccess {
 public:
  /// For accounts that store their keys in themselves, `member` is the session of their role, and outlives the access;
  /// else null.
  StoreAccess(const Examination& examination, rotation::StoreSettings settings, accounts::Session* member,
              aws::Writes writes);

  std::unique_ptr<aws::Caller> caller(const base::Region& region) const;
  const rotation::StoreSettings& settings() const noexcept { return settings_; }
  /// Whether who writes has credentials: store.role can be assumed.
  base::Task<base::Result<void>> enter() const;
  base::Region region() const { return settings_.region.value_or(services_.region); }

 private:
  const Services& services_;
  rotation::StoreSettings settings_;
  std::optional<accounts::Session> central_;
  aws::CredentialProvider* identity_;
  aws::Writes writes_;
};

/// Stores a secret for the user that nobody has, looks at it and deletes it, whatever went wrong before. With a session
/// that may write. Findings are without accounts.
base::Task<std::vector<report::Finding>> write_test(const StoreAccess& store, std::string secret_name,
                                                    std::string region);

/// Which of these accounts no Allow of a key's policy lets decrypt. Conditions are taken to be met. All of them where
/// the policy cannot be read. Pure.
std::vector<std::string> accounts_without_key(std::string_view key_policy, const std::vector<std::string>& accounts);

}  // namespace keyward::orchestrator
