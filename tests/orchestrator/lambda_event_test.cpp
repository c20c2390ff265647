#include "orchestrator/lambda_event.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace keyward::orchestrator {
namespace {

template <class Event>
Event parsed(std::string_view text) {
  const auto event = parse_lambda_event(text);
  if (!event) {
    ADD_FAILURE() << text << ": " << event.error().message;
    throw std::runtime_error("refused");
  }
  return std::get<Event>(*event);
}

TEST(LambdaEvent, TheDailyRunIsNothingASchedulesOrNamed) {
  for (const char* text : {"{}", R"({"action":"run"})", R"({"action":"run","dryrun":false})",
                           R"({"version":"0","source":"aws.events","detail-type":"Scheduled Event","account":"111111111111","detail":{}})",
                           R"({"source":"aws.scheduler","detail-type":"Scheduled Event"})"}) {
    EXPECT_FALSE(parsed<DailyRunEvent>(text).dry_run) << text;
  }
  EXPECT_TRUE(parsed<DailyRunEvent>(R"({"action":"run","dryrun":"TRUE"})").dry_run);
  EXPECT_TRUE(parsed<InventoryEvent>(R"({"action":"inventory","dryrun":true})").dry_run);
}

TEST(LambdaEvent, AnAccountAsTheGuidanceNamesIt) {
  const auto plain = parsed<AccountEvent>(R"({"account":"222222222222","name":"shop","email":"a@example.org"})");
  EXPECT_EQ(plain.account.id.str(), "222222222222");
  EXPECT_EQ(plain.account.name, "shop");
  EXPECT_EQ(plain.account.email, "a@example.org");
  EXPECT_EQ(plain.account.state, accounts::AccountState::active);
  EXPECT_FALSE(plain.force_rotate);
  EXPECT_FALSE(plain.path_given || plain.account.tags || plain.dry_run);
  const auto forced = parsed<AccountEvent>(R"({"ForceRotate":"svc","account":"222222222222","name":"","email":"","dryrun":"true"})");
  EXPECT_EQ(forced.force_rotate->str(), "svc");
  EXPECT_TRUE(forced.dry_run);
  EXPECT_FALSE(parsed<AccountEvent>(R"({"ForceRotate":"","account":"222222222222","name":"","email":""})").force_rotate);
}

TEST(LambdaEvent, WhatAnInventoryListsIsAnEvent) {
  accounts::Account account{*base::AccountId::parse("222222222222"), "shop", "a@example.org", accounts::AccountState::active, false,
                            {"r-ab12", "ou-ab12-11111111"}, std::map<std::string, std::string>{{"env", "prod"}}};
  const auto back = parsed<AccountEvent>(boost::json::serialize(account_event(account, true, true, true)));
  EXPECT_EQ(back.account.path, account.path);
  EXPECT_EQ(back.account.tags, account.tags);
  EXPECT_TRUE(back.path_given && back.dry_run);
  EXPECT_EQ(boost::json::serialize(account_event(account, false, false, false)),
            R"({"account":"222222222222","name":"shop","email":"a@example.org"})");
}

TEST(LambdaEvent, PiecesOfAFanOutHaveAPlaceOfTheirOwn) {
  const auto listing = parsed<InventoryEvent>(R"({"action":"inventory","bucket":"records","prefix":"runs/monday"})");
  ASSERT_TRUE(listing.fan_out);
  EXPECT_EQ(listing.fan_out->bucket, "records");
  EXPECT_EQ(listing.fan_out->prefix, "runs/monday");
  EXPECT_EQ(parsed<MergeEvent>(R"({"action":"merge","bucket":"records","prefix":"runs/monday"})").fan_out.prefix, "runs/monday");
  EXPECT_TRUE(parsed<AccountEvent>(R"({"account":"222222222222","name":"","email":"","bucket":"records","prefix":"a"})").fan_out);
  EXPECT_FALSE(parsed<AccountEvent>(R"({"account":"222222222222","name":"","email":""})").fan_out);
  for (const char* text :
       {R"({"action":"merge"})", R"({"action":"merge","bucket":"records"})", R"({"action":"merge","bucket":"records","prefix":""})",
        R"({"action":"merge","bucket":"records","prefix":"a","dryrun":true})", R"({"action":"inventory","bucket":"Records!","prefix":"a"})",
        R"({"action":"inventory","bucket":"records/other","prefix":"a"})", R"({"action":"inventory","prefix":"a"})",
        R"({"action":"run","bucket":"records","prefix":"a"})", R"({"action":"merge","bucket":7,"prefix":"a"})",
        R"({"account":"222222222222","name":"","email":"","ForceRotate":"svc","bucket":"records","prefix":"a"})"}) {
    EXPECT_FALSE(parse_lambda_event(text)) << text;
  }
}

TEST(LambdaEvent, AUserOfTheOwnAccount) {
  EXPECT_EQ(parsed<UserEvent>(R"({"action":"create","username":"svc"})").order, KeyOrder::create);
  EXPECT_EQ(parsed<UserEvent>(R"({"action":"deactivate","username":"svc"})").order, KeyOrder::deactivate);
  const auto removed = parsed<UserEvent>(R"({"action":"delete","username":"svc","dryrun":true})");
  EXPECT_EQ(removed.order, KeyOrder::remove);
  EXPECT_EQ(removed.user.str(), "svc");
  EXPECT_TRUE(removed.dry_run);
}

TEST(LambdaEvent, ARotationOfSecretsManager) {
  const char* event = R"({"Step":"createSecret","SecretId":"arn","ClientRequestToken":"t"})";
  EXPECT_EQ(boost::json::serialize(parsed<SecretEvent>(event).event), event);
}

TEST(LambdaEvent, WhatIsHalfUnderstoodIsRefusedAndNotRepeated) {
  for (const char* text :
       {"", "null", "[]", "{", R"("run")", R"({"action":"purge"})", R"({"action":1})", R"({"action":"run","username":"SECRET"})",
        R"({"action":"run","dryrun":"maybe SECRET"})", R"({"action":"run","dryrun":1})", R"({"action":"delete"})",
        R"({"action":"delete","username":""})", R"({"action":"delete","username":"not a user SECRET"})",
        R"({"action":"delete","username":"svc","Username":"SECRET"})", R"({"account":"222222222222"})",
        R"({"account":"SECRET","name":"","email":""})", R"({"account":222222222222,"name":"","email":""})",
        R"({"account":"222222222222","name":"","email":null})", R"({"account":"222222222222","name":"","email":"","forcerotate":"svc"})",
        R"({"account":"222222222222","name":"","email":"","path":"SECRET"})", R"({"account":"222222222222","name":"","email":"","tags":{"a":1}})",
        R"({"Step":"createSecret","SecretId":"SECRET"})", R"({"source":"aws.s3","detail-type":"Scheduled Event"})",
        R"({"source":"aws.events","detail-type":"Scheduled Event","dryrun":true})"}) {
    const auto event = parse_lambda_event(text);
    ASSERT_FALSE(event) << text;
    EXPECT_NE(event.error().message.find("\"ClientRequestToken\""), std::string::npos) << "the shapes are named: " << text;
    EXPECT_EQ(event.error().message.find("SECRET"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace keyward::orchestrator
