#include "aws/credentials_container.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;

struct Container : ::testing::Test {
  FakeWorld world;
  ContainerCredentials provider{world.environment, world.transport, world.sleeper};
};

TEST_F(Container, ARelativeUriGoesToTheTaskEndpointAndWins) {
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1?id=x";
  world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "https://elsewhere.example.org/";
  world.transport.answer(200, endpoint_document(world.in(6h)));
  const auto credentials = world.fetch(provider);
  ASSERT_TRUE(credentials) << describe(credentials.error());
  EXPECT_EQ((*credentials)->access_key_id, "ASIAENDPOINT");
  const auto& request = world.transport.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.url, "http://169.254.170.2/v2/credentials/1?id=x");
  EXPECT_EQ(request.header("Accept"), "application/json");
  EXPECT_EQ(request.header("Authorization"), "");
  EXPECT_EQ(request.timeout, 2s);
}

TEST_F(Container, OnlyHttpsAndTheAddressesOfAwsAreAsked) {
  for (const char* uri :
       {"https://anywhere.example.org/c", "http://localhost/c", "http://127.0.0.1:80/c", "http://[::1]/c",
        "http://169.254.170.2/c", "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/c"}) {
    world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = uri;
    world.transport.answer(200, endpoint_document(world.in(6h)));
    EXPECT_TRUE(world.fetch(provider)) << uri;
    EXPECT_EQ(world.transport.requests().back().url, uri);
  }
  const std::size_t sent = world.transport.requests().size();
  for (const char* uri :
       {"http://evil.example.org/c", "http://169.254.169.254/c", "http://10.0.0.1/c", "ftp://localhost/",
        "http://localhost.evil.example.org/c", "http://localhost@evil.example.org/", "/relative", "http://0.0.0.0/"}) {
    world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = uri;
    const auto credentials = world.fetch(provider);
    ASSERT_FALSE(credentials) << uri;
    EXPECT_EQ(credentials.error().kind, ErrorKind::invalid) << uri;
  }
  for (const char* uri : {"@evil.example.org/", ".evil.example.org/", ":81/", "c"}) {
    world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = uri;
    EXPECT_EQ(world.fetch(provider).error().code, "BadUri") << uri;
  }
  EXPECT_EQ(world.transport.requests().size(), sent);
}

TEST_F(Container, TheTokenFileIsReadEachTimeAndPreferred) {
  world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  world.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "from variable";
  world.transport.answer(200, endpoint_document(world.in(6h)));
  ASSERT_TRUE(world.fetch(provider));
  EXPECT_EQ(world.transport.requests().back().header("Authorization"), "from variable");
  for (const char* token : {"first", "second"}) {
    world.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = world.home.write("token", token);
    world.transport.answer(200, endpoint_document(world.in(6h)));
    ASSERT_TRUE(world.fetch(provider));
    EXPECT_EQ(world.transport.requests().back().header("Authorization"), token);
  }
}

TEST_F(Container, ATokenWithALineBreakIsRefused) {
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  for (const char* token : {"a\r\nX-Evil: 1", "a\n", "\ra"}) {
    world.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = token;
    const auto credentials = world.fetch(provider);
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, "BadToken");
  }
  world.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = world.home.path("absent");
  EXPECT_EQ(world.fetch(provider).error().code, "UnreadableFile");
  EXPECT_TRUE(world.transport.requests().empty());
}

TEST_F(Container, ThreeAttemptsASecondApart) {
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  world.transport.fail(ErrorKind::transient).answer(500, "").answer(200, endpoint_document(world.in(6h)));
  EXPECT_TRUE(world.fetch(provider));
  EXPECT_EQ(world.sleeper.slept(), (std::vector<std::chrono::milliseconds>{1s, 1s}));
  world.transport.answer(500, "").answer(500, "").answer(500, "").answer(200, endpoint_document(world.in(6h)));
  EXPECT_EQ(world.fetch(provider).error().kind, ErrorKind::transient);
}

TEST_F(Container, MalformedAnswersAndRefusals) {
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  for (const char* body :
       {"", "<html></html>", "null", R"({"AccessKeyId":null})", R"({"AccessKeyId":"A","SecretAccessKey":"s"})"}) {
    world.transport.answer(200, body);
    EXPECT_EQ(world.fetch(provider).error().code, "MalformedCredentials") << body;
  }
  world.transport.answer(403, "no");
  EXPECT_EQ(world.fetch(provider).error().kind, ErrorKind::denied);
}

TEST_F(Container, WhatItSaysIsShownWithoutWhatItWasSent) {
  world.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  world.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "the-secret-container-token-0123456789";
  world.transport.answer(200, R"({"Code":"Boom\u001b[2J","Message":"\u001b]0;x\u0007 you sent the-secret-container-to|ken-0123456789 and )"
                              R"(wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"})");
  const std::string text = describe(world.fetch(provider).error());
  for (const char* unfit : {"\x1b", "\a", "Boom", "the-secret", "token", "0123456789", "wJalr"})
    EXPECT_EQ(text.find(unfit), std::string::npos) << text;
  EXPECT_NE(text.find("you sent (hidden)"), std::string::npos) << text;
}

TEST_F(Container, NotConfiguredIsNotFound) {
  EXPECT_EQ(world.fetch(provider).error().kind, ErrorKind::not_found);
  EXPECT_TRUE(world.transport.requests().empty());
}

}  // namespace
}  // namespace keyward::aws
