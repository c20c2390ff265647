#include "orchestrator/secret_rotation_event.hpp"

#include <boost/asio/io_context.hpp>
#include <sstream>

#include "aws/operations.hpp"
#include "orchestrator/permissions.hpp"
#include "orchestrator/policy_document.hpp"
#include "rotation/decision.hpp"
#include "rotation/ledger.hpp"
#include "sandbox/sandbox_fixture.hpp"
#include "sandbox/secrets_manager_service.hpp"
#include "support/run.hpp"

namespace keyward::orchestrator {
namespace {

namespace js = boost::json;
using base::Result;
using base::Task;
using std::chrono::days;

constexpr const char* k_account = "222222222222";
constexpr const char* k_name = "app/credentials";
const std::string k_function = "arn:aws:lambda:us-east-1:222222222222:function:keyward-secret-rotation";

struct Killed {};

/// The rotation function against the sandbox in this process, with the rights that `keyward policy secret-rotation`
/// prints. Secrets Manager is the test: it begins a rotation and sends the four steps.
class SecretRotationEvent : public sandbox::testing::SandboxTest {
 protected:
  class Transport final : public base::HttpTransport {
   public:
    explicit Transport(SecretRotationEvent& test) : test_(test) {}
    Task<Result<base::HttpResponse>> send(base::HttpRequest request) override {
      calls += 1;
      if (kill_before == calls) throw Killed{};
      const std::string path = request.url.substr(request.url.find('/', request.url.find("://") + 3));
      sandbox::WireRequest wire{request.method, path, request.headers, std::string(request.body.view())};
      sandbox::Outcome outcome = test_.simulation.handle(wire);
      if (kill_after == calls) throw Killed{};
      base::HttpResponse response;
      response.status = outcome.reply.status;
      response.headers = std::move(outcome.reply.headers);
      response.headers.push_back({"Date", base::format_http_date(test_.world.now())});
      response.body = base::Body(outcome.reply.body);
      co_return response;
    }
    int calls = 0;
    int kill_before = 0;
    int kill_after = 0;

   private:
    SecretRotationEvent& test_;
  };
  class Waiting final : public base::Sleeper {
   public:
    explicit Waiting(sandbox::World& world) : world_(world) {}
    Task<void> sleep_for(std::chrono::milliseconds duration) override {
      world_.clock.advance(duration);
      co_return;
    }

   private:
    sandbox::World& world_;
  };
  class HostClock final : public base::Clock {
   public:
    explicit HostClock(sandbox::World& world) : world_(world) {}
    base::Instant now() const noexcept override { return world_.now(); }

   private:
    sandbox::World& world_;
  };
  class NoMailServer final : public base::SmtpTransport {
   public:
    Task<Result<std::string>> send(base::SmtpRequest) override {
      co_return base::Error{base::ErrorKind::transient, "smtp", "", "", "there is no mail server"};
    }
  };
  class Function final : public aws::CredentialProvider {
   public:
    explicit Function(const sandbox::Session& session) {
      aws::Credentials credentials;
      credentials.access_key_id = session.access_key_id;
      credentials.secret_access_key = base::Secret(session.secret);
      credentials.session_token = base::Secret(session.token);
      credentials_ = std::make_shared<const aws::Credentials>(std::move(credentials));
    }
    Task<Result<aws::CredentialsPtr>> credentials() override { co_return credentials_; }

   private:
    aws::CredentialsPtr credentials_;
  };

  SecretRotationEvent() {
    configuration.defaults.dry_run = false;
    configuration.users.exempt_group = "";
    configuration.defaults.notify.sender = "keyward@example.org";
    configuration.defaults.notify.allowed_domains = {"example.org"};
    load(
        R"({"accounts": [{"id": "222222222222", "roles": [{"name": "function", "trust": {"Version": "2012-10-17", "Statement": []}}],
      "users": [{"name": "app", "path": "/svc/", "keys": [{"id": "AKIAAPPOLD0000000000", "secret": "old-secret", "age_days": 40,
                                                          "last_used": {"days_ago": 0}}]}]}]})");
    grant_rights();
    sandbox::Session session;
    session.access_key_id = "ASIA0000000000000000";
    session.secret = "secret";
    session.token = "token";
    session.account = k_account;
    session.role = "function";
    session.name = "keyward-secret-rotation";
    session.expires = world.now() + days(3650);
    identity = std::make_shared<Function>(world.sessions.emplace(session.access_key_id, session).first->second);
    make_secret(R"({"USER_NAME":"app","AWS_ACCESS_KEY_ID":"AKIAAPPOLD0000000000","AWS_SECRET_ACCESS_KEY":"old-secret",)"
                R"("NOTIFY_EMAIL":"app@example.org","region":"eu-central-1","ports":[1,2]})");
  }

  sandbox::Account& account() { return world.accounts.at(k_account); }
  sandbox::User& app() { return account().users.at("app"); }
  sandbox::StoredSecret& secret() { return account().secrets.at({"us-east-1", k_name}); }
  std::string arn() { return sandbox::secret_arn(account(), secret(), "us-east-1"); }

  void make_secret(const std::string& value) {
    sandbox::StoredSecret stored;
    stored.name = k_name;
    stored.region = "us-east-1";
    stored.suffix = "Ab12Cd";
    stored.created = stored.changed = world.now();
    stored.rotation_function = k_function;
    stored.rotation_enabled = true;
    sandbox::SecretVersion version;
    version.text = value;
    version.stages = {"AWSCURRENT"};
    stored.versions.emplace("first-version-0000000000000000000", std::move(version));
    account().secrets.insert_or_assign(sandbox::RegionalName{"us-east-1", k_name}, std::move(stored));
  }
  void grant_rights() {
    if (rights.statements.empty())
      rights = permissions_of(configuration, PolicyMode::secret_rotation, {"aws", "us-east-1", k_account});
    account().roles.at("function").policies["keyward"] = js::serialize(identity_policy(rights));
  }
  void take_right(const std::string& action) {
    for (PolicyStatement& statement : rights.statements) std::erase(statement.actions, action);
    grant_rights();
  }
  /// As RotateSecret does; the token of the rotation.
  std::string begin() {
    const std::string token = "token-" + std::to_string(++rotations_) + "-000000000000000000000000000000";
    secret().versions.emplace(token, sandbox::SecretVersion{});
    sandbox::move_stage(secret(), "AWSPENDING", token);
    return token;
  }
  Result<js::value> step(const std::string& name, const std::string& token) {
    js::object event{{"Step", name}, {"SecretId", arn()}, {"ClientRequestToken", token}};
    const Services services{calls, identity,      *base::Region::parse("us-east-1"), "aws", log, stopping,
                            smtp,  standard_error};
    return test::run(loop, handle_secret_rotation(std::move(event), {configuration, services}));
  }
  /// All four, as long as they succeed; the error of the one that did not.
  std::string rotate(const std::string& token) {
    for (const char* name : {"createSecret", "setSecret", "testSecret", "finishSecret"}) {
      const Result<js::value> done = step(name, token);
      if (!done) return std::string(name) + ": " + done.error().code + ": " + done.error().message;
    }
    return "";
  }
  std::string outcome(const Result<js::value>& done) {
    if (!done) return done.error().code + ": " + done.error().message;
    return std::string(done->as_object().at("outcome").as_string());
  }
  std::string version_with(const std::string& label) {
    for (const auto& [id, version] : secret().versions) {
      if (version.stages.contains(label)) return id;
    }
    return "";
  }
  js::object current() { return js::parse(*secret().versions.at(version_with("AWSCURRENT")).text).as_object(); }
  std::string current(const char* member) { return std::string(current().at(member).as_string()); }
  rotation::Ledger record() { return *rotation::parse_ledger(app().tags.at("keyward:state")); }
  void advance(days time) { world.clock.advance(time); }

  Configuration configuration;
  Permissions rights;
  std::ostringstream logged;
  base::Log log{base::LogLevel::debug, base::LogFormat::text, logged};
  boost::asio::io_context loop;
  Transport transport{*this};
  Waiting waiting{world};
  HostClock host_clock{world};
  aws::AwsClock clock{host_clock};
  aws::CallContext calls{.transport = transport,
                         .clock = clock,
                         .sleeper = waiting,
                         .endpoints = {},
                         .jitter = std::mt19937_64(1),
                         .statistics = {},
                         .user_agent = "keyward/test"};
  std::shared_ptr<aws::CredentialProvider> identity;
  const bool stopping = false;
  NoMailServer smtp;
  std::ostringstream standard_error;

 private:
  int rotations_ = 0;
};

TEST_F(SecretRotationEvent, MakesProvesAndPromotesANewKey) {
  const std::string token = begin();
  EXPECT_EQ(outcome(step("createSecret", token)), "created");
  EXPECT_EQ(outcome(step("setSecret", token)), "nothing_to_set");
  EXPECT_EQ(outcome(step("testSecret", token)), "proved");
  EXPECT_EQ(current("AWS_ACCESS_KEY_ID"), "AKIAAPPOLD0000000000");
  EXPECT_EQ(outcome(step("finishSecret", token)), "promoted");
  ASSERT_EQ(app().keys.size(), 2U);
  EXPECT_TRUE(app().keys[0].active);
  EXPECT_EQ(version_with("AWSCURRENT"), token);
  EXPECT_EQ(version_with("AWSPREVIOUS"), "first-version-0000000000000000000");
  js::object wanted =
      js::parse(R"({"USER_NAME":"app","NOTIFY_EMAIL":"app@example.org","region":"eu-central-1","ports":[1,2]})")
          .as_object();
  wanted["AWS_ACCESS_KEY_ID"] = app().keys[1].id;
  wanted["AWS_SECRET_ACCESS_KEY"] = app().keys[1].secret;
  EXPECT_EQ(current(), wanted);
}

TEST_F(SecretRotationEvent, LeavesARecordThatADailyRunUnderstands) {
  EXPECT_EQ(rotate(begin()), "");
  EXPECT_EQ(app().tags.at("keyward:secret"), k_name);
  const rotation::Ledger ledger = record();
  EXPECT_FALSE(ledger.intent);
  ASSERT_TRUE(ledger.rotation);
  EXPECT_EQ(ledger.rotation->new_key.str(), app().keys[1].id);
  EXPECT_EQ(ledger.rotation->old_key.str(), "AKIAAPPOLD0000000000");
  EXPECT_TRUE(ledger.rotation->forced);  // the old key goes after the install grace, not on its 100th day
}

TEST_F(SecretRotationEvent, RepeatsEveryStepWithoutDoingItTwice) {
  const std::string token = begin();
  EXPECT_EQ(outcome(step("createSecret", token)), "created");
  EXPECT_EQ(outcome(step("createSecret", token)), "already_created");
  EXPECT_EQ(rotate(token), "");
  const std::string value = js::serialize(current());
  EXPECT_EQ(outcome(step("finishSecret", token)), "already_promoted");
  EXPECT_EQ(rotate(token), "");
  EXPECT_EQ(app().keys.size(), 2U);
  EXPECT_EQ(js::serialize(current()), value);
}

TEST_F(SecretRotationEvent, CallsNothingProvedThatIsNotThere) {
  const std::string token = begin();
  EXPECT_EQ(step("testSecret", token).error().code, "NothingToPromote");
  EXPECT_EQ(step("finishSecret", token).error().code, "NothingToPromote");
  // With this Secrets Manager tries a function before its first rotation.
  secret().versions.at(token).text = secret().versions.at(version_with("AWSCURRENT")).text;
  EXPECT_EQ(outcome(step("testSecret", token)), "proved");
  EXPECT_EQ(step("finishSecret", token).error().code, "NothingToPromote");
  EXPECT_EQ(app().keys.size(), 1U);
}

TEST_F(SecretRotationEvent, GoesOnWhereverItWasKilled) {
  for (const bool after : {false, true}) {
    for (int call = 1;; ++call) {
      SCOPED_TRACE((after ? "after call " : "before call ") + std::to_string(call));
      while (app().keys.size() > 1) world.remove_key(app(), std::string(app().keys.back().id));
      app().tags.clear();
      make_secret(
          R"({"USER_NAME":"app","AWS_ACCESS_KEY_ID":"AKIAAPPOLD0000000000","AWS_SECRET_ACCESS_KEY":"old-secret","more":"kept"})");
      const std::string token = begin();
      transport.calls = 0;
      (after ? transport.kill_after : transport.kill_before) = call;
      bool killed = false;
      try {
        EXPECT_EQ(rotate(token), "");
      } catch (const Killed&) {
        killed = true;
      }
      transport.kill_after = transport.kill_before = 0;
      EXPECT_TRUE(app().keys[0].active);
      EXPECT_EQ(rotate(token), "");
      ASSERT_EQ(app().keys.size(), 2U);
      EXPECT_TRUE(app().keys[0].active && app().keys[1].active);
      EXPECT_EQ(current("AWS_ACCESS_KEY_ID"), app().keys[1].id);
      EXPECT_EQ(current("AWS_SECRET_ACCESS_KEY"), app().keys[1].secret);
      EXPECT_EQ(current("more"), "kept");
      EXPECT_EQ(version_with("AWSCURRENT"), token);
      EXPECT_FALSE(record().intent);
      ASSERT_TRUE(record().rotation);
      EXPECT_EQ(record().rotation->new_key.str(), app().keys[1].id);
      EXPECT_EQ(record().rotation->old_key.str(), "AKIAAPPOLD0000000000");
      if (!killed) break;
    }
    EXPECT_GT(transport.calls, 20);
  }
}

TEST_F(SecretRotationEvent, ReadsNoSecretButThoseThatThisFunctionRotates) {
  secret().rotation_function = k_function + "-other";
  const std::string error = rotate(begin());
  EXPECT_NE(error.find("AccessDenied"), std::string::npos) << error;
  EXPECT_EQ(app().keys.size(), 1U);
}

TEST_F(SecretRotationEvent, TakesTheNewKeyBackThatCannotBeStored) {
  take_right("secretsmanager:PutSecretValue");
  EXPECT_EQ(step("createSecret", begin()).error().code, "AccessDeniedException");
  ASSERT_EQ(app().keys.size(), 1U);
  EXPECT_EQ(app().keys[0].id, "AKIAAPPOLD0000000000");
  EXPECT_FALSE(record().intent);
  EXPECT_EQ(version_with("AWSCURRENT"), "first-version-0000000000000000000");
}

TEST_F(SecretRotationEvent, NamesTheKeyThatCanNeitherBeStoredNorRemoved) {
  take_right("secretsmanager:PutSecretValue");
  take_right("iam:DeleteAccessKey");
  const std::string token = begin();
  const base::Error error = step("createSecret", token).error();
  ASSERT_EQ(app().keys.size(), 2U);
  EXPECT_NE(error.message.find("delete-access-key --user-name app --access-key-id " + app().keys[1].id),
            std::string::npos)
      << error.message;
  // With the rights it goes on by itself: the lost key goes, and another one comes.
  const std::string lost = app().keys[1].id;
  rights = {};
  grant_rights();
  EXPECT_EQ(rotate(token), "");
  ASSERT_EQ(app().keys.size(), 2U);
  EXPECT_NE(app().keys[1].id, lost);
}

TEST_F(SecretRotationEvent, DeletesNoKeyThatSomebodyElseMadeAndUses) {
  const std::string token = begin();
  transport.kill_after = 6;  // CreateAccessKey has not been sent yet, the intent is written
  while (!app().tags.contains("keyward:state")) {
    try {
      static_cast<void>(step("createSecret", token));
    } catch (const Killed&) {
      transport.kill_after += 1;
      transport.calls = 0;
    }
  }
  transport.kill_after = 0;
  if (app().keys.size() > 1) world.remove_key(app(), std::string(app().keys[1].id));
  ASSERT_TRUE(record().intent);
  sandbox::AccessKey& foreign = sandbox::make_key(world, account(), app(), std::chrono::seconds(0));
  const std::string id = foreign.id;
  foreign.last_used = sandbox::LastUsed{world.now(), "s3", "us-east-1"};
  EXPECT_EQ(step("createSecret", token).error().code, "KeysChanged");
  // Programs that do nothing but assume a role use STS only, and longer than a proof takes.
  world.clock.advance(std::chrono::minutes(40));
  app().keys[1].last_used = sandbox::LastUsed{world.now(), "sts", "us-east-1"};
  EXPECT_EQ(step("createSecret", token).error().code, "KeysChanged");
  ASSERT_EQ(app().keys.size(), 2U);
  EXPECT_EQ(app().keys[1].id, id);
}

TEST_F(SecretRotationEvent, MakesNoKeyForWhoDoesNotHaveTheCurrentOne) {
  // Ids of keys and names of users are no secrets.
  make_secret(R"({"USER_NAME":"app","AWS_ACCESS_KEY_ID":"AKIAAPPOLD0000000000","AWS_SECRET_ACCESS_KEY":"guessed"})");
  const Result<js::value> refused = step("createSecret", begin());
  EXPECT_EQ(refused.error().code, "NotTheUsersSecret");
  EXPECT_EQ(refused.error().message.find("guessed"), std::string::npos);
  EXPECT_EQ(app().keys.size(), 1U);
  EXPECT_FALSE(app().tags.contains("keyward:state"));
  EXPECT_FALSE(app().tags.contains("keyward:secret"));
}

TEST_F(SecretRotationEvent, RemovesNoKeyThatItDidNotMake) {
  // Whoever writes the secret says in its version that the key in use is the new one, and that all else has changed.
  const std::string token = begin();
  const std::string in_use = sandbox::make_key(world, account(), app(), days(10)).id;
  secret().versions.at(token).text =
      R"({"USER_NAME":"app","AWS_ACCESS_KEY_ID":")" + in_use + R"(","AWS_SECRET_ACCESS_KEY":"guessed","region":"elsewhere"})";
  EXPECT_EQ(step("finishSecret", token).error().code, "SecretChanged");
  EXPECT_EQ(version_with("AWSPENDING"), "");
  ASSERT_EQ(app().keys.size(), 2U);
  EXPECT_EQ(app().keys[1].id, in_use);
}

TEST_F(SecretRotationEvent, SetsAVersionAsideWhoseKeySomebodyDeleted) {
  const std::string token = begin();
  EXPECT_EQ(outcome(step("createSecret", token)), "created");
  world.remove_key(app(), std::string(app().keys[1].id));
  world.clock.advance(std::chrono::minutes(10));
  EXPECT_EQ(step("createSecret", token).error().code, "PendingKeyGone");
  EXPECT_EQ(version_with("AWSPENDING"), "");
  EXPECT_EQ(rotate(begin()), "");
}

TEST_F(SecretRotationEvent, GivesWayToARunOfKeyward) {
  app().tags["keyward:state"] = "v1 int=20260101T000000Z-abcd@20260101T000000Z/AKIAAPPOLD0000000000:abcdef";
  EXPECT_EQ(step("createSecret", begin()).error().code, "OtherRun");
  EXPECT_EQ(app().keys.size(), 1U);
}

TEST_F(SecretRotationEvent, LeavesTheOldValueWhereTheNewKeyDoesNotWork) {
  const std::string token = begin();
  EXPECT_EQ(outcome(step("createSecret", token)), "created");
  app().keys[1].active = false;
  configuration.limits.verify_timeout = std::chrono::milliseconds(0);
  EXPECT_EQ(step("testSecret", token).error().code, "KeyNotWorking");
  EXPECT_EQ(step("finishSecret", token).error().code, "KeyNotWorking");
  EXPECT_EQ(version_with("AWSCURRENT"), "first-version-0000000000000000000");
  EXPECT_EQ(version_with("AWSPENDING"), token);
  EXPECT_TRUE(app().keys[0].active);
}

TEST_F(SecretRotationEvent, MakesNoThirdKeyAndTakesTheOldOneByTheRulesOnly) {
  EXPECT_EQ(rotate(begin()), "");
  const std::string second = app().keys[1].id;
  const auto use_new_key = [&] { app().keys[1].last_used = sandbox::LastUsed{world.now(), "s3", "us-east-1"}; };
  advance(days(5));
  use_new_key();
  const std::string token = begin();
  EXPECT_EQ(step("createSecret", token).error().code, "TwoKeys");
  EXPECT_TRUE(app().keys[0].active);
  advance(days(6));
  use_new_key();
  // Its install grace has run out: switched off, and kept for the recovery grace.
  EXPECT_EQ(step("createSecret", token).error().code, "TwoKeys");
  ASSERT_EQ(app().keys.size(), 2U);
  EXPECT_FALSE(app().keys[0].active);
  EXPECT_TRUE(app().keys[1].active);
  advance(days(9));
  EXPECT_EQ(step("createSecret", token).error().code, "TwoKeys");
  advance(days(2));
  use_new_key();
  EXPECT_EQ(rotate(token), "");
  ASSERT_EQ(app().keys.size(), 2U);
  EXPECT_EQ(app().keys[0].id, second);
  EXPECT_EQ(record().rotation->old_key.str(), second);
}

TEST_F(SecretRotationEvent, DoesNotTakeTheOldKeyWhenItsUseIsUnknown) {
  EXPECT_EQ(rotate(begin()), "");
  advance(days(11));
  take_right("iam:GetAccessKeyLastUsed");
  EXPECT_EQ(step("createSecret", begin()).error().code, "TwoKeys");
  EXPECT_TRUE(app().keys[0].active);
}

TEST_F(SecretRotationEvent, LeavesKeysOfWhichTheSecretSaysNothing) {
  sandbox::make_key(world, account(), app(), days(10));
  EXPECT_EQ(step("createSecret", begin()).error().code, "TwoKeys");
  EXPECT_EQ(app().keys.size(), 2U);
  EXPECT_TRUE(app().keys[0].active && app().keys[1].active);
  EXPECT_FALSE(app().tags.contains("keyward:state"));
}

TEST_F(SecretRotationEvent, RefusesUsersThatAreLeftAlone) {
  app().tags["keyward:state"] = "by hand";
  EXPECT_EQ(step("createSecret", begin()).error().code, "FactUnknown");
  app().tags.erase("keyward:state");
  configuration.users.exempt = {
      {*base::AccountId::parse(k_account), *base::UserName::parse("app"), {}, "vendor", "ciso@example.org"}};
  EXPECT_EQ(step("createSecret", version_with("AWSPENDING")).error().code, "ExemptUser");
  configuration.users.exempt.clear();
  app().keys[0].active = false;
  EXPECT_EQ(step("createSecret", version_with("AWSPENDING")).error().code, "KeyInactive");
  EXPECT_EQ(app().keys.size(), 1U);
}

TEST_F(SecretRotationEvent, DoesNotUndoWhatItsOwnerChangedMeanwhile) {
  const std::string token = begin();
  EXPECT_EQ(outcome(step("createSecret", token)), "created");
  js::object changed = current();
  changed["region"] = "us-east-1";
  sandbox::SecretVersion version;
  version.text = js::serialize(changed);
  secret().versions.emplace("by-hand", std::move(version));
  sandbox::move_stage(secret(), "AWSCURRENT", "by-hand");
  EXPECT_EQ(step("finishSecret", token).error().code, "SecretChanged");
  EXPECT_EQ(version_with("AWSCURRENT"), "by-hand");
  EXPECT_EQ(version_with("AWSPENDING"), "");
  EXPECT_EQ(app().keys.size(), 1U);
  EXPECT_EQ(rotate(begin()), "");
  EXPECT_EQ(current("region"), "us-east-1");
}

TEST_F(SecretRotationEvent, MailsWhomTheSecretNames) {
  world.accounts.at(k_account).identities.insert("example.org");
  EXPECT_EQ(rotate(begin()), "");
  ASSERT_EQ(world.mails.size(), 1U) << logged.str();
  EXPECT_EQ(world.mails.front().to, std::vector<std::string>{"app@example.org"});
  EXPECT_NE(world.mails.front().text.find(k_name), std::string::npos);
}

TEST_F(SecretRotationEvent, IsDoneAlsoWhenNobodyCanBeTold) {
  configuration.defaults.notify.allowed_domains = {"example.com"};
  EXPECT_EQ(rotate(begin()), "");
  EXPECT_TRUE(world.mails.empty());
  EXPECT_NE(logged.str().find("owner_not_told"), std::string::npos);
}

TEST_F(SecretRotationEvent, RotatesNothingInADryRun) {
  configuration.defaults.dry_run = true;
  EXPECT_EQ(step("createSecret", begin()).error().code, "DryRun");
  EXPECT_EQ(app().keys.size(), 1U);
  EXPECT_TRUE(app().tags.empty());
}

TEST_F(SecretRotationEvent, ANoOpRotationNeedsTheTagAndSaysWhatItIs) {
  make_secret(R"({"username":"db","password":"never-in-a-log"})");
  const std::string token = begin();
  EXPECT_EQ(step("createSecret", token).error().code, "NotAnAccessKey");
  EXPECT_TRUE(secret().versions.at(token).is_empty());
  secret().tags["keyward:no-op-rotation"] = "allowed";
  EXPECT_EQ(outcome(step("createSecret", token)), "copied");
  EXPECT_EQ(outcome(step("createSecret", token)), "copied");
  EXPECT_EQ(outcome(step("testSecret", token)), "unchanged");
  const Result<js::value> done = step("finishSecret", token);
  EXPECT_EQ(outcome(done), "unchanged");
  EXPECT_FALSE(done->as_object().at("rotated").as_bool());
  EXPECT_TRUE(done->as_object().contains("no_op"));
  EXPECT_EQ(version_with("AWSCURRENT"), token);
  EXPECT_EQ(current("password"), "never-in-a-log");
  EXPECT_NE(logged.str().find("secret_not_rotated"), std::string::npos);
}

TEST_F(SecretRotationEvent, ANoOpRotationDoesNotBringAnOldPasswordBack) {
  make_secret(R"({"username":"db","password":"one"})");
  secret().tags["keyward:no-op-rotation"] = "allowed";
  const std::string token = begin();
  EXPECT_EQ(outcome(step("createSecret", token)), "copied");
  secret().versions.at("first-version-0000000000000000000").text = R"({"username":"db","password":"two"})";
  EXPECT_EQ(step("finishSecret", token).error().code, "SecretChanged");
  EXPECT_EQ(current("password"), "two");
}

TEST_F(SecretRotationEvent, AnAccessKeyIsNotPassedOffAsRotated) {
  secret().tags["keyward:no-op-rotation"] = "allowed";
  EXPECT_EQ(step("createSecret", begin()).error().code, "RotatableSecret");
}

TEST_F(SecretRotationEvent, NoSecretAppearsInLogsAnswersAndErrors) {
  const std::string token = begin();
  std::string seen = outcome(step("createSecret", token));
  for (const char* name : {"testSecret", "finishSecret"}) seen += js::serialize(step(name, token).value());
  seen += logged.str();
  for (const sandbox::AccessKey& key : app().keys) EXPECT_EQ(seen.find(key.secret), std::string::npos);
}

TEST_F(SecretRotationEvent, IsToldByItsShape) {
  EXPECT_TRUE(is_secret_rotation({{"Step", "createSecret"}, {"SecretId", "a"}, {"ClientRequestToken", "t"}}));
  EXPECT_FALSE(is_secret_rotation({{"account", "222222222222"}}));
  EXPECT_EQ(step("removeSecret", begin()).error().code, "InvalidEvent");
  EXPECT_EQ(step("createSecret", "no-such-token").error().code, "VersionNotPending");
  secret().rotation_enabled = false;
  EXPECT_EQ(step("createSecret", version_with("AWSPENDING")).error().code, "RotationNotEnabled");
}

}  // namespace
}  // namespace keyward::orchestrator
