#include "sandbox/scenario.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <stdexcept>

#include "base/digest.hpp"

namespace keyward::sandbox {
namespace {

World empty_world() {
  return World(7,
               VirtualClock(*base::parse_iso8601("2026-01-01T00:00:00Z"), [] { return std::chrono::milliseconds(0); }));
}

std::string complaint(const char* scenario) {
  World world = empty_world();
  try {
    load_scenario(world, boost::json::parse(scenario).as_object());
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(Scenario, ReadsKeysAsDescribed) {
  World world = empty_world();
  load_scenario(world, boost::json::parse(R"({"accounts": [{"id": "222222222222", "state": "SUSPENDED", "users": [
      {"name": "a,b", "path": "/x/", "groups": ["IAMKeyRotationExemptionGroup"], "keys": [
        {"id": "AKIAEXAMPLEEXAMPLE12", "secret": "s", "created": "2025-10-03T00:00:00Z", "status": "Inactive", "status_changed_days_ago": 3},
        {"age_days": 5, "last_used": {"days_ago": 1, "service": "ec2", "region": "eu-west-1"}}]}]}]})")
                           .as_object());
  const Account& account = world.accounts.at("222222222222");
  EXPECT_EQ(account.state, AccountState::suspended);
  const User& user = account.users.at("A,B");
  EXPECT_EQ(user_arn(account, user), "arn:aws:iam::222222222222:user/x/a,b");
  EXPECT_TRUE(user.groups.contains("iamkeyrotationexemptiongroup"));
  ASSERT_EQ(user.keys.size(), 2u);
  EXPECT_EQ(user.keys[0].secret, "s");
  EXPECT_FALSE(user.keys[0].active);
  EXPECT_EQ(base::format_iso8601(user.keys[0].changed), "2025-12-29T00:00:00Z");
  EXPECT_FALSE(user.keys[0].last_used);
  EXPECT_EQ(base::format_iso8601(user.keys[1].created), "2025-12-27T00:00:00Z");
  EXPECT_EQ(user.keys[1].last_used->service, "ec2");
}

TEST(Scenario, NamesThePlaceOfAMistake) {
  EXPECT_EQ(complaint(R"({"acounts": []})"), "scenario: the scenario has an unknown member 'acounts'");
  EXPECT_EQ(complaint(R"({"accounts": [{"id": "12"}]})"),
            "scenario: the scenario.accounts[0] 'id' must have 12 digits");
  EXPECT_EQ(
      complaint(R"({"accounts": [{"id": "222222222222", "users": [{"name": "a", "keys": [{}, {"status": "Off"}]}]}]})"),
      "scenario: the scenario.accounts[0].users[0].keys[1] 'status' is Active or Inactive");
  EXPECT_NE(complaint(R"({"accounts": [{"id": "222222222222", "ou": "Nowhere"}]})")
                .find("unknown organizational unit 'Nowhere'"),
            std::string::npos);
  EXPECT_NE(
      complaint(
          R"({"accounts": [{"id": "222222222222", "users": [{"name": "a", "policies": {"p": {"Statement": [{}]}}}]}]})")
          .find("AWS would refuse"),
      std::string::npos);
}

TEST(Scenario, TheSameSeedGivesTheSameIdsWithEveryCompiler) {
  World world = empty_world();
  generate_organization(world, {6, 12});
  std::string ids = world.organization_id;
  for (const auto& [id, account] : world.accounts) {
    ids += " " + id;
    for (const auto& [name, user] : account.users) {
      ids += " " + name + user.id;
      for (const AccessKey& key : user.keys) {
        ids += " " + key.id + key.secret + base::format_iso8601(key.created);
        if (key.last_used)
          ids += base::format_iso8601(key.last_used->date) + key.last_used->service + key.last_used->region;
      }
    }
  }
  EXPECT_EQ(base::sha256_hex(ids), "8a8c49335e3a506c7d278d10a35a664ec2857f78950f57440589b1e0e3585138")
      << "the recipe of generated worlds changed: demos and recorded runs will differ";
}

TEST(Scenario, AGeneratedWorldHasEverySituation) {
  World world = empty_world();
  generate_organization(world, {6, 12});
  int active = 0, inactive_keys = 0, never_used = 0, two_keys = 0, exempt = 0, empty_accounts = 0;
  for (const auto& [id, account] : world.accounts) {
    active += account.state == AccountState::active;
    empty_accounts += account.state == AccountState::active && account.users.empty();
    for (const auto& [name, user] : account.users) {
      two_keys += user.keys.size() == 2;
      exempt += user.groups.contains(k_exemption_group);
      for (const AccessKey& key : user.keys) {
        inactive_keys += !key.active;
        never_used += !key.last_used;
      }
    }
  }
  EXPECT_EQ(active, 7);  // six members and the management account
  EXPECT_EQ(world.accounts.size(), 9u);
  EXPECT_EQ(empty_accounts, 1);
  EXPECT_GT(inactive_keys, 0);
  EXPECT_GT(never_used, 0);
  EXPECT_GT(two_keys, 0);
  EXPECT_GT(exempt, 0);
}

}  // namespace
}  // namespace keyward::sandbox
