#include "aws/dynamodb_client.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

struct DynamoDb : testing::Test {
  FakeWorld world;
  ScriptedCredentials identity{CredentialsPtr(long_term_credentials())};
  Caller caller{world.context, identity, world.region, Writes::refused};
  DynamoDbClient client{caller};

  base::Result<std::vector<DynamoDbClient::Item>> scan() {
    return test::run(world.loop, client.scan("owners", {"account_id", "email"}));
  }
};

TEST_F(DynamoDb, ReadsAllPagesAlsoAnEmptyOne) {
  world.transport.answer(200, R"({"Items":[{"account_id":{"S":"1"},"email":{"S":"a@b.c"}}],"LastEvaluatedKey":{"account_id":{"S":"1"}}})");
  world.transport.answer(200, R"({"Items":[],"LastEvaluatedKey":{"account_id":{"S":"2"}}})");
  world.transport.answer(200, R"({"Items":[{"account_id":{"S":"3"},"email":{"N":"7"}}]})");
  const auto items = scan();
  ASSERT_TRUE(items) << describe(items.error());
  EXPECT_EQ(*items, (std::vector<DynamoDbClient::Item>{{{"account_id", "1"}, {"email", "a@b.c"}}, {{"account_id", "3"}}}));
  const auto& requests = world.transport.requests();
  EXPECT_EQ(requests.at(0).body,
            R"({"TableName":"owners","ConsistentRead":true,"ProjectionExpression":"#a0,#a1","ExpressionAttributeNames":{"#a0":"account_id","#a1":"email"}})");
  EXPECT_NE(requests.at(2).body.find(R"("ExclusiveStartKey":{"account_id":{"S":"2"}})"), std::string::npos);
}

TEST_F(DynamoDb, ATableThatCannotBeReadToItsEndIsAnError) {
  world.transport.answer(200, R"({"Items":[],"LastEvaluatedKey":{"account_id":{"S":"1"}}})");
  world.transport.answer(400, R"({"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"gone"})");
  const auto items = scan();
  ASSERT_FALSE(items);
  EXPECT_EQ(items.error().kind, base::ErrorKind::not_found);
}

TEST_F(DynamoDb, AKeyThatComesBackEndsTheScan) {
  for (int i = 0; i < 2; ++i) world.transport.answer(200, R"({"Items":[],"LastEvaluatedKey":{"account_id":{"S":"1"}}})");
  const auto items = scan();
  ASSERT_FALSE(items);
  EXPECT_EQ(items.error().code, "RepeatedPageToken");
}

}  // namespace
}  // namespace keyward::aws
