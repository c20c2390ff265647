#include "sandbox/simulation.hpp"

#include <set>

#include "sandbox/control.hpp"
#include "sandbox_fixture.hpp"

namespace keyward::sandbox::testing {
namespace {

constexpr const char* k_member = "222222222222";
constexpr const char* k_scenario = R"({
  "external_id": "ext-1",
  "organizational_units": [{"name": "Prod"}, {"name": "Inner", "parent": "Prod"}],
  "accounts": [{"id": "222222222222", "ou": "Inner", "tags": {"keyward": "enabled"},
    "users": [{"name": "alice", "age_days": 200, "tags": {"Owner": "a"},
               "keys": [{"age_days": 100, "last_used": {"days_ago": 2, "service": "s3", "region": "eu-west-1"}}]},
              {"name": "bob", "policies": {"read": {"Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}},
               "keys": [{"age_days": 10}]}]}]})";

class Simulated : public SandboxTest {
 protected:
  Simulated() { load(k_scenario); }

  std::string create_key(const Signer& session, Signer& made) {
    const WireReply reply = query(session, "iam", "CreateAccessKey", "UserName=alice");
    EXPECT_EQ(reply.status, 200) << reply.body;
    made = {element(reply, "AccessKeyId"), element(reply, "SecretAccessKey"), "", {}};
    return made.access_key_id;
  }
};

TEST_F(Simulated, RefusesWhoeverCannotSign) {
  Signer wrong_secret = hub();
  wrong_secret.secret += "x";
  EXPECT_EQ(code(query(wrong_secret, "iam", "ListUsers", "")), "SignatureDoesNotMatch");
  EXPECT_EQ(code(json(wrong_secret, "organizations", "ListAccounts", {})), "InvalidSignatureException");
  Signer unknown = hub();
  unknown.access_key_id = "AKIAAAAAAAAAAAAAAAAA";
  EXPECT_EQ(code(query(unknown, "sts", "GetCallerIdentity", "")), "InvalidClientTokenId");
  EXPECT_EQ(code(json(unknown, "secretsmanager", "ListSecrets", {})), "UnrecognizedClientException");
  const WireRequest unsigned_request{"POST", "/", {{"Host", "x"}}, "Action=ListUsers&Version=2010-05-08"};
  EXPECT_EQ(code(simulation.handle(unsigned_request).reply), "MissingAuthenticationToken");
}

TEST_F(Simulated, RefusesARequestThatWasChangedAfterSigning) {
  WireRequest request =
      sign(hub(), "sts", "us-east-1", {"POST", "/", {}, "Action=GetCallerIdentity&Version=2011-06-15"});
  EXPECT_EQ(simulation.handle(request).reply.status, 200);
  request.body += "&X=1";
  EXPECT_EQ(code(simulation.handle(request).reply), "SignatureDoesNotMatch");
}

TEST_F(Simulated, RefusesAHostThatMakesNoUrl) {
  WireRequest request{"POST", "/", {{"Host", "a b\r"}}, "Action=ListUsers&Version=2010-05-08"};
  const WireReply reply = send(hub(), "iam", "us-east-1", std::move(request)).reply;
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(code(reply), "SignatureDoesNotMatch");
}

TEST_F(Simulated, RefusesATargetWithoutAPath) {
  WireRequest request{"GET", "?prefix=a", {{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}}, ""};
  EXPECT_EQ(simulation.label(request).target, "");
  EXPECT_GE(send(hub(), "s3", "us-east-1", std::move(request)).reply.status, 400);
}

TEST_F(Simulated, IamHasOneRegion) {
  const WireRequest request{"POST", "/", {}, "Action=ListAccessKeys&Version=2010-05-08"};
  EXPECT_EQ(element(send(hub(), "iam", "eu-west-1", request).reply, "Message"),
            "Credential should be scoped to a valid region. ");
  EXPECT_EQ(query(hub(), "sts", "GetCallerIdentity", "").status, 200);
}

TEST_F(Simulated, RefusesAClockMoreThanFifteenMinutesOff) {
  Signer late = hub();
  late.clock_error = -std::chrono::minutes(16);
  const WireReply expired = query(late, "sts", "GetCallerIdentity", "");
  EXPECT_EQ(code(expired), "SignatureDoesNotMatch");
  EXPECT_EQ(element(expired, "Message"),
            "Signature expired: 20251231T234400Z is now earlier than 20251231T234500Z (20260101T000000Z - 15 min.)");
  Signer early = hub();
  early.clock_error = std::chrono::minutes(16);
  const WireReply future = json(early, "secretsmanager", "ListSecrets", {});
  EXPECT_EQ(code(future), "InvalidSignatureException");
  EXPECT_NE(future.body.find("Signature not yet current: 20260101T001600Z is still later than 20260101T001500Z"),
            std::string::npos);
  early.clock_error = std::chrono::minutes(14);
  EXPECT_EQ(query(early, "sts", "GetCallerIdentity", "").status, 200);
}

TEST_F(Simulated, SpreadsNewKeysAfterADelay) {
  const Signer session = assume(hub(), k_member);
  Signer made;
  create_key(session, made);
  EXPECT_EQ(code(query(made, "sts", "GetCallerIdentity", "")), "InvalidClientTokenId");
  elapsed += std::chrono::milliseconds(300);
  EXPECT_EQ(element(query(made, "sts", "GetCallerIdentity", ""), "Arn"), "arn:aws:iam::222222222222:user/alice");
}

TEST_F(Simulated, ASkippedDaySpreadsKeysAndEndsSessions) {
  const Signer session = assume(hub(), k_member);
  Signer made;
  create_key(session, made);
  world.clock.advance(std::chrono::hours(24));
  EXPECT_EQ(query(made, "sts", "GetCallerIdentity", "").status, 200);
  EXPECT_EQ(code(query(session, "iam", "ListUsers", "")), "ExpiredToken");
  EXPECT_EQ(code(json(session, "secretsmanager", "ListSecrets", {})), "ExpiredTokenException");
}

TEST_F(Simulated, LimitsAUserToTwoKeysAndRefusesInactiveOnes) {
  const Signer session = assume(hub(), k_member);
  Signer made;
  const std::string id = create_key(session, made);
  const WireReply third = query(session, "iam", "CreateAccessKey", "UserName=alice");
  EXPECT_EQ(third.status, 409);
  EXPECT_EQ(code(third), "LimitExceeded");
  EXPECT_EQ(element(third, "Message"), "Cannot exceed quota for AccessKeysPerUser: 2");
  elapsed += std::chrono::seconds(1);
  EXPECT_EQ(query(made, "sts", "GetCallerIdentity", "").status, 200);
  EXPECT_EQ(query(session, "iam", "UpdateAccessKey", "UserName=alice&Status=Inactive&AccessKeyId=" + id).status, 200);
  EXPECT_EQ(code(query(made, "sts", "GetCallerIdentity", "")), "InvalidClientTokenId");
  EXPECT_EQ(query(session, "iam", "DeleteAccessKey", "UserName=alice&AccessKeyId=" + id).status, 200);
  EXPECT_EQ(code(query(session, "iam", "DeleteAccessKey", "UserName=alice&AccessKeyId=" + id)), "NoSuchEntity");
}

TEST_F(Simulated, NotesTheUseOfAKeyOnceInFifteenMinutes) {
  const Signer session = assume(hub(), k_member);
  const Signer bob = user_signer(k_member, "bob");
  const auto used = [&] { return query(session, "iam", "GetAccessKeyLastUsed", "AccessKeyId=" + bob.access_key_id); };
  EXPECT_EQ(element(used(), "LastUsedDate"), "");
  EXPECT_EQ(element(used(), "ServiceName"), "N/A");
  query(bob, "sts", "GetCallerIdentity", "");
  EXPECT_EQ(element(used(), "LastUsedDate"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(element(used(), "ServiceName"), "sts");
  elapsed += std::chrono::minutes(14);
  query(bob, "iam", "ListUsers", "");
  EXPECT_EQ(element(used(), "ServiceName"), "sts");
  elapsed += std::chrono::minutes(2);
  query(bob, "iam", "ListUsers", "");
  EXPECT_EQ(element(used(), "ServiceName"), "iam");
}

TEST_F(Simulated, AnswersIamListsInPages) {
  for (int i = 0; i < 205; ++i)
    make_user(world, world.accounts.at(k_member), "user-" + std::to_string(1000 + i), world.now());
  const Signer session = assume(hub(), k_member);
  std::set<std::string> names;
  std::string marker;
  int pages = 0;
  do {
    const WireReply reply =
        query(session, "iam", "ListUsers", marker.empty() ? "" : "Marker=" + base::percent_encode(marker));
    ASSERT_EQ(reply.status, 200) << reply.body;
    for (std::size_t at = reply.body.find("<UserName>"); at != std::string::npos;
         at = reply.body.find("<UserName>", at + 1)) {
      names.insert(reply.body.substr(at + 10, reply.body.find('<', at + 10) - at - 10));
    }
    EXPECT_EQ(element(reply, "IsTruncated"), pages < 2 ? "true" : "false");
    marker = element(reply, "Marker");
    ++pages;
  } while (!marker.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(names.size(), 207u);
  EXPECT_EQ(code(query(session, "iam", "ListUsers", "MaxItems=1001")), "ValidationError");
}

TEST_F(Simulated, AnswersAccountsInPagesOfTwentyAtMost) {
  for (int i = 0; i < 45; ++i) make_account(world, std::to_string(300000000000 + i), "a", "a@example.org");
  std::set<std::string> ids;
  boost::json::object parameters;
  world.quirks.empty_account_page = true;
  int pages = 0;
  while (true) {
    const boost::json::object answer = object(json(hub(), "organizations", "ListAccounts", parameters));
    for (const auto& account : answer.at("Accounts").as_array()) ids.emplace(account.at("Id").as_string());
    EXPECT_LE(answer.at("Accounts").as_array().size(), 20u);
    ++pages;
    if (!answer.contains("NextToken")) break;
    parameters["NextToken"] = answer.at("NextToken");
  }
  EXPECT_EQ(ids.size(), 47u);
  EXPECT_EQ(pages, 4);  // the first one is empty
  EXPECT_EQ(code(json(hub(), "organizations", "ListAccounts", {{"MaxResults", 21}})), "InvalidInputException");
}

TEST_F(Simulated, ShowsTheUnitsOfAnAccount) {
  const auto account =
      object(json(hub(), "organizations", "DescribeAccount", {{"AccountId", k_member}})).at("Account").as_object();
  const std::string inner = world.accounts.at(k_member).parent;
  EXPECT_EQ(account.at("Paths").as_array().at(0).as_string(), world.organization_id + "/" + world.root_id + "/" +
                                                                  world.find_unit(inner)->parent + "/" + inner +
                                                                  "/222222222222/");
  EXPECT_EQ(account.at("State").as_string(), "ACTIVE");
}

TEST_F(Simulated, AMemberAccountMayNotList) {
  world.accounts.at(k_member).users.at("alice").policies["all"] =
      R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  const Signer alice = user_signer(k_member, "alice");
  EXPECT_EQ(code(json(alice, "organizations", "ListAccounts", {})), "AccessDeniedException");
  EXPECT_EQ(json(alice, "organizations", "DescribeOrganization", {}).status, 200);
}

TEST_F(Simulated, ASessionPolicyForbidsWriting) {
  const Signer session =
      assume(hub(), k_member, R"({"Statement":[{"Effect":"Allow","Action":["iam:List*","iam:Get*"],"Resource":"*"}]})");
  EXPECT_EQ(query(session, "iam", "ListUsers", "").status, 200);
  const WireReply refused = query(session, "iam", "CreateAccessKey", "UserName=alice");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(code(refused), "AccessDenied");
  EXPECT_EQ(
      element(refused, "Message"),
      "User: arn:aws:sts::222222222222:assumed-role/keyward-rotate/test is not authorized to perform: "
      "iam:CreateAccessKey on resource: arn:aws:iam::222222222222:user/alice because no session policy allows the "
      "iam:CreateAccessKey action");
  EXPECT_EQ(world.accounts.at(k_member).users.at("alice").keys.size(), 1u);
}

TEST_F(Simulated, ChecksWhoMayAssumeARole) {
  const auto attempt = [&](const Signer& signer, const std::string& form) {
    return query(signer, "sts", "AssumeRole", form);
  };
  const std::string role = "RoleArn=arn:aws:iam::222222222222:role/keyward-rotate&RoleSessionName=s1";
  EXPECT_EQ(code(attempt(hub(), role)), "AccessDenied");
  EXPECT_EQ(code(attempt(hub(), role + "&ExternalId=wrong")), "AccessDenied");
  EXPECT_EQ(code(attempt(user_signer(k_member, "bob"), role + "&ExternalId=ext-1")), "AccessDenied");
  EXPECT_EQ(
      code(attempt(hub(), "RoleArn=arn:aws:iam::222222222222:role/nothing-here&RoleSessionName=s1&ExternalId=ext-1")),
      "AccessDenied");
  EXPECT_EQ(code(attempt(hub(), role + "&ExternalId=ext-1&DurationSeconds=10")), "ValidationError");
  EXPECT_EQ(code(attempt(hub(), role + "&ExternalId=ext-1&DurationSeconds=7200")), "ValidationError");
  EXPECT_EQ(code(attempt(
                hub(), "RoleArn=arn:aws:iam::222222222222:role/keyward-rotate&RoleSessionName=a%20b&ExternalId=ext-1")),
            "ValidationError");
  EXPECT_EQ(code(attempt(hub(), role + "&ExternalId=ext-1&Policy=nonsense")), "MalformedPolicyDocument");
  EXPECT_EQ(attempt(hub(), role + "&ExternalId=ext-1").status, 200);
  world.accounts.at(k_member).state = AccountState::suspended;
  EXPECT_EQ(code(attempt(hub(), role + "&ExternalId=ext-1")), "AccessDenied");
}

TEST_F(Simulated, ATrustPolicyDecidesWithinAnAccountToo) {
  Account& member = world.accounts.at(k_member);
  member.users.at("bob").policies["all"] = R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  const Signer bob = user_signer(k_member, "bob");
  const std::string form = "RoleArn=arn:aws:iam::222222222222:role/keyward-rotate&RoleSessionName=s1";
  const auto trust = [&](const std::string& principal) {
    member.roles.at("keyward-rotate").trust =
        R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":")" + principal + R"("},"Action":"sts:AssumeRole"}]})";
  };
  trust("arn:aws:iam::222222222222:user/alice");
  EXPECT_EQ(code(query(bob, "sts", "AssumeRole", form)), "AccessDenied");
  EXPECT_EQ(query(user_signer(k_member, "alice"), "sts", "AssumeRole", form).status, 200);  // named: needs no more
  trust("arn:aws:iam::222222222222:root");
  EXPECT_EQ(query(bob, "sts", "AssumeRole", form).status, 200);
  EXPECT_EQ(code(query(user_signer(k_member, "alice"), "sts", "AssumeRole", form)), "AccessDenied");
}

TEST_F(Simulated, RefusesAChainedSessionOfMoreThanAnHour) {
  Role& role = world.accounts.at(k_member).roles.at("keyward-rotate");
  role.max_session_seconds = 43200;
  role.trust = R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]})";
  Role& first = world.accounts.at("111111111111").roles.at("keyward-rotate");
  first.policies["chain"] = R"({"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]})";
  const Signer session = assume(hub(), "111111111111");
  const std::string form = "RoleArn=arn:aws:iam::222222222222:role/keyward-rotate&RoleSessionName=s1&DurationSeconds=";
  EXPECT_EQ(code(query(session, "sts", "AssumeRole", form + "3601")), "ValidationError");
  EXPECT_EQ(query(session, "sts", "AssumeRole", form + "3600").status, 200);
  EXPECT_EQ(query(hub(), "sts", "AssumeRole", form + "7200").status, 200);
}

TEST_F(Simulated, FoldsTheCaseOfTagKeysAndChecksThem) {
  const Signer session = assume(hub(), k_member);
  EXPECT_EQ(query(session, "iam", "TagUser", "UserName=alice&Tags.member.1.Key=owner&Tags.member.1.Value=b").status,
            200);
  const IamTags& tags = world.accounts.at(k_member).users.at("alice").tags;
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags.begin()->first, "owner");
  EXPECT_EQ(
      code(query(session, "iam", "TagUser",
                 "UserName=alice&Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.2.Key=A&Tags.member.2.Value=c")),
      "InvalidInput");
  EXPECT_EQ(code(query(session, "iam", "TagUser", "UserName=alice&Tags.member.1.Key=a&Tags.member.1.Value=%7B%22x%22")),
            "ValidationError");
  std::string many = "UserName=alice";
  for (int i = 1; i <= 50; ++i) many += "&Tags.member." + std::to_string(i) + ".Key=k" + std::to_string(i);
  EXPECT_EQ(code(query(session, "iam", "TagUser", many)), "LimitExceeded");
  EXPECT_EQ(tags.size(), 1u);
}

TEST_F(Simulated, KeepsACredentialReportForFourHours) {
  const Signer session = assume(hub(), k_member);
  EXPECT_EQ(query(session, "iam", "GetCredentialReport", "").status, 410);
  EXPECT_EQ(element(query(session, "iam", "GenerateCredentialReport", ""), "State"), "STARTED");
  EXPECT_EQ(query(session, "iam", "GetCredentialReport", "").status, 404);
  elapsed += std::chrono::seconds(1);
  EXPECT_EQ(element(query(session, "iam", "GenerateCredentialReport", ""), "State"), "COMPLETE");
  const auto report = [&] {
    return *base::base64_decode(element(query(session, "iam", "GetCredentialReport", ""), "Content"));
  };
  EXPECT_NE(report().find("\nalice,arn:aws:iam::222222222222:user/alice,2025-06-15T00:00:00+00:00,false"),
            std::string::npos)
      << report();
  make_user(world, world.accounts.at(k_member), "carol", world.now());
  elapsed += std::chrono::minutes(50);
  EXPECT_EQ(report().find("carol"), std::string::npos);
  elapsed += std::chrono::hours(4);
  const Signer later = assume(hub(), k_member);
  EXPECT_EQ(code(query(later, "iam", "GetCredentialReport", "")), "ReportExpired");
}

TEST_F(Simulated, TheSameSeedMakesTheSameWorld) {
  const auto state = [](std::uint64_t seed) {
    World made(seed,
               VirtualClock(*base::parse_iso8601("2026-01-01T00:00:00Z"), [] { return std::chrono::milliseconds(0); }));
    generate_organization(made, {6, 12});
    return boost::json::serialize(durable_state(made));
  };
  EXPECT_EQ(state(1), state(1));
  EXPECT_NE(state(1), state(2));
}

TEST_F(Simulated, ReadingLeavesTheDurableStateUntouched) {
  const std::string before = boost::json::serialize(durable_state(world));
  const Signer session = assume(hub(), k_member);
  query(session, "iam", "ListUsers", "");
  query(user_signer(k_member, "bob"), "sts", "GetCallerIdentity", "");
  world.clock.advance(std::chrono::hours(48));
  EXPECT_EQ(boost::json::serialize(durable_state(world)), before);
  Signer made;
  create_key(assume(hub(), k_member), made);
  EXPECT_NE(boost::json::serialize(durable_state(world)), before);
}

TEST_F(Simulated, CountsCallsAndLogsWhatWritesOrIsRefused) {
  const Signer session = assume(hub(), k_member);
  query(session, "iam", "ListUsers", "");
  query(session, "iam", "PutUserPolicy", "UserName=alice&PolicyName=p&PolicyDocument=x");
  EXPECT_EQ(simulation.calls().counts.at("iam:ListUsers"), 1u);
  ASSERT_EQ(simulation.calls().latest.size(), 1u);
  EXPECT_EQ(simulation.calls().latest.back().action, "iam:PutUserPolicy");
  EXPECT_EQ(simulation.calls().latest.back().outcome, "AccessDenied");
  EXPECT_EQ(simulation.calls().latest.back().target, "alice");
}

TEST_F(Simulated, AimedFaultsStrikeBeforeOrAfterTheEffect) {
  const Signer session = assume(hub(), k_member);
  const auto aim = [&](const char* fault) {
    faults.configure(
        {{"rules", boost::json::array{boost::json::object{{"action", "iam:CreateAccessKey"}, {"fault", fault}}}}});
  };
  const auto keys = [&] { return world.accounts.at(k_member).users.at("alice").keys.size(); };
  const WireRequest create{"POST", "/", {}, "Action=CreateAccessKey&Version=2010-05-08&UserName=alice"};
  aim("drop_before");
  EXPECT_TRUE(send(session, "iam", "us-east-1", create).drop);
  EXPECT_EQ(keys(), 1u);
  aim("throttle");
  EXPECT_EQ(code(send(session, "iam", "us-east-1", create).reply), "Throttling");
  EXPECT_EQ(keys(), 1u);
  aim("error_after");
  EXPECT_EQ(send(session, "iam", "us-east-1", create).reply.status, 500);
  EXPECT_EQ(keys(), 2u);
  EXPECT_EQ(code(send(session, "iam", "us-east-1", create).reply), "LimitExceeded");  // the rule struck once
}

TEST_F(Simulated, AnExpiredSessionStaysExpiredAndAUsersKeyHasNoEnd) {
  const Signer session = assume(hub(), k_member);
  faults.configure({{"rules", boost::json::array{boost::json::object{
                                  {"action", "*"}, {"fault", "expired_token"}, {"skip", 1}, {"times", 2}}}}});
  EXPECT_EQ(query(session, "iam", "ListUsers", "").status, 200);
  EXPECT_EQ(query(hub(), "sts", "GetCallerIdentity", "").status, 200);
  EXPECT_EQ(code(query(session, "iam", "ListUsers", "")), "ExpiredToken");
  EXPECT_EQ(simulation.calls().latest.back().fault, "expired_token");
  EXPECT_EQ(code(json(session, "secretsmanager", "ListSecrets", {})), "ExpiredTokenException");
  EXPECT_EQ(query(assume(hub(), k_member), "iam", "ListUsers", "").status, 200);
}

TEST_F(Simulated, ASnapshotPutsTheWholeWorldBack) {
  EXPECT_FALSE(simulation.restore_snapshot());
  const Signer session = assume(hub(), k_member);
  const auto everything = [&] {
    return boost::json::serialize(boost::json::array{durable_state(world), volatile_state(world), mail_list(world)});
  };
  const auto disturb = [&] {
    Signer made;
    const std::string id = create_key(session, made);
    faults.configure({{"rates", "drop=1"}});
    world.mails.push_back({});
    world.quirks.forgotten_tags = true;
    elapsed += std::chrono::hours(3);
    world.clock.advance(std::chrono::hours(24));
    return id;
  };
  world.clock.advance(std::chrono::minutes(5));
  simulation.take_snapshot();
  const std::string before = everything();
  const auto calls = simulation.calls().counts;
  const std::string id = disturb();
  EXPECT_NE(everything(), before);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(simulation.restore_snapshot());
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(simulation.calls().counts, calls);
    EXPECT_FALSE(world.quirks.forgotten_tags);
    EXPECT_EQ(disturb(), id);  // the source of ids was put back, too, and the session works
  }
}

TEST_F(Simulated, TellsFalsehoodsWhenItIsToldTo) {
  const Signer session = assume(hub(), k_member);
  world.propagation = std::chrono::hours(24);
  world.quirks.forgotten_tags = world.quirks.undying_keys = world.quirks.premature_sts = true;
  User& alice = world.accounts.at(k_member).users.at("alice");
  EXPECT_EQ(query(session, "iam", "TagUser", "UserName=alice&Tags.member.1.Key=k&Tags.member.1.Value=v").status, 200);
  EXPECT_FALSE(alice.tags.contains("k"));
  Signer made;
  const std::string id = create_key(session, made);
  EXPECT_EQ(volatile_state(world)["spreading"], boost::json::array{boost::json::string(id)});
  EXPECT_EQ(query(made, "sts", "GetCallerIdentity", "").status, 200);
  EXPECT_EQ(code(query(made, "iam", "ListUsers", "")), "InvalidClientTokenId");
  EXPECT_EQ(query(session, "iam", "DeleteAccessKey", "UserName=alice&AccessKeyId=" + id).status, 200);
  EXPECT_EQ(alice.keys.size(), 2u);
}

TEST_F(Simulated, LabelsARequestBeforeItIsExecuted) {
  const Signer session = assume(hub(), k_member);
  WireRequest request{
      "POST", "/", {{"User-Agent", "keyward/1 app/host-a x"}}, "Action=TagUser&Version=2010-05-08&UserName=alice"};
  const RequestLabel label = simulation.label(sign(session, "iam", "us-east-1", request));
  EXPECT_EQ(label.action, "iam:TagUser");
  EXPECT_EQ(label.account, k_member);
  EXPECT_EQ(label.target, "alice");
  EXPECT_EQ(label.app, "host-a");
  request.headers.clear();
  const RequestLabel unsigned_label = simulation.label(request);
  EXPECT_EQ(unsigned_label.account, "");
  EXPECT_EQ(unsigned_label.app, "");
}

TEST_F(Simulated, ThrottlesPerAccountAndAction) {
  faults.configure({{"bucket", boost::json::object{{"per_second", 2}, {"burst", 2}}}});
  const auto ask = [&] { return query(hub(), "sts", "GetCallerIdentity", "").status; };
  EXPECT_EQ(ask(), 200);
  EXPECT_EQ(ask(), 200);
  EXPECT_EQ(ask(), 400);
  elapsed += std::chrono::milliseconds(500);
  EXPECT_EQ(ask(), 200);
}

TEST_F(Simulated, ThrottlesCertainCallsOfCertainAccountsOnly) {
  namespace json = boost::json;
  const json::object other{{"account", k_member}, {"per_second", 1}, {"burst", 0}};
  const json::object refuse{{"action", "sts:Get*"}, {"account", world.management_account}, {"per_second", 1}, {"burst", 0}};
  const json::object rest{{"per_second", 100}};
  const auto ask = [&] { return query(hub(), "sts", "GetCallerIdentity", "").status; };
  faults.configure({{"bucket", json::array{other, rest}}});
  EXPECT_EQ(ask(), 200);
  faults.configure({{"bucket", json::array{other, refuse, rest}}});
  EXPECT_EQ(ask(), 400);
  EXPECT_THROW(faults.configure({{"bucket", json::object{{"rate", 1}}}}), std::invalid_argument);
  EXPECT_EQ(ask(), 400) << "a refused setting changes nothing";
}

TEST_F(Simulated, RefusesMailToARecipientThatARuleNames) {
  const auto mail = [&](const std::string& to) {
    const std::string body = R"({"FromEmailAddress":"k@example.org","Destination":{"ToAddresses":[")" + to +
                             R"("]},"Content":{"Simple":{"Subject":{"Data":"s"},"Body":{"Text":{"Data":"t"}}}}})";
    return send(hub(), "ses", "us-east-1", WireRequest{"POST", "/v2/email/outbound-emails", {}, body}).reply.status;
  };
  const char* const refuse_one = R"({"rules": [{"action": "ses:SendEmail", "target": "o@a.example", "fault": "denied"}]})";
  faults.configure(boost::json::parse(refuse_one).as_object());
  EXPECT_EQ(mail("p@a.example"), 200);
  EXPECT_EQ(mail("o@a.example"), 400);
  EXPECT_EQ(simulation.calls().latest.back().target, "/v2/email/outbound-emails o@a.example");
  EXPECT_EQ(mail("o@a.example"), 200);
  const WireRequest no_json{"POST", "/v2/email/outbound-emails", {}, "{"};
  EXPECT_EQ(send(hub(), "ses", "us-east-1", no_json).reply.status, 400);
}

TEST_F(Simulated, KeepsMailOfBothForms) {
  const auto mail = [&](const std::string& body) {
    return send(hub(), "ses", "us-east-1", WireRequest{"POST", "/v2/email/outbound-emails", {}, body}).reply;
  };
  EXPECT_EQ(mail(R"({"FromEmailAddress":"Key Ward <k@example.org>","Destination":{"ToAddresses":["o@a.example"]},
    "Content":{"Simple":{"Subject":{"Data":"s1"},"Body":{"Text":{"Data":"t"},"Html":{"Data":"<b>h</b>"}}}}})")
                .status,
            200);
  const std::string mime =
      "From: k@example.org\r\nTo: \"Last, First\" <o@a.example>\r\nSubject: =?UTF-8?B?w7xiZXI=?=\r\nMIME-Version: "
      "1.0\r\n"
      "Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=UTF-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\na=C3=BCb=\r\nc\r\n--b1\r\nContent-Type: text/html\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nPGI+aDwvYj4=\r\n--b1--\r\n";
  EXPECT_EQ(mail(R"({"Content":{"Raw":{"Data":")" + base::base64_encode(mime) + "\"}}}").status, 200);
  ASSERT_EQ(world.mails.size(), 2u);
  EXPECT_EQ(world.mails[0].html, "<b>h</b>");
  EXPECT_EQ(world.mails[1].subject,
            "\xC3\xBC"
            "ber");
  EXPECT_EQ(world.mails[1].to, std::vector<std::string>{"\"Last, First\" <o@a.example>"});
  EXPECT_EQ(world.mails[1].text,
            "a\xC3\xBC"
            "bc");
  EXPECT_EQ(world.mails[1].html, "<b>h</b>");
  const WireReply unverified =
      mail(R"({"FromEmailAddress":"k@other.example","Destination":{"ToAddresses":["o@a.example"]},
    "Content":{"Simple":{"Subject":{"Data":"s"},"Body":{"Text":{"Data":"t"}}}}})");
  EXPECT_EQ(unverified.status, 400);
  EXPECT_EQ(unverified.headers[1].value, "MessageRejected");
}

}  // namespace
}  // namespace keyward::sandbox::testing
