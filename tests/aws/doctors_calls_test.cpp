// The calls that only `keyward doctor` makes.
#include <gtest/gtest.h>

#include "aws/iam_client.hpp"
#include "aws/kms_client.hpp"
#include "aws/ses_client.hpp"
#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

struct DoctorsCalls : testing::Test {
  FakeWorld world;
  ScriptedCredentials identity{CredentialsPtr(long_term_credentials())};
  Caller caller{world.context, identity, world.region, Writes::refused};
};

TEST_F(DoctorsCalls, SimulationTellsWhoRefuses) {
  world.transport.answer(200, R"(<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>
<member><EvalActionName>iam:TagUser</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>allowed</EvalDecision></member>
<member><EvalActionName>iam:ListUsers</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>implicitDeny</EvalDecision>
<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail></member>
<member><EvalActionName>iam:GetGroup</EvalActionName><EvalResourceName>g</EvalResourceName><EvalDecision>explicitDeny</EvalDecision></member>
</EvaluationResults><IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>)");
  IamClient iam(caller);
  const auto refusals = test::run(
      world.loop, iam.simulate({"arn:aws:iam::222222222222:role/r", {"iam:TagUser"}, {"arn:a"}, {{"aws:TagKeys", {"a", "b"}}}}));
  ASSERT_TRUE(refusals) << describe(refusals.error());
  ASSERT_EQ(refusals->size(), 2u);
  EXPECT_EQ(refusals->at(0).action, "iam:ListUsers");
  EXPECT_TRUE(refusals->at(0).by_organization);
  EXPECT_FALSE(refusals->at(0).explicit_deny);
  EXPECT_TRUE(refusals->at(1).explicit_deny);
  const std::string body(world.transport.requests().at(0).body);
  EXPECT_NE(body.find("ActionNames.member.1=iam%3ATagUser&ResourceArns.member.1=arn%3Aa"), std::string::npos) << body;
  EXPECT_NE(body.find("ContextEntries.member.1.ContextKeyType=stringList"), std::string::npos) << body;
  EXPECT_NE(body.find("ContextEntries.member.1.ContextKeyValues.member.2=b"), std::string::npos) << body;
}

TEST_F(DoctorsCalls, ASimulationWithoutResultsIsNoPermission) {
  world.transport.answer(
      200, "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult/></SimulatePrincipalPolicyResponse>");
  IamClient iam(caller);
  EXPECT_FALSE(test::run(world.loop, iam.simulate({"arn:aws:iam::222222222222:role/r", {"iam:TagUser"}, {}, {}})));
}

TEST_F(DoctorsCalls, ReadsOfSesHaveNoBody) {
  world.transport.answer(200, R"({"VerifiedForSendingStatus": true})");
  SesClient ses(caller);
  const auto verified = test::run(world.loop, ses.is_verified("a@example.org"));
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(*verified, true);
  const auto& request = world.transport.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_TRUE(request.url.ends_with("/v2/email/identities/a%40example.org")) << request.url;
  EXPECT_EQ(request.body, "");
}

TEST_F(DoctorsCalls, AKeyIsUsableOnlyWhileItIsEnabled) {
  world.transport.answer(
      200, R"({"KeyMetadata": {"Arn": "arn:aws:kms:us-east-1:222222222222:key/k", "KeyState": "PendingDeletion"}})");
  KmsClient kms(caller);
  const auto key = test::run(world.loop, kms.describe("alias/keyward"));
  ASSERT_TRUE(key) << describe(key.error());
  EXPECT_FALSE(key->usable());
  EXPECT_FALSE(key->aws_managed);
}

}  // namespace
}  // namespace keyward::aws
