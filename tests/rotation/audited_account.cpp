#include "audited_account.hpp"

#include <algorithm>
#include <stdexcept>

#include "sandbox/iam_service.hpp"
#include "sandbox/scenario.hpp"
#include "support/run.hpp"

namespace keyward::rotation::audited {

using base::Result;
using base::Task;

namespace {

constexpr std::uint64_t k_world_seed = 20260101;  // of key ids only

sandbox::World new_world(const base::AccountId& id) {
  using Milliseconds = std::chrono::milliseconds;
  sandbox::World world(k_world_seed, sandbox::VirtualClock(*base::parse_iso8601("2026-01-01T00:00:00Z"),
                                                           [] { return Milliseconds(0); }));
  sandbox::make_management(world, "111111111111");
  sandbox::Account& account = sandbox::make_account(world, id.str(), "audited", "audited@example.org");
  sandbox::add_standard_roles(world, account);
  sandbox::make_group(world, account, sandbox::k_exemption_group);
  return world;
}

}  // namespace

Task<Result<base::HttpResponse>> AuditedAccount::Transport::send(base::HttpRequest request) {
  sandbox::WireRequest wire{request.method, "/", request.headers, std::string(request.body.view())};
  base::HttpResponse response;
  const bool refused = std::ranges::any_of(
      denied, [&](const std::string& action) { return wire.body.starts_with("Action=" + action + "&"); });
  if (refused) {
    response.status = 403;
    response.body =
        base::Body("<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>");
    co_return response;
  }
  sandbox::Outcome outcome = account_.simulation_.handle(wire);
  response.status = outcome.reply.status;
  response.headers = std::move(outcome.reply.headers);
  response.headers.push_back({"Date", base::format_http_date(account_.now())});
  response.body = base::Body(outcome.reply.body);
  co_return response;
}

Task<void> AuditedAccount::Waiting::sleep_for(std::chrono::milliseconds duration) {
  account_.world_.clock.advance(duration);
  account_.host_clock_.set(account_.now());
  co_return;
}

AuditedAccount::Role::Role(const sandbox::Session& session) {
  aws::Credentials credentials;
  credentials.access_key_id = session.access_key_id;
  credentials.secret_access_key = base::Secret(session.secret);
  credentials.session_token = base::Secret(session.token);
  credentials_ = std::make_shared<const aws::Credentials>(std::move(credentials));
}

Task<Result<aws::CredentialsPtr>> AuditedAccount::Role::credentials() { co_return credentials_; }

/// As AssumeRole gives it, but for ten years.
const sandbox::Session& AuditedAccount::open_session(sandbox::World& world, const base::AccountId& id) {
  sandbox::Session session;
  session.access_key_id = "ASIA0000000000000000";
  session.secret = "secret";
  session.token = "token";
  session.account = id.str();
  session.role = sandbox::k_member_role;
  session.name = "audit";
  session.expires = world.now() + std::chrono::days(3650);
  return world.sessions.emplace(session.access_key_id, session).first->second;
}

AuditedAccount::AuditedAccount()
    : id_(*base::AccountId::parse("222222222222")),
      world_(new_world(id_)),
      faults_(k_world_seed),
      simulation_(world_, faults_),
      transport_(*this),
      waiting_(*this),
      host_clock_(world_.now()),
      clock_(host_clock_),
      context_{.transport = transport_,
               .clock = clock_,
               .sleeper = waiting_,
               .endpoints = {},
               .jitter = std::mt19937_64(1),
               .statistics = {},
               .user_agent = "keyward/test"},
      role_(open_session(world_, id_)),
      caller_(context_, role_, *base::Region::parse("us-east-1"), aws::Writes::refused),
      iam_(caller_) {}

void AuditedAccount::set_time(base::Instant now) {
  world_.clock.set(sandbox::Moment(now));
  host_clock_.set(now);
}

sandbox::User& AuditedAccount::make_user(const std::string& name) {
  return sandbox::make_user(world_, account(), name, now());
}

void AuditedAccount::delete_user(const std::string& name) {
  sandbox::User& user = account().users.at(name);
  while (!user.keys.empty()) world_.remove_key(user, std::string(user.keys.front().id));
  account().users.erase(name);
}

sandbox::AccessKey& AuditedAccount::make_key(sandbox::User& user, std::chrono::seconds age) {
  return sandbox::make_key(world_, account(), user, age);
}

void AuditedAccount::set_status(sandbox::AccessKey& key, bool active) {
  if (key.active != active) key.changed = now();
  key.active = active;
}

Ledger AuditedAccount::ledger_of(const sandbox::User& user) const {
  const auto tag = user.tags.find(k_ledger_tag);
  if (tag == user.tags.end()) return {};
  const auto ledger = parse_ledger(tag->second);
  return ledger ? *ledger : Ledger{};
}

bool AuditedAccount::set_ledger(sandbox::User& user, const Ledger& ledger) {
  const auto text = format_ledger(ledger);
  if (text) user.tags.insert_or_assign(std::string(k_ledger_tag), *text);
  return text.has_value();
}

void AuditedAccount::somebody_asks_for_a_report() {
  account().credential_report =
      sandbox::CredentialReport{now(), world_.clock.moment(), sandbox::credential_report_csv(account())};
}

Verdicts AuditedAccount::audit(Listing listing, KeyCache& cache, const Policy& policy, const UserSelection& selection,
                               std::optional<base::Instant> previous_run) {
  Auditor auditor({iam_, selection, policy, clock_, waiting_, cache}, id_, previous_run);
  Verdicts verdicts;
  test::run(loop_, gather(auditor, listing, policy, verdicts));
  if (listing == Listing::sparing) without_report_ = auditor.without_report();
  return verdicts;
}

Task<void> AuditedAccount::gather(Auditor& auditor, Listing listing, const Policy& policy, Verdicts& verdicts) {
  const Result<std::vector<aws::IamUser>> users = co_await auditor.users(listing);
  if (!users) throw std::runtime_error(base::describe(users.error()));
  for (const aws::IamUser& user : *users) {
    UserFacts facts = co_await auditor.facts(user, Reading::as_needed);
    std::vector<Decision> decisions = decide(facts, policy, clock_.now());
    verdicts.emplace(user.name, Verdict{std::move(facts), std::move(decisions)});
  }
}

std::uint64_t AuditedAccount::call_count() const {
  std::uint64_t sum = 0;
  for (const auto& [action, count] : calls()) {
    if (action.find(' ') == std::string::npos) sum += count;  // refused ones are counted with the others too
  }
  return sum;
}

}  // namespace keyward::rotation::audited
