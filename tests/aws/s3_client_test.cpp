#include "aws/s3_client.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using base::ErrorKind;

constexpr std::size_t k_enough = 1000;

struct S3 : testing::Test {
  FakeWorld world;
  ScriptedCredentials identity{CredentialsPtr(long_term_credentials())};
  S3Client s3{world.context, identity, world.region};

  base::Result<std::string> get(std::string key, std::string bucket = "templates") {
    return test::run(world.loop, s3.get_object(std::move(bucket), std::move(key), k_enough));
  }
};

std::string error(const std::string& code) {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>words</Message><RequestId>r-1</RequestId></Error>";
}

TEST_F(S3, AsksByPathEncodedOnceAndSignsTheHashOfNothing) {
  world.transport.answer(200, std::string_view("a\0b", 3));
  const auto object = get("a b+c/\xC3\xBC%2F.html");
  ASSERT_TRUE(object) << describe(object.error());
  EXPECT_EQ(*object, std::string_view("a\0b", 3));
  const auto& request = world.transport.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "https://s3.eu-central-1.amazonaws.com/templates/a%20b%2Bc/%C3%BC%252F.html");
  EXPECT_EQ(request.header("X-Amz-Content-Sha256"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(request.header("Content-Type"), "");
  EXPECT_NE(request.header("Authorization").find("/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date,"),
            std::string::npos)
      << request.header("Authorization");
}

TEST_F(S3, FollowsABucketToItsRegionOnceAndStaysThere) {
  for (const auto& [status, code] : {std::pair(301, "PermanentRedirect"), std::pair(400, "AuthorizationHeaderMalformed")}) {
    SCOPED_TRACE(code);
    const std::size_t before = world.transport.requests().size();
    S3Client client(world.context, identity, world.region);
    world.transport.answer(status, error(code), {{"x-amz-bucket-region", "us-west-2"}}).answer(200, "one").answer(200, "two");
    EXPECT_EQ(test::run(world.loop, client.get_object("templates", "a", k_enough)).value(), "one");
    EXPECT_EQ(test::run(world.loop, client.get_object("templates", "b", k_enough)).value(), "two");
    ASSERT_EQ(world.transport.requests().size(), before + 3);
    EXPECT_EQ(world.transport.requests().at(before + 1).url, "https://s3.us-west-2.amazonaws.com/templates/a");
    EXPECT_NE(world.transport.requests().at(before + 1).header("Authorization").find("/us-west-2/s3/"), std::string::npos);
    EXPECT_EQ(world.transport.requests().at(before + 2).url, "https://s3.us-west-2.amazonaws.com/templates/b");
  }
}

TEST_F(S3, PutsWhereTheBucketIsAndSignsWhatItSends) {
  world.transport.answer(301, error("PermanentRedirect"), {{"x-amz-bucket-region", "us-west-2"}}).answer(200, "").answer(403, error("AccessDenied"));
  const auto kept = test::run(world.loop, s3.put_object("records", "runs/a b.json", "application/json", "{}"));
  EXPECT_TRUE(kept);
  const auto& request = world.transport.requests().at(1);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.url, "https://s3.us-west-2.amazonaws.com/records/runs/a%20b.json");
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.header("Content-Type"), "application/json");
  EXPECT_EQ(request.header("X-Amz-Content-Sha256"), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  const auto refused = test::run(world.loop, s3.put_object("records", "runs/b", "text/html", ""));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::denied);
  EXPECT_EQ(refused.error().operation, "s3:PutObject");
}

TEST_F(S3, DoesNotRunInCircles) {
  for (const char* region : {"eu-central-1", "not a region", "us-west-2"}) {
    S3Client client(world.context, identity, world.region);
    for (int i = 0; i < 2; ++i) world.transport.answer(301, error("PermanentRedirect"), {{"x-amz-bucket-region", region}});
    const std::size_t before = world.transport.requests().size();
    const auto object = test::run(world.loop, client.get_object("templates", "a", k_enough));
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().kind, ErrorKind::invalid);
    EXPECT_LE(world.transport.requests().size() - before, 2u);
    while (world.transport.unused_answers() > 0) static_cast<void>(get("drain"));
  }
}

TEST_F(S3, TellsWhatIsMissingFromWhatIsForbidden) {
  world.transport.answer(404, error("NoSuchKey")).answer(404, error("NoSuchBucket")).answer(403, error("AccessDenied"));
  EXPECT_EQ(get("a").error().kind, ErrorKind::not_found);
  EXPECT_EQ(get("a").error().kind, ErrorKind::not_found);
  const base::Error denied = get("a").error();
  EXPECT_EQ(denied.kind, ErrorKind::denied);
  EXPECT_EQ(denied.request_id, "r-1");
  EXPECT_EQ(denied.operation, "s3:GetObject");
}

}  // namespace
}  // namespace keyward::aws
