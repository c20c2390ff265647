#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "notify/address_book.hpp"
#include "orchestrator/account_report.hpp"
#include "orchestrator/configuration.hpp"
#include "report/simulation.hpp"
#include "rotation/forecast.hpp"

namespace keyward::orchestrator {

/// The coming days of an organization whose users were read completely: what keyward would do to their keys, run by run, and
/// who would hear of it. Pure; every account counts as enforced, and no account fails.
class Simulation {
 public:
  Simulation(const Limits& limits, rotation::Adoption adoption, base::Instant now) : limits_(limits), adoption_(adoption), now_(now) {}

  /// Account by account, in any order.
  void add(const AccountReport& report, const rotation::UserSelection& selection, const notify::AddressBook& book);

  /// One run a day. `earlier`: keys are rotated so early that the old one is gone when it is 90 days old.
  enum class Variant { as_configured, earlier };
  std::vector<report::SimulatedDay> run(int days, Variant variant) const;

  /// The number of days before k_check_days at which a key has to be rotated under this policy.
  static std::chrono::days early_enough(const rotation::Policy& policy);

  int exempt_users() const;
  int unreadable_users() const;
  int users_without_recipient() const;
  int accounts_dry_run() const;

 private:
  struct SimulatedAccount {
    base::AccountId id;
    bool dry_run = false;
    rotation::ForecastSettings settings;
  };
  struct SimulatedUser {
    std::size_t account = 0;
    rotation::UserFacts facts;
    std::optional<base::Instant> exempt_until;
    std::vector<std::size_t> recipients;
  };
  struct Play;

  /// By account and name: what limits leave over does not depend on which account answered first.
  std::vector<const SimulatedUser*> users_in_order() const;

  Limits limits_;
  rotation::Adoption adoption_;
  base::Instant now_;
  std::vector<SimulatedAccount> accounts_;
  std::vector<SimulatedUser> users_;
  std::map<std::string, std::size_t> mailboxes_;
};

}  // namespace keyward::orchestrator
