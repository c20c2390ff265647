#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/inventory.hpp"
#include "accounts/session.hpp"
#include "aws/sts_client.hpp"
#include "base/deadline.hpp"
#include "base/task.hpp"
#include "orchestrator/commands.hpp"
#include "orchestrator/job.hpp"
#include "orchestrator/permissions.hpp"
#include "report/doctor_table.hpp"

/// `keyward doctor`: every precondition of a run, looked at without changing anything. A check adds findings to the
/// examination; a later check uses what earlier ones learned, and says "not checked" where they learned nothing.
namespace keyward::orchestrator {

/// What the checks of one call of `keyward doctor` share. The references outlive it.
struct Examination {
  CommandContext& context;
  Job& job;
  base::Deadline deadline;
  std::vector<report::Finding> findings;

  // What checks learned.
  std::optional<aws::CallerIdentity> caller;
  std::optional<accounts::Inventory> inventory;
  std::vector<accounts::Account> visited;  ///< the accounts that are looked into
  std::size_t participating = 0;
  std::string wrong_account;  ///< why the account of --account cannot be looked into; nothing else is looked at then

  const Configuration& configuration() const { return context.configuration; }
  const Services& services() const { return context.services; }
  base::Instant now() const { return context.services.context.clock.now(); }
  /// A signal came or limits.deadline passed: what is left is not begun.
  bool must_stop() const { return context.services.stopping || deadline.expired(); }
  PolicyPlace place(const std::string& account) const {
    return {services().partition, services().region.str(), account};
  }

  void ok(std::string id, std::string what);
  void warn(std::string id, std::string what, std::string cause, std::string fix);
  void fail(std::string id, std::string what, std::string cause, std::string fix,
            report::Reach reach = report::Reach::everything);
  void skip(std::string id, std::string what, std::string cause, std::string fix = "");
  void add(report::Finding finding) { findings.push_back(std::move(finding)); }
};

/// One account that is looked into. Its findings name it.
struct Visit {
  Examination& examination;
  accounts::Account account;
  AccountSettings settings;
  std::vector<report::Finding> findings;

  void ok(std::string id, std::string what);
  void warn(std::string id, std::string what, std::string cause, std::string fix);
  void fail(std::string id, std::string what, std::string cause, std::string fix);
  void skip(std::string id, std::string what, std::string cause, std::string fix = "");
  /// The session with a role of the account in which everything is read; each role is assumed once.
  accounts::Session& reading(const std::string& role);
  accounts::Session session(const std::string& role, aws::Writes writes) const;
  std::map<std::string, accounts::Session> sessions;  ///< by role
};

// ---- checks of the whole (in the order in which they are made)

base::Task<void> examine_version(Examination& examination);
base::Task<void> examine_state_dir(Examination& examination);
base::Task<void> examine_lock(Examination& examination);
base::Task<void> examine_metrics_file(Examination& examination);
base::Task<void> examine_network(Examination& examination);
base::Task<void> examine_credentials(Examination& examination);
base::Task<void> examine_clock(Examination& examination);
base::Task<void> examine_organization(Examination& examination);
base::Task<void> examine_selection(Examination& examination);
base::Task<void> examine_callers_rights(Examination& examination);
base::Task<void> examine_accounts(Examination& examination);
base::Task<void> examine_central_store(Examination& examination);
base::Task<void> examine_templates(Examination& examination);
base::Task<void> examine_recipients(Examination& examination);
base::Task<void> examine_channels(Examination& examination);
base::Task<void> examine_journal(Examination& examination);
base::Task<void> examine_last_run(Examination& examination);
base::Task<void> examine_exemptions(Examination& examination);

// ---- checks of one account

/// Whether both roles can be assumed; nothing else can be looked at without them.
base::Task<bool> visit_roles(Visit& visit);
base::Task<void> visit_rights(Visit& visit);
base::Task<void> visit_store(Visit& visit);

// ---- what checks have in common

/// Which rights a principal lacks, and what it should be denied and is not, by simulation. `iam` asks; `principal` is the
/// ARN of a user or role. The findings have the id "doctor.rights.<mode>".
base::Task<std::vector<report::Finding>> simulate_rights(aws::Caller& iam, std::string principal, PolicyMode mode,
                                                         Permissions needed);

/// "without its answer nothing can be said": the words for a call that failed, without what differs from call to call.
std::string reason_of(const base::Error& error);

/// Why no file can be put into this folder, which is made where it is missing; nothing when one can. Nothing is made.
std::optional<std::string> obstacle_in(const std::filesystem::path& folder);

/// Calls of keyward in a fix with the configuration file that doctor was called with. Pure.
std::string with_configuration(const std::string& fix, const std::optional<std::string>& file);

}  // namespace keyward::orchestrator
