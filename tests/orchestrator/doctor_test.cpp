#include <gtest/gtest.h>

#include "orchestrator/doctor.hpp"
#include "orchestrator/doctor_accounts.hpp"
#include "orchestrator/doctor_rights.hpp"
#include "orchestrator/doctor_store.hpp"

namespace keyward::orchestrator {
namespace {

accounts::Account account(const std::string& id, std::vector<std::string> path) {
  return {base::AccountId::parse(id).value(),
          "name",
          "mail@example.org",
          accounts::AccountState::active,
          false,
          std::move(path),
          std::nullopt};
}

std::vector<std::string> ids(const std::vector<accounts::Account>& all) {
  std::vector<std::string> list;
  for (const accounts::Account& one : all) list.push_back(one.id.str());
  return list;
}

TEST(DoctorSample, TakesOneOfEachUnitBeforeASecondOfAny) {
  const std::vector<accounts::Account> all{account("100000000001", {"r-1", "ou-a"}),
                                           account("100000000002", {"r-1", "ou-a"}),
                                           account("100000000003", {"r-1", "ou-a"}),
                                           account("100000000004", {"r-1", "ou-b"}), account("100000000005", {"r-1"})};
  EXPECT_EQ(ids(sample_of(all, 3)), (std::vector<std::string>{"100000000001", "100000000004", "100000000005"}));
  EXPECT_EQ(sample_of(all, 9).size(), all.size());
  EXPECT_TRUE(sample_of({}, 3).empty());
}

TEST(DoctorSample, AlwaysHasTheManagementAccount) {
  std::vector<accounts::Account> all{account("100000000001", {"ou-a"}), account("100000000002", {"ou-b"}),
                                     account("999999999999", {"r-1"})};
  all.back().management = true;
  EXPECT_EQ(ids(sample_of(all, 2)), (std::vector<std::string>{"100000000001", "999999999999"}));
}

TEST(DoctorRights, TheSimulatorIsAskedWithoutWildcards) {
  const PolicyStatement statement{
      "Sid",
      {"secretsmanager:CreateSecret"},
      {"arn:aws:secretsmanager:us-east-1:222222222222:secret:Account_222222222222_User_*-??????"},
      {{"StringLike", "secretsmanager:Name", {"Account_*", "other"}},
       {"ForAllValues:StringEquals", "aws:TagKeys", {"a", "b"}}},
      "why"};
  const aws::SimulatedAccess question = question_of(statement, "arn:aws:iam::222222222222:role/r");
  EXPECT_EQ(
      question.resources,
      std::vector<std::string>{
          "arn:aws:secretsmanager:us-east-1:222222222222:secret:Account_222222222222_User_keyward-doctor-aaaaaa"});
  EXPECT_EQ(question.context.at("secretsmanager:Name"), std::vector<std::string>{"Account_keyward-doctor"});
  EXPECT_EQ(question.context.at("aws:PrincipalAccount"), std::vector<std::string>{"222222222222"});
  EXPECT_EQ(question.context.at("aws:TagKeys"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(question_of({"Sid", {"iam:ListUsers"}, {"*"}, {}, "why"}, "p").resources.empty());
  EXPECT_EQ(question_of({"Sid", {"sts:AssumeRole"}, {"arn:aws:iam::*:role/keyward"}, {}, "why"}, "p").resources,
            std::vector<std::string>{"arn:aws:iam::111122223333:role/keyward"});
}

TEST(DoctorRights, ASessionIsItsRole) {
  EXPECT_EQ(principal_behind("arn:aws:sts::111111111111:assumed-role/control/session"),
            "arn:aws:iam::111111111111:role/control");
  EXPECT_EQ(principal_behind("arn:aws-cn:iam::111111111111:user/path/hub"),
            "arn:aws-cn:iam::111111111111:user/path/hub");
  EXPECT_EQ(principal_behind("arn:aws:iam::111111111111:root"), std::nullopt);
  EXPECT_EQ(principal_behind("arn:aws:sts::111111111111:federated-user/bob"), std::nullopt);
}

TEST(DoctorFix, CallsKeywardWithTheSameConfiguration) {
  const std::string fix = "keyward policy audit > a.json\naws iam x   # keyward y\nkeyward inventory";
  EXPECT_EQ(with_configuration(fix, std::nullopt), fix);
  EXPECT_EQ(with_configuration(fix, "my.yaml"),
            "keyward -c my.yaml policy audit > a.json\naws iam x   # keyward y\nkeyward -c my.yaml inventory");
  EXPECT_EQ(with_configuration("keyward inventory", "it's my.yaml"), "keyward -c 'it'\\''s my.yaml' inventory");
  EXPECT_EQ(with_configuration("", "my.yaml"), "");
}

TEST(DoctorStore, AKeysPolicyNamesWhoMayDecrypt) {
  const std::vector<std::string> accounts{"222222222222", "333333333333"};
  using List = std::vector<std::string>;
  EXPECT_EQ(accounts_without_key(R"({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt"}})",
                                 accounts),
            List{});
  EXPECT_EQ(
      accounts_without_key(
          R"({"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::222222222222:root"]}, "Action": ["kms:Decrypt", "kms:DescribeKey"]}]})",
          accounts),
      List{"333333333333"});
  EXPECT_EQ(
      accounts_without_key(
          R"({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "333333333333"}, "Action": "kms:Encrypt"}]})",
          accounts),
      accounts);
  EXPECT_EQ(
      accounts_without_key(R"({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "kms:*"}]})", accounts),
      accounts);
  EXPECT_EQ(accounts_without_key("no policy", accounts), accounts);
}

}  // namespace
}  // namespace keyward::orchestrator
