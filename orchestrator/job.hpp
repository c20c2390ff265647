#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accounts/inventory.hpp"
#include "aws/sts_client.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/smtp.hpp"
#include "base/task_group.hpp"
#include "notify/address_book.hpp"
#include "orchestrator/account_queue.hpp"
#include "orchestrator/account_worker.hpp"
#include "orchestrator/change_gate.hpp"
#include "orchestrator/rotation_order.hpp"
#include "orchestrator/user_order.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/shard.hpp"
#include "orchestrator/user_look.hpp"

namespace keyward::orchestrator {

/// What the program has of the world; made by main. The references outlive the job.
struct Services {
  aws::CallContext& context;
  std::shared_ptr<aws::CredentialProvider> identity;
  base::Region region;
  std::string partition;
  base::Log& log;
  const bool& stopping;
  base::SmtpTransport& smtp;
  std::ostream& err;  ///< standard error
};

/// An account that takes part and was not covered.
struct NotCovered {
  accounts::Account account;
  std::string reason;
};

/// What came of walking the accounts.
struct Coverage {
  int covered = 0;
  std::vector<NotCovered> not_covered;
  std::string stopped_by;  ///< the limit that held accounts back, and why; empty: none
};

/// Why an account that was begun is not covered although nothing failed there.
std::string cut_short_by(const Limits& limits);

/// Asked and told when an account is begun, told when it is done.
struct CoverageCallbacks {
  std::function<std::optional<base::Instant>(const accounts::Account&)> previous_run;
  std::function<void(const accounts::Account&)> account_begun;
  std::function<void(AccountReport&&)> account_done;
};

/// The way through the organization that inventory, audit and run share.
class Job {
 public:
  /// Of max_changes a shard may make its share. limits.deadline runs from here.
  Job(const Configuration& configuration, Services services, const std::optional<Shard>& shard);

  /// Who we are, and with that AWS's calendar: the first signed answer.
  base::Task<base::Result<aws::CallerIdentity>> identify();
  /// The caller's account; nothing before identify(), or when AWS names none.
  const std::optional<std::string>& own_account() const noexcept { return own_account_; }
  /// Its id and management account, by the list role where one is configured. Errors: `invalid` for another organization than
  /// the configured one.
  base::Task<base::Result<aws::Organization>> organization();
  /// The organization, by the list role where one is configured.
  base::Task<base::Result<accounts::Inventory>> inventory();
  /// The same account by account (accounts::list_organization).
  base::Task<base::Result<std::string>> list(accounts::OnListed on_listed);
  /// The tags of one account, for finding an owner.
  base::Task<base::Result<std::map<std::string, std::string>>> account_tags(base::AccountId account);

  /// The first of an account's alternate contacts: security, operations. Asked with the credentials that list the
  /// organization.
  base::Task<base::Result<std::optional<std::string>>> alternate_contact(base::AccountId account);
  /// Who hears of which account, by a table in DynamoDB, read with the caller's own credentials.
  base::Task<base::Result<notify::AddressBook>> recipients(notify::RecipientsTable table);

  /// Stands before every change. To be opened by whoever has the whole inventory and has checked it.
  ChangeGate& gate() noexcept { return gate_; }

  /// Walks the accounts of the queue, at most limits.accounts_in_flight at once. No account is begun after a signal, after
  /// limits.deadline, when too many have failed, or when the gate was refused.
  /// The journal is needed where something may be changed. With a plan, which outlives the walk, nothing is begun that it does
  /// not hold.
  base::Task<Coverage> cover(AccountQueue& accounts, Mode mode, rotation::RunIdentity run, CoverageCallbacks callbacks, Journal* journal,
                             const Plan* plan = nullptr);

  /// Rotates one user's key now. `failure` when the user cannot be found.
  base::Task<AccountReport> rotate_one(accounts::Account account, RotationOrder order, rotation::RunIdentity run, Journal& journal);

  /// One account by itself; the gate is open then.
  base::Task<AccountReport> work_on(accounts::Account account, Mode mode, std::optional<base::Instant> previous_run, rotation::RunIdentity run,
                                    Journal& journal);

  /// Switches a user's key off or deletes it, if the rules say so, too.
  base::Task<AccountReport> order_for_user(accounts::Account account, UserOrder order, rotation::RunIdentity run, Journal& journal);

  /// One user, read completely and now. Reads only.
  base::Task<UserLook> look_at(accounts::Account account, base::UserName user, rotation::RunIdentity run);

  aws::Caller& hub() noexcept { return hub_; }

 private:
  struct Walk;
  static base::Task<void> work(Walk& walk, accounts::Account account);
  static base::Task<void> work_all(Walk& walk, base::TaskGroup& group);
  RunParts parts_for(rotation::RunIdentity run, Journal* journal);
  aws::Caller& organizations_caller() { return list_session_ ? list_session_->caller() : hub_; }

  const Configuration& configuration_;
  Services services_;
  aws::Caller hub_;
  std::optional<accounts::Session> list_session_;
  std::optional<std::string> own_account_;  ///< once identify() knows
  ChangeBudget budget_;
  base::Deadline deadline_;
  ChangeGate gate_;
};

}  // namespace keyward::orchestrator
