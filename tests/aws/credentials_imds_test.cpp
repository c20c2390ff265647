#include "aws/credentials_imds.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

struct Imds : ::testing::Test {
  FakeWorld world;
  ImdsCredentials provider{world.environment, world.transport};

  void answer_all() {
    world.transport.answer(200, "the-token").answer(200, "my-role\n").answer(200, endpoint_document(world.in(6h)));
  }
};

TEST_F(Imds, AsksForATokenThenTheRoleThenItsCredentials) {
  answer_all();
  const auto credentials = world.fetch(provider);
  ASSERT_TRUE(credentials) << describe(credentials.error());
  EXPECT_EQ((*credentials)->source, "instance role my-role");
  const auto& requests = world.transport.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].method, "PUT");
  EXPECT_EQ(requests[0].url, "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(requests[0].header("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(requests[1].method, "GET");
  EXPECT_EQ(requests[1].url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/");
  EXPECT_EQ(requests[2].url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role");
  EXPECT_EQ(requests[1].header("x-aws-ec2-metadata-token"), "the-token");
  EXPECT_EQ(requests[2].header("x-aws-ec2-metadata-token"), "the-token");
  for (const auto& request : requests) EXPECT_EQ(request.timeout, 1s);
}

TEST_F(Imds, NeverFallsBackToVersion1) {
  for (const int status : {400, 403, 404, 405, 500}) {
    world.transport.answer(status, "");
    EXPECT_EQ(world.fetch(provider).error().kind, ErrorKind::not_found) << status;
  }
  for (const auto& request : world.transport.requests()) EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(world.transport.requests().size(), 5u);
}

TEST_F(Imds, AbsentAtFirstIsNotFoundLaterItIsTrouble) {
  world.transport.fail(ErrorKind::transient);
  EXPECT_EQ(world.fetch(provider).error().kind, ErrorKind::not_found);
  answer_all();
  EXPECT_TRUE(world.fetch(provider));
  world.transport.fail(ErrorKind::transient);
  EXPECT_EQ(world.fetch(provider).error().kind, ErrorKind::transient);
}

TEST_F(Imds, AnInstanceWithoutRoleIsNotFound) {
  world.transport.answer(200, "t").answer(404, "");
  EXPECT_EQ(world.fetch(provider).error().kind, ErrorKind::not_found);
  world.transport.answer(200, "t").answer(200, "");
  EXPECT_EQ(world.fetch(provider).error().code, "NoRole");
}

TEST_F(Imds, CanBeTurnedOff) {
  world.environment["AWS_EC2_METADATA_DISABLED"] = "TRUE";
  EXPECT_EQ(world.fetch(provider).error().code, "Disabled");
  world.environment["AWS_EC2_METADATA_DISABLED"] = "maybe";
  EXPECT_EQ(world.fetch(provider).error().kind, ErrorKind::invalid);
  EXPECT_TRUE(world.transport.requests().empty());
}

TEST_F(Imds, TheEndpointCanBeChosen) {
  world.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv6";
  world.fetch(provider);
  EXPECT_EQ(world.transport.requests().back().url, "http://[fd00:ec2::254]/latest/api/token");
  world.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1338/";
  world.fetch(provider);
  EXPECT_EQ(world.transport.requests().back().url, "http://127.0.0.1:1338/latest/api/token");
  world.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "nonsense";
  EXPECT_EQ(world.fetch(provider).error().code, "BadEndpoint");
  world.environment.erase("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  world.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv5";
  EXPECT_EQ(world.fetch(provider).error().code, "BadEndpoint");
}

TEST_F(Imds, MalformedAnswers) {
  for (const char* token : {"", "<html>\n</html>", "a b"}) {
    world.transport.answer(200, token);
    EXPECT_EQ(world.fetch(provider).error().code, "MalformedAnswer") << token;
  }
  world.transport.answer(200, "t").answer(200, "<html></html>");
  EXPECT_EQ(world.fetch(provider).error().code, "MalformedAnswer");
  for (const char* body : {"", "<html></html>", "null", "{}", R"({"Code":"Success","AccessKeyId":"A"})"}) {
    world.transport.answer(200, "t").answer(200, "r").answer(200, body);
    EXPECT_EQ(world.fetch(provider).error().code, "MalformedCredentials") << body;
  }
  world.transport.answer(200, "t").answer(200, "r").answer(200, R"({"Code":"Failed","Message":"m"})");
  EXPECT_EQ(world.fetch(provider).error().code, "Failed");
}

}  // namespace
}  // namespace keyward::aws
