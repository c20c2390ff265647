#include "accounts/session.hpp"

#include <gtest/gtest.h>

namespace keyward::accounts {
namespace {

TEST(ReadOnlySession, ReadsWhatIsInTheAccountAndNothingOfTheCallersOwn) {
  const std::string policy = read_only_session_policy();
  EXPECT_NE(policy.find("\"iam:ListUsers\""), std::string::npos) << policy;
  for (const char* action : {"iam:CreateAccessKey", "ses:", "sns:", "dynamodb:", "ssm:", "s3:", "AssumeRole", "GetSecretValue"}) {
    EXPECT_EQ(policy.find(action), std::string::npos) << action;
  }
}

}  // namespace
}  // namespace keyward::accounts
