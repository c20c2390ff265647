#include "aws/sts_client.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using base::ErrorKind;

constexpr const char* k_head = "<GetCallerIdentityResponse><GetCallerIdentityResult>";
constexpr const char* k_tail = "</GetCallerIdentityResult></GetCallerIdentityResponse>";

struct Sts : testing::Test {
  FakeWorld world;
  ScriptedCredentials identity{CredentialsPtr(long_term_credentials())};
  Caller caller{world.context, identity, world.region, Writes::refused};
  StsClient sts{caller};

  base::Result<CallerIdentity> ask(const std::string& content) {
    world.transport.answer(200, k_head + content + k_tail);
    return test::run(world.loop, sts.get_caller_identity());
  }
};

TEST_F(Sts, NamesTheCaller) {
  const auto identity_found = ask("<Arn>arn:aws:iam::111122223333:user/u</Arn><Account>111122223333</Account>");
  ASSERT_TRUE(identity_found) << describe(identity_found.error());
  EXPECT_EQ(identity_found->account, "111122223333");
  EXPECT_EQ(identity_found->arn, "arn:aws:iam::111122223333:user/u");
  EXPECT_EQ(world.transport.requests().at(0).body, "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST_F(Sts, ACallerWithoutNameIsNone) {
  for (const char* content : {"", "<Arn>a</Arn>", "<Account>1</Account>", "<Arn/><Account/>"}) {
    const auto nobody = ask(content);
    ASSERT_FALSE(nobody) << content;
    EXPECT_EQ(nobody.error().kind, ErrorKind::invalid);
    EXPECT_EQ(nobody.error().code, "MalformedAnswer");
  }
}

}  // namespace
}  // namespace keyward::aws
