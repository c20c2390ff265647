#include "aws/credentials_web_identity.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

constexpr const char* k_role = "arn:aws:iam::111122223333:role/pod";

struct WebIdentity : ::testing::Test {
  FakeWorld world;
  WebIdentityCredentials provider{
      world.context, world.region, {world.home.path("token"), base::Arn::parse(k_role).value(), "keyward-run"}};
};

TEST_F(WebIdentity, SendsTheTokenUnsignedAndReadsItsFileEachTime) {
  for (const char* token : {"first.jwt+/=", "second.jwt"}) {
    world.home.write("token", std::string(token) + "\n");
    world.transport.answer(200, sts_answer("AssumeRoleWithWebIdentity", world.in(1h)));
    const auto credentials = world.fetch(provider);
    ASSERT_TRUE(credentials) << describe(credentials.error());
    EXPECT_EQ((*credentials)->access_key_id, "ASIAEXAMPLE");
  }
  const auto& requests = world.transport.requests();
  EXPECT_EQ(requests.at(0).body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fpod"
            "&RoleSessionName=keyward-run&WebIdentityToken=first.jwt%2B%2F%3D&DurationSeconds=3600");
  EXPECT_NE(requests.at(1).body.find("WebIdentityToken=second.jwt&"), std::string::npos);
  for (const auto& request : requests) {
    EXPECT_EQ(request.url, "https://sts.eu-central-1.amazonaws.com/");
    EXPECT_EQ(request.header("Authorization"), "");
    EXPECT_EQ(request.header("X-Amz-Date"), "");
  }
}

TEST_F(WebIdentity, AMissingOrEmptyTokenFileIsAnErrorAndNotAnotherIdentity) {
  EXPECT_EQ(world.fetch(provider).error().kind, ErrorKind::invalid);
  world.home.write("token", "\n");
  EXPECT_EQ(world.fetch(provider).error().code, "EmptyTokenFile");
  world.home.write("token", std::string(30'000, 'x'));
  EXPECT_EQ(world.fetch(provider).error().code, "UnreadableFile");
  EXPECT_TRUE(world.transport.requests().empty());
}

TEST_F(WebIdentity, AnErrorThatQuotesTheTokenIsShownWithoutIt) {
  const std::string token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.k-_aBcDeFgHiJkLmNoPqRsTuV";
  world.home.write("token", token);
  world.transport.otherwise(400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no provider takes " + token +
                                     "</Message></Error></ErrorResponse>");
  const std::string text = describe(world.fetch(provider).error());
  EXPECT_NE(text.find("no provider takes (hidden)"), std::string::npos) << text;
  for (std::size_t at = 0; at + 8 <= token.size(); ++at) EXPECT_EQ(text.find(token.substr(at, 8)), std::string::npos) << text;
}

TEST_F(WebIdentity, ErrorsOfStsLeadToTheirReaction) {
  world.home.write("token", "jwt");
  const struct {
    int status;
    const char* code;
    ErrorKind kind;
  } rows[] = {{400, "IDPCommunicationError", ErrorKind::transient},
              {403, "IDPRejectedClaim", ErrorKind::denied},
              {400, "InvalidIdentityToken", ErrorKind::denied},
              {400, "ExpiredTokenException", ErrorKind::expired_credentials},
              {403, "AccessDenied", ErrorKind::denied}};
  for (const auto& row : rows) {
    world.transport.otherwise(row.status, sts_error(row.code));
    EXPECT_EQ(world.fetch(provider).error().kind, row.kind) << row.code;
  }
}

}  // namespace
}  // namespace keyward::aws
