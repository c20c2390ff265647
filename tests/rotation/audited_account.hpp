#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/iam_client.hpp"
#include "rotation/auditor.hpp"
#include "rotation/decision.hpp"
#include "sandbox/simulation.hpp"
#include "support/fake_clock.hpp"
#include "support/temporary_directory.hpp"

namespace keyward::rotation::audited {

inline constexpr std::string_view k_ledger_tag = "keyward:state";

/// What an audit found of a user, and what follows from it at that moment.
struct Verdict {
  UserFacts facts;
  std::vector<Decision> decisions;
};

using Verdicts = std::map<base::UserName, Verdict>;

/// One account of the sandbox, without sockets: rotation::Auditor's calls are signed, sent to a Simulation in this
/// process and answered by it. Its clock stands still unless somebody moves it or waits for a report.
class AuditedAccount {
 public:
  AuditedAccount();

  sandbox::Account& account() { return world_.accounts.at(id_.str()); }
  base::Instant now() const { return world_.now(); }
  void set_time(base::Instant now);

  /// What people and keyward do.
  sandbox::User& make_user(const std::string& name);
  void delete_user(const std::string& name);
  sandbox::AccessKey& make_key(sandbox::User& user, std::chrono::seconds age = std::chrono::seconds(0));
  void delete_key(sandbox::User& user, const std::string& key) { world_.remove_key(user, key); }
  void set_status(sandbox::AccessKey& key, bool active);
  Ledger ledger_of(const sandbox::User& user) const;
  /// False when it does not fit into a tag.
  bool set_ledger(sandbox::User& user, const Ledger& ledger);
  /// Somebody asks for a credential report, which AWS then gives to everybody for four hours.
  void somebody_asks_for_a_report();

  /// Actions that are refused from now on: "ListUserTags".
  void deny(std::set<std::string> actions) { transport_.denied = std::move(actions); }

  /// The decisions about every user, from facts gathered as a run gathers them.
  Verdicts audit(Listing listing, KeyCache& cache, const Policy& policy, const UserSelection& selection,
                 std::optional<base::Instant> previous_run);
  /// Why the last sparing audit had no report; empty when it had one.
  const std::string& without_report() const { return without_report_; }

  /// Calls since the last forget_calls(), by action.
  const std::map<std::string, std::uint64_t>& calls() const { return simulation_.calls().counts; }
  std::uint64_t call_count() const;
  void forget_calls() { simulation_.forget_calls(); }

  const base::AccountId& id() const { return id_; }
  /// Of the key cache, as state_dir/keys/ACCOUNT.json is.
  std::string cache_file() const { return directory_.path("keys.json"); }

 private:
  class Transport final : public base::HttpTransport {
   public:
    explicit Transport(AuditedAccount& account) : account_(account) {}
    base::Task<base::Result<base::HttpResponse>> send(base::HttpRequest request) override;
    std::set<std::string> denied;

   private:
    AuditedAccount& account_;
  };
  class Waiting final : public base::Sleeper {
   public:
    explicit Waiting(AuditedAccount& account) : account_(account) {}
    base::Task<void> sleep_for(std::chrono::milliseconds duration) override;

   private:
    AuditedAccount& account_;
  };
  class Role final : public aws::CredentialProvider {
   public:
    explicit Role(const sandbox::Session& session);
    base::Task<base::Result<aws::CredentialsPtr>> credentials() override;

   private:
    aws::CredentialsPtr credentials_;
  };

  base::Task<void> gather(Auditor& auditor, Listing listing, const Policy& policy, Verdicts& verdicts);
  static const sandbox::Session& open_session(sandbox::World& world, const base::AccountId& id);

  base::AccountId id_;
  test::TemporaryDirectory directory_;
  sandbox::World world_;
  sandbox::Faults faults_;
  sandbox::Simulation simulation_;
  boost::asio::io_context loop_;
  Transport transport_;
  Waiting waiting_;
  test::FakeClock host_clock_;
  aws::AwsClock clock_;
  aws::CallContext context_;
  Role role_;
  aws::Caller caller_;
  aws::IamClient iam_;
  std::string without_report_;
};

}  // namespace keyward::rotation::audited
