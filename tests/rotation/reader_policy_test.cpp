#include "rotation/reader_policy.hpp"

#include <gtest/gtest.h>

namespace keyward::rotation {
namespace {

const std::vector<base::Arn> k_user{*base::Arn::parse("arn:aws:iam::111122223333:user/svc")};

TEST(ReaderPolicy, LetsTheReadersReadAndNobodyElse) {
  const auto policy = with_readers("", k_user);
  ASSERT_TRUE(policy);
  ASSERT_TRUE(*policy);
  EXPECT_EQ(**policy,
            R"({"Version":"2012-10-17","Statement":[)"
            R"({"Sid":"KeywardAllowReaders","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:user/svc"]},)"
            R"("Action":["secretsmanager:GetSecretValue","secretsmanager:DescribeSecret"],"Resource":"*"},)"
            R"({"Sid":"KeywardDenyEveryoneElse","Effect":"Deny","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*",)"
            R"("Condition":{"ArnNotEquals":{"aws:PrincipalArn":["arn:aws:iam::111122223333:user/svc"]}}}]})");
}

TEST(ReaderPolicy, IsWrittenOnlyWhenItDiffers) {
  const auto first = with_readers("", k_user);
  const auto again = with_readers(**first, k_user);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
}

TEST(ReaderPolicy, KeepsTheOwnersOwnStatements) {
  const auto policy = with_readers(R"({"Version":"2012-10-17","Statement":{"Sid":"Backup","Effect":"Allow"}})", k_user);
  ASSERT_TRUE(policy);
  EXPECT_NE((*policy)->find(R"("Sid":"Backup")"), std::string::npos);
  std::vector<base::Arn> more = k_user;
  more.push_back(*base::Arn::parse("arn:aws:iam::111122223333:role/reader"));
  const auto widened = with_readers(**policy, more);
  ASSERT_TRUE(widened && *widened);
  EXPECT_NE((*widened)->find("role/reader"), std::string::npos);
  EXPECT_EQ((*widened)->find("KeywardAllowReaders"), (*widened)->rfind("KeywardAllowReaders"));
}

TEST(ReaderPolicy, DoesNotReplaceWhatItCannotRead) {
  EXPECT_FALSE(with_readers("not json", k_user));
  EXPECT_FALSE(with_readers("[]", k_user));
}

}  // namespace
}  // namespace keyward::rotation
