#include "orchestrator/stack_parameters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace keyward::orchestrator {
namespace {

namespace json = boost::json;
using Outcome = TranslatedParameter::Outcome;
using Parameters = std::vector<StackParameter>;

// The defaults of the notifier-solution template where it has some, and its required ones.
const Parameters k_stack{{"S3BucketName", "asa-bucket"},
                         {"S3BucketPrefix", "asa/rotation"},
                         {"AdminEmailAddress", "keys@example.org"},
                         {"ResourceOwnerTag", "Owner"},
                         {"AWSOrgID", "o-exampleorgid"},
                         {"IAMExemptionGroup", "IAMKeyRotationExemptionGroup"},
                         {"IAMRoleName", "asa-iam-key-rotation-lambda-assumed-role"},
                         {"ExecutionRoleName", "asa-iam-key-rotation-lambda-execution-role"},
                         {"InventoryExecutionRoleName", "asa-account-inventory"},
                         {"OrgListAccount", "111111111111"},
                         {"OrgListRole", "asa-iam-key-rotation-list-accounts-role"},
                         {"EmailTemplateEnforce", "iam-auto-key-rotation-enforcement.html"},
                         {"EmailTemplateAudit", "iam-auto-key-rotation-audit.html"},
                         {"SMTPUserParamName", "/iam-key-auto-rotation/smtp/user"},
                         {"SMTPPasswordParamName", "/iam-key-auto-rotation/smtp/password"},
                         {"RotationPeriod", "90"},
                         {"InactivePeriod", "100"},
                         {"InactiveBuffer", "10"},
                         {"RecoveryGracePeriod", "10"},
                         {"DryRunFlag", "False"},
                         {"StoreSecretsInCentralAccount", "False"},
                         {"CredentialReplicationRegions", "eu-west-1, ap-south-1"},
                         {"RunLambdaInVPC", "False"},
                         {"VpcId", "vpc-1"},
                         {"VpcCidr", "10.0.0.0/16"},
                         {"SubnetId", "subnet-1"}};

struct Translated {
  explicit Translated(const Parameters& parameters) : list(translate_stack_parameters(parameters, draft)) {}
  const TranslatedParameter& operator[](std::string_view name) const { return *std::ranges::find(list, name, &TranslatedParameter::name); }

  ConfigurationDraft draft;
  std::vector<TranslatedParameter> list;
};

TEST(StackParameters, AreReadInEveryFormThatTheyAreKeptIn) {
  const Parameters expected{{"RotationPeriod", "60"}, {"DryRunFlag", "True"}};
  const std::string list =
      R"([{"ParameterKey": "RotationPeriod", "ParameterValue": "60"}, {"ParameterKey": "DryRunFlag", "ParameterValue": "True"}])";
  for (const std::string& form :
       {list, R"({"Stacks": [{"StackName": "asa", "Parameters": )" + list + "}]}", R"({"Parameters": )" + list + "}",
        std::string(R"({"Parameters": {"RotationPeriod": "60", "DryRunFlag": "True"}})"),
        std::string(R"({"RotationPeriod": 60, "DryRunFlag": "True"})")}) {
    const base::Result<Parameters> read = read_stack_parameters(form);
    ASSERT_TRUE(read) << form << read.error().message;
    EXPECT_EQ(*read, expected) << form;
  }
}

TEST(StackParameters, WhatIsNoneOfThemIsToldWithWhatToGive) {
  for (const char* text : {"", "RotationPeriod: 60", "7", R"({"Stacks": []})", R"({"Stacks": [{}, {}]})", R"([{"Key": "a"}])",
                           R"({"a": {"b": "c"}})", R"({"Stacks": [{"StackName": "empty"}]})"}) {
    const base::Result<Parameters> read = read_stack_parameters(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message.find("describe-stacks"), std::string::npos);
  }
}

TEST(StackParameters, EveryOneOfTheTemplateFindsItsPlaceOrAReason) {
  const Translated translated(k_stack);
  ASSERT_EQ(translated.list.size(), k_stack.size());
  for (std::size_t i = 0; i < k_stack.size(); ++i) {
    EXPECT_EQ(translated.list[i].name, k_stack[i].first);
    EXPECT_NE(translated.list[i].outcome, Outcome::unknown) << k_stack[i].first;
    EXPECT_FALSE(translated.list[i].text.empty()) << k_stack[i].first;
  }
  const std::vector<std::pair<std::string_view, std::string_view>> taken{
      {"organization.id", "o-exampleorgid"},
      {"organization.list_role", "arn:aws:iam::111111111111:role/asa-iam-key-rotation-list-accounts-role"},
      {"member_role", "asa-iam-key-rotation-lambda-assumed-role"},
      {"users.exempt_group", "IAMKeyRotationExemptionGroup"},
      {"policy.rotate_after_days", "90"},
      {"policy.install_grace_days", "10"},
      {"policy.recovery_grace_days", "10"},
      {"store.target", "member"},
      {"store.replica_regions", "[eu-west-1, ap-south-1]"},
      {"notify.owner_tag", "Owner"},
      {"notify.sender", "keys@example.org"},
      {"notify.templates", "s3://asa-bucket/asa/rotation/Template"},
      {"notify.template_enforce", "iam-auto-key-rotation-enforcement.html"}};
  for (const auto& [path, value] : taken) {
    ASSERT_NE(translated.draft.get(path), nullptr) << path;
    EXPECT_EQ(translated.draft.text_of(path), value) << path;
  }
}

TEST(StackParameters, WhatNeverWorkedThereIsSaid) {
  const Translated translated(k_stack);
  EXPECT_EQ(translated["InactivePeriod"].outcome, Outcome::never_worked);
  EXPECT_NE(translated["InactiveBuffer"].text.find("7 days"), std::string::npos);
  EXPECT_NE(translated["ResourceOwnerTag"].text.find("no owner got mail"), std::string::npos);
  EXPECT_EQ(translated["VpcId"].outcome, Outcome::not_needed);
  EXPECT_EQ(translated["SMTPUserParamName"].outcome, Outcome::not_taken);
  EXPECT_EQ(translated.draft.get("notify.smtp_user"), nullptr);
}

TEST(StackParameters, DryRunIsNeverTurnedOff) {
  for (const char* flag : {"False", "false", "True", "perhaps"}) {
    const Translated translated(Parameters{{"DryRunFlag", flag}});
    EXPECT_EQ(translated.draft.get("dry_run"), nullptr);
    EXPECT_NE(translated["DryRunFlag"].text.find("dry_run stays true"), std::string::npos);
  }
}

TEST(StackParameters, TheGraceComesFromInactivePeriodWhereNothingElseSaysIt) {
  const Translated translated({{"RotationPeriod", "80"}, {"InactivePeriod", "95"}});
  EXPECT_EQ(translated.draft.text_of("policy.install_grace_days"), "15");
  EXPECT_NE(translated["InactivePeriod"].text.find("from day 80 to day 95"), std::string::npos);
}

TEST(StackParameters, ACentralStoreGetsTheKeyThatItLacked) {
  const Translated translated({{"StoreSecretsInCentralAccount", "True"}, {"OrgListAccount", "111111111111"}, {"OrgListRole", "r"}});
  EXPECT_EQ(translated.draft.text_of("store.target"), "central");
  EXPECT_EQ(translated.draft.text_of("store.kms_key_id"), "alias/keyward");
  EXPECT_EQ(translated.draft.text_of("store.role"), "arn:aws:iam::111111111111:role/keyward-store");
}

TEST(StackParameters, InAVpcMailGoesBySmtp) {
  const Translated translated({{"RunLambdaInVPC", "True"}, {"SMTPUserParamName", "/u"}, {"SMTPPasswordParamName", "/p"}});
  EXPECT_EQ(translated.draft.text_of("notify.smtp_user"), "ssm:/u");
  EXPECT_EQ(translated.draft.text_of("notify.smtp_password"), "ssm:/p");
}

TEST(StackParameters, WrongUnknownEmptyAndSecretOnesAreNamed) {
  const std::string secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const Translated translated({{"RotationPeriod", "soon"},
                               {"Favourite", "blue"},
                               {"ResourceOwnerTag", ""},
                               {"SMTPPasswordParamName", secret},
                               {"OrgListAccount", "111111111111"},
                               {"S3BucketPrefix", "alone"}});
  EXPECT_EQ(translated["RotationPeriod"].outcome, Outcome::not_taken);
  EXPECT_NE(translated["RotationPeriod"].text.find("whole number"), std::string::npos);
  EXPECT_EQ(translated["Favourite"].outcome, Outcome::unknown);
  EXPECT_EQ(translated["ResourceOwnerTag"].outcome, Outcome::not_taken);
  EXPECT_EQ(translated["SMTPPasswordParamName"].value, "(hidden)");
  EXPECT_NE(translated["OrgListAccount"].text.find("without OrgListRole"), std::string::npos);
  EXPECT_NE(translated["S3BucketPrefix"].text.find("without S3_BUCKET_NAME"), std::string::npos);
  EXPECT_EQ(translated.draft.render().find(secret), std::string::npos);
}

}  // namespace
}  // namespace keyward::orchestrator
