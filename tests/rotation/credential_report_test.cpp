#include "rotation/credential_report.hpp"

#include <gtest/gtest.h>

namespace keyward::rotation {
namespace {

using base::Result;

const std::string k_header =
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_"
    "active,"
    "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_"
    "2_last_rotated";
const std::string k_root =
    "<root_account>,arn:aws:iam::111122223333:root,2019-01-01T00:00:00+00:00,not_supported,no_information,not_"
    "supported,not_supported,"
    "true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";
const std::string k_first_key = "true,2026-01-02T03:04:05+00:00,2026-11-20T10:00:00+00:00,us-east-1,s3";
const std::string k_no_key = "false,N/A,N/A,N/A,N/A";

std::string row(const std::string& name, const std::string& first = k_first_key, const std::string& second = k_no_key,
                const std::string& created = "2025-05-05T05:05:05+00:00") {
  const bool quoted = name.starts_with('"');
  const std::string plain = quoted ? name.substr(1, name.size() - 2) : name;
  const std::string arn = "arn:aws:iam::111122223333:user/" + plain;
  return name + "," + (quoted ? '"' + arn + '"' : arn) + "," + created + ",false,N/A,N/A,N/A,false," + first + "," +
         second + ",false,N/A,false,N/A";
}

std::vector<ReportedUser> users(const std::string& csv) {
  Result<std::vector<ReportedUser>> parsed = parse_credential_report(csv);
  EXPECT_TRUE(parsed) << (parsed ? "" : base::describe(parsed.error()));
  return parsed ? *parsed : std::vector<ReportedUser>();
}

std::string fingerprint(const std::string& line, const std::string& header = k_header) {
  const std::vector<ReportedUser> found = users(header + "\n" + line);
  return found.size() == 1 ? found[0].fingerprint : "not one user";
}

void expect_unusable(const std::string& csv) {
  const Result<std::vector<ReportedUser>> parsed = parse_credential_report(csv);
  ASSERT_FALSE(parsed) << csv;
  EXPECT_EQ(parsed.error().kind, base::ErrorKind::invalid);
  EXPECT_EQ(parsed.error().operation, "iam:GetCredentialReport");
}

TEST(CredentialReport, NamesTheUsersAndTheirKeysButNotRoot) {
  const auto found =
      users(k_header + "\n" + k_root + "\n" + row("anna") + "\n" +
            row("zoe", k_no_key, "false,2026-02-03T04:05:06Z,N/A,N/A,N/A") + "\n" + row("keyless", k_no_key));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].user.name.str(), "anna");
  EXPECT_EQ(found[0].user.arn.str(), "arn:aws:iam::111122223333:user/anna");
  ASSERT_EQ(found[0].keys.size(), 1U);
  EXPECT_TRUE(found[0].keys[0].active);
  EXPECT_EQ(base::format_iso8601(found[0].keys[0].changed), "2026-01-02T03:04:05Z");
  ASSERT_EQ(found[1].keys.size(), 1U);
  EXPECT_FALSE(found[1].keys[0].active) << "an inactive key keeps its date";
  EXPECT_EQ(base::format_iso8601(found[1].keys[0].changed), "2026-02-03T04:05:06Z");
  EXPECT_TRUE(found[2].keys.empty());
}

TEST(CredentialReport, ReadsQuotedNames) {
  const auto found = users(k_header + "\n" + row("\"build,server\"") + "\n" + row("anna"));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].user.name.str(), "build,server");
  EXPECT_EQ(found[0].user.arn.str(), "arn:aws:iam::111122223333:user/build,server");
  EXPECT_EQ(found[0].keys.size(), 1U);
}

TEST(CredentialReport, TakesEitherEndOfLineAndOneAtItsEnd) {
  EXPECT_EQ(users(k_header + "\r\n" + row("anna") + "\r\n" + row("zoe")).size(), 2U);
  EXPECT_EQ(users(k_header + "\r\n" + row("anna") + "\r\n").size(), 1U);
  EXPECT_EQ(users(k_header + "\n" + row("anna") + "\n").size(), 1U);
  EXPECT_EQ(users(k_header).size(), 0U);
  EXPECT_EQ(fingerprint(row("anna") + "\r\n"), fingerprint(row("anna")));
}

TEST(CredentialReport, TakesTheDocumentedSpellingToo) {
  const auto found =
      users(k_header + "\n" + row("anna", "TRUE,2026-01-02T03:04:05Z,N/A,N/A,N/A", "FALSE,N/A,N/A,N/A,N/A"));
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].keys.size(), 1U);
  EXPECT_TRUE(found[0].keys[0].active);
}

TEST(CredentialReport, FindsColumnsByTheirNames) {
  const auto found = users(
      "new,access_key_2_last_rotated,access_key_2_active,access_key_1_last_rotated,access_key_1_active,user_creation_"
      "time,arn,user\n"
      "?,N/A,false,2026-01-02T03:04:05Z,true,2025-05-05T05:05:05Z,arn:aws:iam::111122223333:user/anna,anna");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].user.name.str(), "anna");
  EXPECT_EQ(found[0].keys.size(), 1U);
}

TEST(CredentialReport, WithoutAColumnItIsNoReport) {
  for (const char* column : {"user,", "arn,", "user_creation_time,", "access_key_1_active,",
                             "access_key_1_last_rotated,", "access_key_2_active,", "access_key_2_last_rotated,"}) {
    std::string header = "," + k_header;
    header.replace(header.find("," + std::string(column)), std::string(column).size() + 1, ",other,");
    expect_unusable(header.substr(1) + "\n" + row("anna"));
  }
  expect_unusable("");
}

TEST(CredentialReport, WithABrokenLineItIsNoReport) {
  expect_unusable(k_header + "\n" + row("anna") + ",more");
  expect_unusable(k_header + "\n" + row("anna").substr(0, 100));
  expect_unusable(k_header + "\n\"" + row("anna"));
  expect_unusable(k_header + "\n" + row("anna") + "\n\n" + row("zoe"));
  expect_unusable(k_header + "\n" + row("no such name"));
  expect_unusable(k_header + "\n" + row("anna", "maybe,2026-01-02T03:04:05Z,N/A,N/A,N/A"));
  expect_unusable(k_header + "\n" + row("anna", "true,N/A,N/A,N/A,N/A"));
  expect_unusable(k_header + "\n" + row("anna", "true,yesterday,N/A,N/A,N/A"));
  expect_unusable(k_header + "\n" + row("anna", ",,,,"));
}

TEST(CredentialReport, FingerprintsTellTheStatesOfAUserApart) {
  const std::string state = fingerprint(row("anna"));
  EXPECT_NE(state, fingerprint(row("anna", "false,2026-01-02T03:04:05+00:00,2026-11-20T10:00:00+00:00,us-east-1,s3")))
      << "switched off";
  EXPECT_NE(state, fingerprint(row("anna", "true,2026-01-02T03:04:06+00:00,2026-11-20T10:00:00+00:00,us-east-1,s3")))
      << "another date";
  EXPECT_NE(state, fingerprint(row("anna", k_no_key))) << "deleted";
  EXPECT_NE(state, fingerprint(row("anna", k_first_key, k_first_key))) << "a second one";
  EXPECT_NE(state, fingerprint(row("anna", k_no_key, k_first_key))) << "another slot";
  EXPECT_NE(state, fingerprint(row("anna", k_first_key, k_no_key, "2025-05-05T05:05:06+00:00")))
      << "another user of that name";
  EXPECT_EQ(state, fingerprint(row("anna", "true,2026-01-02T03:04:05+00:00,2026-11-21T01:00:00+00:00,eu-west-1,sts")))
      << "used";
}

TEST(CredentialReport, CountsKeysBeyondTwo) {
  const std::string header = k_header + ",additional_credentials_info";
  EXPECT_NE(fingerprint(row("anna") + ",N/A", header), fingerprint(row("anna") + ",1 more access key", header));
}

}  // namespace
}  // namespace keyward::rotation
