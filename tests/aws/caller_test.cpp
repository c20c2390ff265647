#include "aws/caller.hpp"

#include <gtest/gtest.h>

#include "aws/operations.hpp"
#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using namespace std::chrono_literals;
using namespace operations;
using base::ErrorKind;
using base::Result;

constexpr std::string_view k_iam = "2010-05-08";

std::string xml_answer(const std::string& action, const std::string& content = "") {
  return "<" + action + "Response><" + action + "Result>" + content + "</" + action +
         "Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></" + action + "Response>";
}

std::string xml_error(const std::string& code) {
  return "<ErrorResponse><Error><Code>" + code +
         "</Code><Message>because</Message></Error><RequestId>r-2</RequestId>"
         "</ErrorResponse>";
}

struct CallerTest : testing::Test {
  FakeWorld world;
  ScriptedCredentials identity{CredentialsPtr(long_term_credentials())};
  Caller caller{world.context, identity, world.region, Writes::allowed};

  Result<XmlAnswer> query(const Operation& operation, Parameters parameters = {}) {
    return test::run(world.loop, caller.query(operation, k_iam, std::move(parameters)));
  }
  Result<JsonAnswer> json(const Operation& operation, boost::json::object input = {}) {
    return test::run(world.loop, caller.json(operation, "secretsmanager", std::move(input)));
  }
  /// The error of a call that must fail.
  template <class Answer>
  static base::Error failure(const Result<Answer>& answer) {
    EXPECT_FALSE(answer);
    return answer ? base::Error{} : answer.error();
  }
  std::size_t sent() const { return world.transport.requests().size(); }
  std::vector<base::HttpHeader> date(base::Instant at) const { return {{"Date", base::format_http_date(at)}}; }
};

// ---- what is sent

TEST_F(CallerTest, AQueryIsSignedAndItsAnswerRead) {
  auto session = long_term_credentials("ASIASESSION");
  session->session_token = base::Secret("token==");
  identity.next = CredentialsPtr(session);
  world.transport.answer(200, xml_answer("ListUsers", "<IsTruncated>false</IsTruncated>"));
  const auto answer = query(k_list_users, {{"PathPrefix", "/a b/"}});
  ASSERT_TRUE(answer) << describe(answer.error());
  EXPECT_STREQ(answer->result.child("IsTruncated").text().get(), "false");
  EXPECT_EQ(answer->request_id, "r-1");

  const auto& request = world.transport.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://iam.amazonaws.com/");
  EXPECT_EQ(request.body, "Action=ListUsers&Version=2010-05-08&PathPrefix=%2Fa+b%2F");
  EXPECT_EQ(request.header("X-Amz-Date"), base::format_basic(world.clock.now()));
  EXPECT_EQ(request.header("X-Amz-Security-Token"), "token==");
  EXPECT_EQ(request.header("User-Agent"), "keyward/test");
  const std::string authorization = request.header("Authorization");
  EXPECT_TRUE(
      authorization.starts_with("AWS4-HMAC-SHA256 Credential=ASIASESSION/20261121/us-east-1/iam/aws4_request, "
                                "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="))
      << authorization;
}

TEST_F(CallerTest, JsonIsSignedWithItsTargetAndItsAnswerRead) {
  world.transport.answer(200, R"({"Name":"n"})", {{"x-amzn-RequestId", "r-3"}});
  const auto answer = json(k_describe_secret, {{"SecretId", "n"}});
  ASSERT_TRUE(answer) << describe(answer.error());
  EXPECT_EQ(answer->result.at("Name").as_string(), "n");
  EXPECT_EQ(answer->request_id, "r-3");
  const auto& request = world.transport.requests().at(0);
  EXPECT_EQ(request.url, "https://secretsmanager.eu-central-1.amazonaws.com/");
  EXPECT_EQ(request.header("X-Amz-Target"), "secretsmanager.DescribeSecret");
  EXPECT_EQ(request.header("Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(request.body, R"({"SecretId":"n"})");
  EXPECT_NE(request.header("Authorization").find("x-amz-target"), std::string::npos);
}

TEST_F(CallerTest, RestJsonUsesMethodAndPath) {
  world.transport.answer(200, "{}");
  ASSERT_TRUE(test::run(world.loop, caller.rest_json(k_send_email, "PUT", "/v2/email/a%20b", {})));
  EXPECT_EQ(world.transport.requests().at(0).method, "PUT");
  EXPECT_EQ(world.transport.requests().at(0).url, "https://email.eu-central-1.amazonaws.com/v2/email/a%20b");
}

TEST_F(CallerTest, EverythingIsSignedButAssumeRoleWithWebIdentity) {
  for (const Operation& operation : k_all) {
    SCOPED_TRACE(operation.name);
    world.transport.answer(200, xml_answer(std::string(operation.name)));
    const int fetches = identity.fetches;
    ASSERT_TRUE(query(operation));
    const bool web_identity = operation.name == "AssumeRoleWithWebIdentity";
    const auto& request = world.transport.requests().back();
    EXPECT_EQ(request.header("Authorization").empty(), web_identity);
    EXPECT_EQ(request.header("X-Amz-Date").empty(), web_identity);
    EXPECT_EQ(identity.fetches - fetches, web_identity ? 0 : 1);
  }
}

TEST_F(CallerTest, NobodyCanSendNothingButAssumeRoleWithWebIdentity) {
  AnonymousCredentials nobody;
  Caller anonymous(world.context, nobody, world.region, Writes::allowed);
  for (const Operation& operation : k_all) {
    SCOPED_TRACE(operation.name);
    const std::size_t before = sent();
    world.transport.otherwise(200, xml_answer(std::string(operation.name)));
    const auto answer = test::run(world.loop, anonymous.query(operation, k_iam, {}));
    EXPECT_EQ(answer.has_value(), operation.signing == Signing::none);
    EXPECT_EQ(sent() - before, operation.signing == Signing::none ? 1u : 0u);
  }
}

TEST_F(CallerTest, StsIsNotWaitedForAsLongAsOthers) {
  world.transport.answer(200, xml_answer("GetCallerIdentity")).answer(200, xml_answer("ListUsers"));
  ASSERT_TRUE(query(k_get_caller_identity));
  ASSERT_TRUE(query(k_list_users));
  EXPECT_EQ(world.transport.requests().at(0).timeout, 20s);
  EXPECT_EQ(world.transport.requests().at(1).timeout, 60s);
}

// ---- dry run

TEST_F(CallerTest, ADryRunSendsReadsAndMailAndNoWrite) {
  Caller dry(world.context, identity, world.region, Writes::refused);
  for (const Operation& operation : k_all) {
    SCOPED_TRACE(operation.name);
    const std::size_t before = sent();
    world.transport.otherwise(200, xml_answer(std::string(operation.name)));
    const auto answer = test::run(world.loop, dry.query(operation, k_iam, {}));
    if (operation.effect != Effect::write) {
      EXPECT_TRUE(answer);
      continue;
    }
    EXPECT_EQ(failure(answer).kind, ErrorKind::denied);
    EXPECT_EQ(failure(answer).code, "DryRun");
    EXPECT_EQ(failure(answer).operation, operation.full_name());
    EXPECT_EQ(sent(), before);
  }
}

// ---- the clock

TEST_F(CallerTest, AWrongClockIsCorrectedAndTheCallSentAgainOnce) {
  const base::Instant host_time = world.host_clock.now();
  for (const char* code : {"SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed"}) {
    SCOPED_TRACE(code);
    AwsClock wrong(world.host_clock);
    CallContext context{world.transport, wrong, world.sleeper, {}, std::mt19937_64(1), {}, ""};
    Caller misled(context, identity, world.region, Writes::allowed);
    const std::size_t before = sent();
    world.transport.answer(403, xml_error(code), date(host_time + 24h));
    world.transport.answer(200, xml_answer("CreateAccessKey"), date(host_time + 24h));
    // Not idempotent: the refusal says that nothing was done.
    ASSERT_TRUE(test::run(world.loop, misled.query(k_create_access_key, k_iam, {})));
    EXPECT_EQ(wrong.offset(), 24h);
    ASSERT_EQ(sent() - before, 2u);
    EXPECT_EQ(world.transport.requests().at(before).header("X-Amz-Date"), base::format_basic(host_time));
    EXPECT_EQ(world.transport.requests().at(before + 1).header("X-Amz-Date"), base::format_basic(host_time + 24h));
    EXPECT_EQ(context.statistics.requests_by_action["iam:CreateAccessKey"], 2u);
    EXPECT_EQ(context.statistics.retried, 0u);
  }
}

TEST_F(CallerTest, AClockThatIsStillWrongIsNotCorrectedAgain) {
  world.transport.answer(403, xml_error("SignatureDoesNotMatch"), date(world.host_clock.now() + 1h));
  world.transport.answer(403, xml_error("SignatureDoesNotMatch"), date(world.host_clock.now() + 9h));
  EXPECT_EQ(failure(query(k_list_users)).kind, ErrorKind::denied);
  EXPECT_EQ(sent(), 2u);
}

TEST_F(CallerTest, OnlyASignatureRefusedFarFromOurTimeIsAMatterOfTheClock) {
  const base::Instant now = world.host_clock.now();
  const struct {
    const char* code;
    std::vector<base::HttpHeader> headers;
  } rows[] = {
      {"SignatureDoesNotMatch", date(now + 239s)}, {"SignatureDoesNotMatch", {}}, {"AccessDenied", date(now + 24h)}};
  for (const auto& row : rows) {
    const std::size_t before = sent();
    world.transport.answer(403, xml_error(row.code), row.headers);
    EXPECT_EQ(failure(query(k_list_users)).kind, ErrorKind::denied);
    EXPECT_EQ(sent() - before, 1u);
    EXPECT_EQ(world.clock.offset(), 0s);
  }
}

TEST_F(CallerTest, TheCalendarIsLearnedFromGoodAnswersOnly) {
  world.transport.answer(403, xml_error("AccessDenied"), date(world.host_clock.now() + 1h));
  EXPECT_FALSE(query(k_list_users));
  EXPECT_EQ(world.clock.offset(), 0s);
  world.transport.answer(200, xml_answer("ListUsers"), date(world.host_clock.now() + 1h));
  EXPECT_TRUE(query(k_list_users));
  EXPECT_EQ(world.clock.offset(), 1h);
}

// ---- credentials

TEST_F(CallerTest, ExpiredCredentialsAreRenewedOnce) {
  for (const char* code : {"ExpiredToken", "ExpiredTokenException"}) {
    const int forgotten = identity.forgotten;
    world.transport.answer(403, xml_error(code)).answer(200, xml_answer("CreateAccessKey"));
    ASSERT_TRUE(query(k_create_access_key));
    EXPECT_EQ(identity.forgotten - forgotten, 1);
  }
  const std::size_t before = sent();
  world.transport.otherwise(403, xml_error("ExpiredToken"));
  EXPECT_EQ(failure(query(k_list_users)).kind, ErrorKind::expired_credentials);
  EXPECT_EQ(sent() - before, 2u);
  EXPECT_EQ(identity.forgotten, 3);
}

TEST_F(CallerTest, ClockAndCredentialsAreBothPutRightInOneCall) {
  world.transport.answer(403, xml_error("SignatureDoesNotMatch"), date(world.host_clock.now() + 24h));
  world.transport.answer(403, xml_error("ExpiredToken")).answer(200, xml_answer("ListUsers"));
  EXPECT_TRUE(query(k_list_users));
  EXPECT_EQ(sent(), 3u);
  EXPECT_EQ(identity.forgotten, 1);
}

TEST_F(CallerTest, AnExpiredTokenOfAnUnsignedCallIsNotACaseOfCredentials) {
  world.transport.answer(400, xml_error("ExpiredTokenException"));
  EXPECT_EQ(failure(query(k_assume_role_with_web_identity)).kind, ErrorKind::expired_credentials);
  EXPECT_EQ(identity.forgotten, 0);
}

TEST_F(CallerTest, WithoutCredentialsNothingIsSentAndNothingIsRetried) {
  for (const ErrorKind kind : {ErrorKind::transient, ErrorKind::throttled, ErrorKind::expired_credentials}) {
    const int fetches = identity.fetches;
    identity.next = base::Error{kind, "sts:AssumeRole arn", "Trouble", "r-9", "no luck"};
    const base::Error error = failure(query(k_list_users));
    EXPECT_EQ(error.kind, kind);
    EXPECT_EQ(describe(error), "sts:AssumeRole arn: Trouble: no luck (request r-9)");
    EXPECT_EQ(identity.fetches - fetches, 1);
  }
  EXPECT_EQ(identity.forgotten, 0);
  EXPECT_EQ(sent(), 0u);
  EXPECT_EQ(world.context.statistics.throttled, 0u) << "AWS did not throttle this call";
  EXPECT_EQ(caller.retry_budget().left(), base::RetryBudget::k_capacity);
}

TEST_F(CallerTest, MissingCredentialsDoNotReadAsAMissingUser) {
  identity.next = base::Error{ErrorKind::not_found, "credentials", "NoCredentials", "", "none"};
  EXPECT_EQ(failure(query(k_list_users)).kind, ErrorKind::invalid);
  EXPECT_EQ(failure(query(k_list_users)).code, "NoCredentials");
}

// ---- retries

TEST_F(CallerTest, AThrottledCallIsSentAgainWhateverItIs) {
  for (const Operation& operation : {k_list_users, k_tag_user, k_create_access_key}) {
    const std::size_t before = sent();
    world.transport.answer(400, xml_error("Throttling")).answer(429, "{}");
    world.transport.answer(200, xml_answer(std::string(operation.name)));
    EXPECT_TRUE(query(operation)) << operation.name;
    EXPECT_EQ(sent() - before, 3u);
  }
  EXPECT_EQ(world.context.statistics.throttled, 6u);
  EXPECT_EQ(world.context.statistics.retried, 6u);
}

TEST_F(CallerTest, ReadsAreTriedMoreOftenThanWrites) {
  world.transport.otherwise(400, xml_error("Throttling"));
  EXPECT_EQ(failure(query(k_list_users)).kind, ErrorKind::throttled);
  EXPECT_EQ(sent(), 8u);
  EXPECT_EQ(failure(query(k_tag_user)).kind, ErrorKind::throttled);
  EXPECT_EQ(sent(), 11u);
}

TEST_F(CallerTest, AnEmptyBudgetEndsRetriesAndIsNotThatOfAnotherCaller) {
  world.transport.otherwise(400, xml_error("Throttling"));
  while (caller.retry_budget().left() >= base::RetryBudget::k_throttled_cost) ASSERT_FALSE(query(k_list_users));
  const std::size_t before = sent();
  EXPECT_EQ(failure(query(k_list_users)).kind, ErrorKind::throttled);
  EXPECT_EQ(sent() - before, 1u);
  const Caller other(world.context, identity, world.region, Writes::allowed);
  EXPECT_EQ(other.retry_budget().left(), base::RetryBudget::k_capacity);
}

TEST_F(CallerTest, AnErrorDoesNotRepeatTheSessionToken) {
  auto session = long_term_credentials("ASIASESSION");
  session->session_token = base::Secret("the-token");
  identity.next = CredentialsPtr(session);
  const std::string quoted =
      "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request "
      "should have been\n'POST\n/\n\nx-amz-security-token:the-token\n'\n";
  world.transport.answer(403, "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>" + quoted + "</Message></Error></ErrorResponse>");
  world.transport.answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not with the-token, the-token!</Message></Error></ErrorResponse>");
  EXPECT_EQ(failure(query(k_list_users)).message, "The request signature we calculated does not match the signature you provided.");
  EXPECT_EQ(failure(query(k_list_users)).message, "not with (hidden), (hidden)!");
}

TEST_F(CallerTest, AnErrorOfACallThatAnswersWithASecretRepeatsNothing) {
  for (const Operation& operation : {k_get_parameter, k_get_secret_value}) {
    world.transport.answer(400, R"({"__type":"ValidationException","message":"not this: {\"Value\":\"hunter2\"}"})");
    const base::Error error = failure(json(operation));
    EXPECT_EQ(error.code, "ValidationException");
    EXPECT_EQ(describe(error).find("hunter2"), std::string::npos) << describe(error);
  }
}

TEST_F(CallerTest, WaitsAsLongAsTheServerAsksAndForgetsThatAfterwards) {
  world.transport.answer(503, xml_error("ServiceUnavailable"), {{"x-amz-retry-after", "3000"}});
  world.transport.fail(ErrorKind::transient).answer(200, xml_answer("ListUsers"));
  ASSERT_TRUE(query(k_list_users));
  ASSERT_EQ(world.sleeper.slept().size(), 2u);
  EXPECT_EQ(world.sleeper.slept()[0], 3000ms);
  EXPECT_LT(world.sleeper.slept()[1], 100ms);
}

TEST_F(CallerTest, ALostAnswerOfAnIdempotentCallIsAskedForAgain) {
  const auto lose = [&](int way) {
    if (way == 0) world.transport.fail(ErrorKind::transient, "ConnectionReset");
    if (way == 1) world.transport.answer(500, xml_error("ServiceFailure"));
    if (way == 2) world.transport.answer(503, "<html>busy</html>");
    if (way == 3) world.transport.answer(200, xml_answer("ListUsers").substr(0, 30));
  };
  for (int way = 0; way < 4; ++way) {
    SCOPED_TRACE(way);
    const std::size_t before = sent();
    lose(way);
    world.transport.answer(200, xml_answer("ListUsers"));
    EXPECT_TRUE(query(k_list_users));
    EXPECT_EQ(sent() - before, 2u);
  }
}

TEST_F(CallerTest, ALostAnswerOfAnotherCallIsAmbiguousAndTheCallSentOnce) {
  const auto lose = [&](int way) {
    if (way == 0) world.transport.fail(ErrorKind::ambiguous, "ConnectionReset");
    if (way == 1) world.transport.answer(500, xml_error("ServiceFailure"));
    if (way == 2) world.transport.answer(503, "<html>busy</html>");
    if (way == 3) world.transport.answer(200, xml_answer("CreateAccessKey").substr(0, 40));
    if (way == 4) world.transport.answer(200, "");
  };
  for (int way = 0; way < 5; ++way) {
    SCOPED_TRACE(way);
    const std::size_t before = sent();
    lose(way);
    const base::Error error = failure(query(k_create_access_key));
    EXPECT_EQ(error.kind, ErrorKind::ambiguous);
    EXPECT_EQ(error.operation, "iam:CreateAccessKey");
    EXPECT_EQ(sent() - before, 1u);
    EXPECT_EQ(world.transport.requests().back().idempotency, base::Idempotency::non_idempotent)
        << "or libcurl would send it again on a new connection";
  }
  EXPECT_EQ(world.context.statistics.retried, 0u);
}

TEST_F(CallerTest, ACallThatMustNotRunTwiceIsNotRetriedEvenIfItMayNotHaveRun) {
  world.transport.fail(ErrorKind::transient, "ConnectFailed");
  EXPECT_EQ(failure(query(k_create_access_key)).kind, ErrorKind::transient);
  EXPECT_EQ(sent(), 1u);
}

// ---- answers

TEST_F(CallerTest, MalformedXml) {
  const std::string whole = xml_answer("ListUsers", "<UserName>u</UserName>");
  for (const std::string& body :
       {std::string(), std::string(" "), std::string("{}"), std::string("<html><body>Gateway</body></html>"),
        whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1), xml_answer("ListRoles"),
        "<a>" + whole + "</a>", std::string("\0\0\0", 3), std::string("<ListUsersResponse>")}) {
    SCOPED_TRACE(body);
    world.transport.otherwise(200, body);
    const base::Error error = failure(query(k_list_users));
    EXPECT_EQ(error.kind, ErrorKind::transient);
    EXPECT_EQ(error.code, "MalformedAnswer");
    EXPECT_EQ(error.operation, "iam:ListUsers");
  }
}

TEST_F(CallerTest, MalformedJson) {
  for (const char* body : {"", "{", "[]", "null", "\"text\"", "{\"a\":1}}", "<html></html>", "{\"a\":\"\xff\"}"}) {
    SCOPED_TRACE(body);
    world.transport.otherwise(200, body);
    const base::Error error = failure(json(k_describe_secret));
    EXPECT_EQ(error.kind, ErrorKind::transient);
    EXPECT_EQ(error.code, "MalformedAnswer");
    EXPECT_EQ(error.operation, "secretsmanager:DescribeSecret");
  }
}

TEST_F(CallerTest, AnOperationWithoutResultAnswersWithItsRoot) {
  world.transport.answer(200,
                         "<TagUserResponse><ResponseMetadata><RequestId>r-4</RequestId></ResponseMetadata>"
                         "</TagUserResponse>");
  const auto answer = query(k_tag_user);
  ASSERT_TRUE(answer);
  EXPECT_STREQ(answer->result.name(), "TagUserResponse");
  EXPECT_EQ(answer->request_id, "r-4");
}

TEST_F(CallerTest, ASecretInAnAnswerIsNotCopiedOutOfTheBufferThatIsWiped) {
  world.transport.answer(200, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" +
                                  xml_answer("CreateAccessKey", "<S>a&amp;b\xc3\xa4</S><T><![CDATA[t]]></T>"));
  Result<XmlAnswer> first = query(k_create_access_key);
  ASSERT_TRUE(first);
  const XmlAnswer answer = std::move(*first);  // as it goes on its way
  for (const auto& [name, text] : {std::pair("S", "a&b\xc3\xa4"), std::pair("T", "t")}) {
    const char* value = answer.result.child(name).text().get();
    EXPECT_STREQ(value, text);
    EXPECT_GE(value, answer.text.view().data());
    EXPECT_LT(value, answer.text.view().data() + answer.text.size());
  }
}

// ---- rate and statistics

TEST_F(CallerTest, KeepsItsRate) {
  world.transport.otherwise(200, xml_answer("ListUsers"));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(query(k_list_users));
  EXPECT_TRUE(world.sleeper.slept().empty()) << "no rate, no waiting";
  caller.limit_rate(std::make_shared<AccountLimits>(world.context.limits, 1));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(query(k_list_users));
  EXPECT_EQ(world.sleeper.slept(), std::vector(4, 1000ms)) << "the first goes at once";
}

TEST_F(CallerTest, WhatIsSentAgainKeepsTheRateToo) {
  world.transport.answer(403, xml_error("ExpiredToken")).answer(200, xml_answer("ListUsers"));
  caller.limit_rate(std::make_shared<AccountLimits>(world.context.limits, 1));
  ASSERT_TRUE(query(k_list_users));
  EXPECT_EQ(world.sleeper.slept().size(), 1u);
}

TEST_F(CallerTest, WhatWaitedForItsTurnIsSignedWhenItGoes) {
  world.transport.otherwise(200, xml_answer("ListUsers"));
  caller.limit_rate(std::make_shared<AccountLimits>(world.context.limits, 1));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(query(k_list_users));
    EXPECT_EQ(world.transport.requests().back().header("X-Amz-Date"), base::format_basic(world.clock.now()));
    EXPECT_EQ(world.sleeper.slept().size(), static_cast<std::size_t>(i));
  }
}

TEST_F(CallerTest, CountsWhatWasSent) {
  world.transport.answer(400, xml_error("Throttling")).answer(500, xml_error("ServiceFailure"));
  world.transport.answer(403, xml_error("ExpiredToken")).answer(200, xml_answer("ListUsers"));
  world.transport.answer(200, "{}");
  ASSERT_TRUE(query(k_list_users));
  ASSERT_TRUE(json(k_describe_secret));
  EXPECT_EQ(world.context.statistics.requests_by_action,
            (std::map<std::string, std::uint64_t>{{"iam:ListUsers", 4}, {"secretsmanager:DescribeSecret", 1}}));
  EXPECT_EQ(world.context.statistics.throttled, 1u);
  EXPECT_EQ(world.context.statistics.retried, 2u);
}

}  // namespace
}  // namespace keyward::aws
