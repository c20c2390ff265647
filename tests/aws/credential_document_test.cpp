#include "aws/credential_document.hpp"

#include <gtest/gtest.h>

namespace keyward::aws {
namespace {

constexpr const char* k_time = "2026-01-02T03:04:05Z";

TEST(CredentialDocument, ReadsWhatAProcessPrints) {
  const auto credentials = parse_credential_document(
      CredentialDocument::process,
      R"({"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-01-02T03:04:05Z","More":[1]})",
      "op", "process x");
  ASSERT_TRUE(credentials) << describe(credentials.error());
  EXPECT_EQ((*credentials)->access_key_id, "ASIA1");
  EXPECT_EQ((*credentials)->secret_access_key.expose(), "s");
  EXPECT_EQ((*credentials)->session_token.expose(), "t");
  EXPECT_EQ((*credentials)->expiration, base::parse_iso8601(k_time));
  EXPECT_EQ((*credentials)->source, "process x");
}

TEST(CredentialDocument, LongTermKeysOfAProcessNeitherExpireNorHaveAToken) {
  for (const char* text :
       {R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"})",
        R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":null,"Expiration":null})"}) {
    const auto credentials = parse_credential_document(CredentialDocument::process, text, "op", "x");
    ASSERT_TRUE(credentials) << text;
    EXPECT_TRUE((*credentials)->session_token.empty());
    EXPECT_FALSE((*credentials)->expiration);
  }
}

TEST(CredentialDocument, ReadsWhatAnEndpointSends) {
  const auto credentials = parse_credential_document(
      CredentialDocument::endpoint,
      R"({"AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-02T03:04:05Z"})", "op",
      "container");
  ASSERT_TRUE(credentials);
  EXPECT_EQ((*credentials)->session_token.expose(), "t");
  EXPECT_EQ((*credentials)->expiration, base::parse_iso8601(k_time));
}

TEST(CredentialDocument, MalformedProcessOutputIsNamedAndNeverShown) {
  const char* rows[] = {
      "",
      "null",
      "[]",
      "\"hushhush\"",
      "{",
      "<html>hushhush</html>",
      "{}",
      "{} {}",
      R"({"AccessKeyId":"A","SecretAccessKey":"hushhush"})",
      R"({"Version":2,"AccessKeyId":"A","SecretAccessKey":"hushhush"})",
      R"({"Version":"1","AccessKeyId":"A","SecretAccessKey":"hushhush"})",
      R"({"Version":null,"AccessKeyId":"A","SecretAccessKey":"hushhush"})",
      R"({"Version":1,"SecretAccessKey":"hushhush"})",
      R"({"Version":1,"AccessKeyId":null,"SecretAccessKey":"hushhush"})",
      R"({"Version":1,"AccessKeyId":"","SecretAccessKey":"hushhush"})",
      R"({"Version":1,"AccessKeyId":"A"})",
      R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":7})",
      R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"hushhush","SessionToken":7})",
      R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"hushhush","Expiration":1767323045})",
      R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"hushhush","Expiration":"tomorrow"})",
      R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"hushhush","Expiration":"2026-02-30T00:00:00Z"})",
      R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"hushhu)",
  };
  for (const char* text : rows) {
    const auto credentials = parse_credential_document(CredentialDocument::process, text, "op", "x");
    ASSERT_FALSE(credentials) << text;
    EXPECT_EQ(credentials.error().kind, base::ErrorKind::invalid);
    EXPECT_EQ(credentials.error().code, "MalformedCredentials");
    EXPECT_EQ(describe(credentials.error()).find("hushhu"), std::string::npos);
  }
}

TEST(CredentialDocument, AnEndpointMustSendTokenAndExpiration) {
  const char* rows[] = {
      R"({"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"2026-01-02T03:04:05Z"})",
      R"({"AccessKeyId":"A","SecretAccessKey":"s","Token":null,"Expiration":"2026-01-02T03:04:05Z"})",
      R"({"AccessKeyId":"A","SecretAccessKey":"s","Token":"t"})",
      R"({"AccessKeyId":"A","SecretAccessKey":"s","Token":"t","Expiration":null})",
      R"({"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-01-02T03:04:05Z"})",
  };
  for (const char* text : rows)
    EXPECT_FALSE(parse_credential_document(CredentialDocument::endpoint, text, "op", "x")) << text;
}

TEST(CredentialDocument, AFailureReportedWithStatus200IsAFailure) {
  const auto credentials = parse_credential_document(
      CredentialDocument::endpoint, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role"})",
      "op", "x");
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, "AssumeRoleUnauthorizedAccess");
  EXPECT_NE(credentials.error().message.find("EC2 cannot"), std::string::npos);
}

}  // namespace
}  // namespace keyward::aws
