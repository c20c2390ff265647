#pragma once

#include <memory>
#include <optional>
#include <string>

#include "accounts/account.hpp"
#include "accounts/session.hpp"
#include "aws/caller.hpp"
#include "aws/iam_client.hpp"
#include "aws/secrets_manager_client.hpp"
#include "base/deadline.hpp"
#include "base/log.hpp"
#include "orchestrator/account_report.hpp"
#include "orchestrator/change_budget.hpp"
#include "orchestrator/change_gate.hpp"
#include "orchestrator/configuration.hpp"
#include "orchestrator/journal.hpp"
#include "orchestrator/plan.hpp"
#include "rotation/auditor.hpp"
#include "rotation/executor.hpp"
#include "rotation/key_prover.hpp"
#include "rotation/secret_store.hpp"
#include "rotation/settlement.hpp"

namespace keyward::orchestrator {

/// What all accounts of a run share. The references outlive the workers.
struct RunParts {
  const Configuration& configuration;
  aws::CallContext& context;
  std::shared_ptr<aws::CredentialProvider> hub;  ///< the caller's own credentials
  base::Region region;
  std::string partition;
  rotation::RunIdentity run;
  ChangeBudget& budget;
  base::Log& log;
  Journal* journal;      ///< null where nothing is changed
  base::Deadline deadline;  ///< after it nothing is begun
  const bool& stopping;     ///< a signal came: finish what was begun, begin nothing
  ChangeGate& gate;         ///< to be passed before anything is changed
  const Plan* plan = nullptr;  ///< with one, nothing is begun that it does not hold

  bool may_begin() const { return !stopping && !deadline.expired() && !gate.is_refused(); }
};

/// The sessions and tools for one account. In enforce mode with a weaker audit_role, facts are read with that and the
/// stronger role is assumed only when there is something to change.
class Workplace {
 public:
  Workplace(const RunParts& parts, const accounts::Account& account, const AccountSettings& settings, Mode mode,
            std::optional<base::Instant> previous_run);

  rotation::Auditor& auditor() { return auditor_; }
  rotation::Executor& executor() { return executor_; }
  rotation::Settlement& settlement() { return settlement_; }
  rotation::SecretStore& store() { return store_; }
  /// Of the role that changes things in the account.
  aws::Caller& member_caller() { return writer().caller(); }
  /// What earlier runs listed of the account's keys.
  rotation::KeyCache& cache() { return cache_; }

 private:
  accounts::Session session(const accounts::Account& account, const std::string& role_name, aws::Writes writes) const;
  accounts::RoleSettings role(const std::string& name) const;
  accounts::Session& writer();
  accounts::Session* central_role(const AccountSettings& settings, Mode mode);
  std::unique_ptr<aws::Caller> store_caller(const AccountSettings& settings, Mode mode);

  const RunParts& parts_;
  accounts::Session reader_;
  accounts::Session writer_;
  aws::IamClient reader_iam_;
  aws::IamClient writer_iam_;
  rotation::KeyCache cache_;
  rotation::Auditor auditor_;
  base::Region store_region_;
  std::optional<accounts::Session> store_role_;
  std::unique_ptr<aws::Caller> store_caller_;
  aws::SecretsManagerClient store_client_;
  rotation::SecretStore store_;
  rotation::KeyProver prover_;
  rotation::Executor executor_;
  rotation::Settlement settlement_;
};

}  // namespace keyward::orchestrator
