#include "aws/assume_role_credentials.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

constexpr const char* k_role = "arn:aws:iam::111122223333:role/team/keyward";

AssumeRoleInputs inputs() { return {base::Arn::parse(k_role).value(), "keyward-run", "", "", 3600}; }

struct AssumeRole : ::testing::Test {
  FakeWorld world;
  std::shared_ptr<ScriptedCredentials> base =
      std::make_shared<ScriptedCredentials>(CredentialsPtr(long_term_credentials()));

  base::Result<CredentialsPtr> assume(AssumeRoleInputs wanted = inputs()) {
    AssumeRoleCredentials provider(world.context, base, world.region, std::move(wanted));
    return world.fetch(provider);
  }
  base::Error refused(int status, std::string body) {
    world.transport.otherwise(status, body);
    const auto credentials = assume();
    EXPECT_FALSE(credentials);
    return credentials.error();
  }
};

TEST_F(AssumeRole, SendsASignedRequestToTheRegionalEndpoint) {
  world.transport.answer(200, sts_answer("AssumeRole", world.in(1h)));
  AssumeRoleInputs wanted = inputs();
  wanted.external_id = "ext:1/2";
  wanted.session_policy = R"({"Version":"2012-10-17"})";
  wanted.duration_seconds = 900;
  const auto credentials = assume(wanted);
  ASSERT_TRUE(credentials) << describe(credentials.error());
  EXPECT_EQ((*credentials)->access_key_id, "ASIAEXAMPLE");
  EXPECT_EQ((*credentials)->secret_access_key.expose(), "role&secret");
  EXPECT_EQ((*credentials)->session_token.expose(), "role/token==");
  EXPECT_EQ((*credentials)->expiration, world.host_clock.now() + 1h);
  EXPECT_EQ((*credentials)->source, std::string("AssumeRole ") + k_role);

  const auto& request = world.transport.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://sts.eu-central-1.amazonaws.com/");
  EXPECT_EQ(request.header("Content-Type"), "application/x-www-form-urlencoded; charset=utf-8");
  EXPECT_TRUE(request.header("Authorization")
                  .starts_with("AWS4-HMAC-SHA256 Credential=AKIDBASE/20261121/eu-central-1/sts/aws4_request"));
  EXPECT_EQ(request.body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fteam%2Fkeyward"
            "&RoleSessionName=keyward-run&DurationSeconds=900&ExternalId=ext%3A1%2F2&Policy=%7B%22Version%22%3A%222012-"
            "10-17%22%7D");
}

TEST_F(AssumeRole, LeavesOutWhatIsNotGiven) {
  world.transport.answer(200, sts_answer("AssumeRole", world.in(1h)));
  ASSERT_TRUE(assume());
  EXPECT_EQ(world.transport.requests().at(0).body.find("ExternalId"), std::string::npos);
  EXPECT_EQ(world.transport.requests().at(0).body.find("Policy"), std::string::npos);
}

TEST_F(AssumeRole, ErrorsOfStsLeadToTheirReaction) {
  const struct {
    int status;
    const char* code;
    ErrorKind kind;
  } rows[] = {
      {403, "AccessDenied", ErrorKind::denied},
      {400, "Throttling", ErrorKind::throttled},
      {429, "TooManyRequestsException", ErrorKind::throttled},
      {403, "InvalidClientTokenId", ErrorKind::denied},
      {403, "SignatureDoesNotMatch", ErrorKind::denied},
      {403, "RegionDisabledException", ErrorKind::denied},
      {400, "ValidationError", ErrorKind::invalid},
      {400, "MalformedPolicyDocument", ErrorKind::invalid},
      {400, "PackedPolicyTooLarge", ErrorKind::invalid},
      {500, "InternalFailure", ErrorKind::transient},
      {503, "ServiceUnavailable", ErrorKind::transient},
      {403, "SomethingNew", ErrorKind::denied},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.code);
    const base::Error error = refused(row.status, sts_error(row.code, "because"));
    EXPECT_EQ(error.kind, row.kind);
    EXPECT_EQ(error.code, row.code);
    EXPECT_EQ(error.request_id, "r-2");
    EXPECT_EQ(error.operation, std::string("sts:AssumeRole ") + k_role);
    EXPECT_TRUE(error.message.starts_with("because")) << error.message;
  }
}

TEST_F(AssumeRole, ADeniedRoleSaysWhatToCheck) {
  const base::Error error = refused(403, sts_error("AccessDenied", "User u is not authorized"));
  for (const char* hint : {"exists", "trust policy", "external id"})
    EXPECT_NE(error.message.find(hint), std::string::npos);
}

TEST_F(AssumeRole, ExpiredBaseCredentialsAreRenewedOnce) {
  world.transport.answer(403, sts_error("ExpiredToken")).answer(200, sts_answer("AssumeRole", world.in(1h)));
  ASSERT_TRUE(assume());
  EXPECT_EQ(base->forgotten, 1);
  EXPECT_EQ(base->fetches, 2);

  world.transport.answer(403, sts_error("ExpiredToken")).answer(400, sts_error("ExpiredTokenException"));
  const auto credentials = assume();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().kind, ErrorKind::expired_credentials);
  EXPECT_EQ(world.transport.unused_answers(), 0u);
}

TEST_F(AssumeRole, AWrongHostClockIsCorrectedAndTheRequestSignedAnew) {
  AwsClock wrong(world.host_clock);
  CallContext context{world.transport, wrong, world.sleeper, {}, std::mt19937_64(1), {}, "keyward/test"};
  const base::Instant true_now = world.host_clock.now() - 24h;
  world.transport.answer(403, sts_error("SignatureDoesNotMatch", "Signature not yet current"),
                         {{"Date", base::format_http_date(true_now)}});
  world.transport.answer(200, sts_answer("AssumeRole", base::format_iso8601(true_now + 1h)),
                         {{"Date", base::format_http_date(true_now)}});
  AssumeRoleCredentials provider(context, base, world.region, inputs());
  const auto credentials = world.fetch(provider);
  ASSERT_TRUE(credentials) << describe(credentials.error());
  EXPECT_EQ(wrong.offset(), -24h);
  EXPECT_EQ(world.transport.requests().at(1).header("X-Amz-Date"), base::format_basic(true_now));
}

TEST_F(AssumeRole, ABadSignatureWithARightClockIsNotSentAgain) {
  world.transport.answer(403, sts_error("SignatureDoesNotMatch"),
                         {{"Date", base::format_http_date(world.host_clock.now() + 239s)}});
  EXPECT_EQ(assume().error().kind, ErrorKind::denied);
  EXPECT_EQ(world.transport.requests().size(), 1u);
}

TEST_F(AssumeRole, AClockThatStaysWrongIsCorrectedOnlyOnce) {
  for (int i = 0; i < 3; ++i) {
    world.transport.answer(403, sts_error("SignatureDoesNotMatch"),
                           {{"Date", base::format_http_date(world.host_clock.now() + std::chrono::hours(i + 1))}});
  }
  EXPECT_FALSE(assume());
  EXPECT_EQ(world.transport.requests().size(), 2u);
}

TEST_F(AssumeRole, MalformedAnswers) {
  const std::string whole = sts_answer("AssumeRole", world.in(1h));
  const auto without = [&](const std::string& element) {
    const auto begin = whole.find("<" + element + ">");
    const std::string end_tag = "</" + element + ">";
    return whole.substr(0, begin) + whole.substr(whole.find(end_tag) + end_tag.size());
  };
  const std::pair<std::string, ErrorKind> rows[] = {
      {"", ErrorKind::transient},
      {"<html><body>Gateway</body></html>", ErrorKind::transient},
      {"{\"Credentials\": null}", ErrorKind::transient},
      {whole.substr(0, whole.size() / 2), ErrorKind::transient},
      {whole.substr(0, whole.size() - 3), ErrorKind::transient},
      {sts_answer("GetSessionToken", world.in(1h)), ErrorKind::transient},
      {"<AssumeRoleResponse/>", ErrorKind::invalid},
      {without("AccessKeyId"), ErrorKind::invalid},
      {without("SecretAccessKey"), ErrorKind::invalid},
      {without("SessionToken"), ErrorKind::invalid},
      {without("Expiration"), ErrorKind::invalid},
      {sts_answer("AssumeRole", "soon"), ErrorKind::invalid},
  };
  for (const auto& [body, kind] : rows) {
    SCOPED_TRACE(body);
    const base::Error error = refused(200, body);
    EXPECT_EQ(error.kind, kind);
    EXPECT_EQ(error.code, "MalformedAnswer");
    EXPECT_EQ(describe(error).find("secret"), std::string::npos);
  }
}

TEST_F(AssumeRole, AnErrorThatIsNoStsDocumentIsJudgedByItsStatus) {
  EXPECT_EQ(refused(502, "<html>Bad gateway</html>").kind, ErrorKind::transient);
  EXPECT_EQ(refused(403, "").kind, ErrorKind::denied);
  EXPECT_EQ(refused(404, "nothing here").kind, ErrorKind::invalid);
}

TEST_F(AssumeRole, WithoutBaseCredentialsNothingIsSentAndTheChainMustNotGoOn) {
  base->next = base::Error{ErrorKind::not_found, "credentials", "NoCredentials", "", "none"};
  const auto credentials = assume();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().kind, ErrorKind::invalid);
  EXPECT_NE(credentials.error().message.find(k_role), std::string::npos);
  EXPECT_TRUE(world.transport.requests().empty());
}

TEST_F(AssumeRole, TransportErrorsKeepTheirKind) {
  world.transport.fail(ErrorKind::transient, "ConnectFailed");
  const auto credentials = assume();
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().kind, ErrorKind::transient);
  EXPECT_EQ(credentials.error().operation, std::string("sts:AssumeRole ") + k_role);
}

TEST_F(AssumeRole, ParametersThatStsWouldRefuseAreNotSent) {
  const auto changed = [](auto change) {
    AssumeRoleInputs wanted = inputs();
    change(wanted);
    return wanted;
  };
  const AssumeRoleInputs rows[] = {
      changed([](AssumeRoleInputs& i) { i.session_name = "x"; }),
      changed([](AssumeRoleInputs& i) { i.session_name = std::string(65, 'x'); }),
      changed([](AssumeRoleInputs& i) { i.session_name = "with blank"; }),
      changed([](AssumeRoleInputs& i) { i.external_id = "x"; }),
      changed([](AssumeRoleInputs& i) { i.external_id = "with blank"; }),
      changed([](AssumeRoleInputs& i) { i.session_policy = std::string(2049, 'x'); }),
      changed([](AssumeRoleInputs& i) { i.duration_seconds = 899; }),
      changed([](AssumeRoleInputs& i) { i.duration_seconds = 3601; }),
  };
  for (const AssumeRoleInputs& row : rows) {
    const auto credentials = assume(row);
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, "BadParameter");
  }
  EXPECT_TRUE(world.transport.requests().empty());
}

}  // namespace
}  // namespace keyward::aws
