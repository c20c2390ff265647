#include "base/ids.hpp"

#include <gtest/gtest.h>

namespace keyward::base {
namespace {

TEST(AccountId, TakesExactlyTwelveDigits) {
  EXPECT_TRUE(AccountId::parse("000011112222"));
  EXPECT_FALSE(AccountId::parse("11112222"));
  EXPECT_FALSE(AccountId::parse("1111222233334"));
  EXPECT_FALSE(AccountId::parse("11112222333x"));
  EXPECT_FALSE(AccountId::parse(""));
}

TEST(Arn, TakesEveryPartitionAndResourcesWithColons) {
  const auto arn = Arn::parse("arn:aws-us-gov:iam::111122223333:role/path/name");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn_partition(*arn), "aws-us-gov");
  EXPECT_EQ(arn_account(*arn), "111122223333");
  EXPECT_TRUE(Arn::parse("arn:aws:secretsmanager:us-east-1:111122223333:secret:name-a1b2c3"));
  EXPECT_FALSE(Arn::parse("arn:aws:iam::111122223333"));
  EXPECT_FALSE(Arn::parse("iam::111122223333:role/name-name"));
  EXPECT_FALSE(Arn::parse("arn:aws:iam::111122223333:role/with space"));
}

TEST(Region, TakesRegionsOfEveryPartition) {
  for (const char* name : {"us-east-1", "ap-southeast-7", "us-gov-west-1", "cn-northwest-1", "eusc-de-east-1"}) {
    EXPECT_TRUE(Region::parse(name)) << name;
  }
  for (const char* name : {"", "us", "us-east", "US-EAST-1", "us-east-1/", "localhost"}) {
    EXPECT_FALSE(Region::parse(name)) << name;
  }
}

TEST(UserName, TakesTheWholeIamAlphabetAndNothingElse) {
  EXPECT_TRUE(UserName::parse("svc,a+b=c@example.org-_."));
  EXPECT_TRUE(UserName::parse(std::string(64, 'x')));
  EXPECT_FALSE(UserName::parse(std::string(129, 'x')));
  EXPECT_FALSE(UserName::parse("with space"));
  EXPECT_FALSE(UserName::parse("a/b"));
  EXPECT_FALSE(UserName::parse(""));
}

TEST(AccessKeyId, IsShownByItsLastFourCharactersOnly) {
  const auto id = AccessKeyId::parse("AKIAIOSFODNN7EXAMPLE");
  ASSERT_TRUE(id);
  EXPECT_EQ(last_four(*id), "…MPLE");
}

}  // namespace
}  // namespace keyward::base
