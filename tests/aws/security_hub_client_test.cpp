#include "aws/security_hub_client.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

struct SecurityHub : testing::Test {
  FakeWorld world;
  ScriptedCredentials identity{CredentialsPtr(long_term_credentials())};
  Caller caller{world.context, identity, world.region, Writes::allowed};
  SecurityHubClient client{caller};

  base::Result<std::vector<RefusedFinding>> import_one() {
    boost::json::array findings;
    findings.push_back(boost::json::object{{"Id", "f-1"}});
    return test::run(world.loop, client.import_findings(std::move(findings)));
  }
};

TEST_F(SecurityHub, ImportsInItsRegion) {
  world.transport.answer(200, R"({"FailedCount":0,"SuccessCount":1,"FailedFindings":[]})");
  const auto refused = import_one();
  ASSERT_TRUE(refused) << describe(refused.error());
  EXPECT_TRUE(refused->empty());
  const auto& request = world.transport.requests().at(0);
  EXPECT_EQ(request.url, "https://securityhub.eu-central-1.amazonaws.com/findings/import");
  EXPECT_EQ(request.body, R"({"Findings":[{"Id":"f-1"}]})");
  EXPECT_NE(request.header("Authorization").find("/eu-central-1/securityhub/aws4_request"), std::string::npos);
}

TEST_F(SecurityHub, NamesWhatWasRefused) {
  world.transport.answer(200, R"({"FailedCount":1,"SuccessCount":0,"FailedFindings":[{"Id":"f-1","ErrorCode":"InvalidInput","ErrorMessage":"no"}]})");
  const auto refused = import_one();
  ASSERT_TRUE(refused) << describe(refused.error());
  ASSERT_EQ(refused->size(), 1u);
  EXPECT_EQ(refused->front().id, "f-1");
  EXPECT_EQ(refused->front().code, "InvalidInput");
  EXPECT_EQ(refused->front().message, "no");
}

TEST_F(SecurityHub, SaysWhereItIsNotEnabled) {
  world.transport.answer(401, R"({"__type":"InvalidAccessException","Message":"Account is not subscribed to AWS Security Hub"})");
  const auto refused = import_one();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidAccessException");
  EXPECT_EQ(refused.error().operation, "securityhub:BatchImportFindings");
}

TEST_F(SecurityHub, ADryRunSendsNothing) {
  Caller reading{world.context, identity, world.region, Writes::refused};
  SecurityHubClient dry{reading};
  const auto refused = test::run(world.loop, dry.import_findings({}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "DryRun");
  EXPECT_TRUE(world.transport.requests().empty());
}

}  // namespace
}  // namespace keyward::aws
