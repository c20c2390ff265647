#include "orchestrator/permissions.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "configuration_fixture.hpp"

namespace keyward::orchestrator {
namespace {

constexpr PolicyMode k_modes[] = {PolicyMode::control, PolicyMode::inventory, PolicyMode::audit, PolicyMode::rotate,
                                  PolicyMode::store};

bool allows(const PolicyStatement& statement) { return statement.effect == PolicyEffect::allow; }

/// Every feature that needs a right, in the fewest configurations.
const char* const k_everything[] = {
    R"(
organization: {id: o-exampleorgid}
audit_role: keyward-audit
accounts: {default: opt-in, include: [{ou: ou-ab12-11111111}, {tag: {keyward: enabled}}]}
users: {exempt_group: Exempt}
store: {replica_regions: [eu-west-1], kms_key_id: alias/keyward}
notify:
  sender: keyward@mail.example.org
  allowed_domains: [example.org]
  recipients_file: dynamodb://owners?region=eu-west-1
  templates: s3://templates/keyward
  smtp_user: ssm:/keyward/smtp/user
  smtp_password: ssm:keyward-password:3
  channels: [{type: ses, configuration_set: keyward}, {type: smtp, host: smtp.example.org}, {type: metrics},
             {type: sns, topic_arn: "arn:aws:sns:eu-central-1:111111111111:keyward"}]
report: {security_hub: true}
)",
    R"(
organization: {list_role: "arn:aws:iam::111111111111:role/keyward-inventory"}
accounts: {default: opt-in, include: [{id: "222222222222"}, {id: "333333333333"}]}
notify: {channels: [{type: file}], owner: [user_tag]}
store: {target: central, kms_key_id: "arn:aws:kms:us-east-1:111111111111:key/aaaa", role: "arn:aws:iam::111111111111:role/keyward-store"}
)",
};

class PermissionsTest : public ConfigurationTest {
 protected:
  Permissions rights(std::string_view text, PolicyMode mode) {
    return permissions_of(configuration_of(text), mode, {"aws", "us-east-1", "*"});
  }
  Permissions doctors_rights(std::string_view text, PolicyMode mode) {
    return doctor_permissions_of(configuration_of(text), mode, {"aws", "us-east-1", "*"});
  }
  /// What is allowed of everything above, by mode.
  std::vector<PolicyStatement> all_statements() {
    std::vector<PolicyStatement> all;
    for (const char* text : k_everything) {
      for (const PolicyMode mode : k_modes) {
        for (PolicyStatement& statement : rights(text, mode).statements) {
          if (allows(statement)) all.push_back(std::move(statement));
        }
      }
    }
    return all;
  }
};

std::set<std::string> actions(const Permissions& permissions) {
  std::set<std::string> all;
  for (const PolicyStatement& statement : permissions.statements) {
    if (allows(statement)) all.insert(statement.actions.begin(), statement.actions.end());
  }
  return all;
}

const PolicyStatement& with_action(const Permissions& permissions, const std::string& action) {
  const auto found = std::ranges::find_if(permissions.statements, [&](const PolicyStatement& statement) {
    return allows(statement) && std::ranges::find(statement.actions, action) != statement.actions.end();
  });
  if (found == permissions.statements.end()) throw std::out_of_range("no statement with " + action);
  return *found;
}

TEST_F(PermissionsTest, EveryCallHasItsRightAndEveryRightItsCall) {
  std::set<std::string> granted;
  for (const PolicyStatement& statement : all_statements())
    granted.insert(statement.actions.begin(), statement.actions.end());
  for (const char* text : k_everything) {
    for (const PolicyMode mode : k_modes) {
      const std::set<std::string> doctors = actions(doctors_rights(text, mode));
      granted.insert(doctors.begin(), doctors.end());
    }
  }
  const std::set<std::string> secrets = actions(rights(k_everything[1], PolicyMode::secret_rotation));
  granted.insert(secrets.begin(), secrets.end());
  // The bucket of a fan-out is named by its events and not by the configuration: deploy/fanout has the right for it.
  granted.insert("s3:PutObject");
  std::set<std::string> needed;
  for (const aws::Operation& call : aws::operations::k_all) {
    if (std::ranges::find(k_calls_without_right, call.full_name()) == k_calls_without_right.end())
      needed.insert(call.full_name());
  }
  for (const CompanionRight& right : k_companion_rights) needed.emplace(right.action);
  EXPECT_EQ(granted, needed);
}

TEST_F(PermissionsTest, NothingRaisesPrivilegesAndNoSecretIsRead) {
  for (const PolicyStatement& statement : all_statements()) {
    for (const std::string& action : statement.actions) {
      EXPECT_EQ(action.find('*'), std::string::npos) << action;
      for (const char* forbidden :
           {"Policy", "CreateUser", "CreateLoginProfile", "PassRole", "GetSecretValue", "DeleteSecret"}) {
        const bool of_secrets =
            action == "secretsmanager:PutResourcePolicy" || action == "secretsmanager:GetResourcePolicy";
        EXPECT_TRUE(of_secrets || action.find(forbidden) == std::string::npos) << action;
      }
    }
  }
}

/// A secret's policy that names somebody of its account lets him read, whatever else he may.
TEST_F(PermissionsTest, WhoWritesThePolicyOfASecretIsDeniedToReadAny) {
  const char* const by_caller =
      "notify: {channels: [{type: file}]}\naccounts: {default: opt-out}\nstore: {target: central, kms_key_id: alias/keyward}\n";
  const auto denies = [](const Permissions& permissions) {
    return std::ranges::any_of(permissions.statements, [](const PolicyStatement& statement) {
      return statement.effect == PolicyEffect::deny && statement.conditions.empty() &&
             statement.actions == std::vector<std::string>{"secretsmanager:GetSecretValue"} &&
             statement.resources == std::vector<std::string>{"*"};
    });
  };
  std::set<PolicyMode> writing;
  for (const char* text : {k_everything[0], k_everything[1], by_caller}) {
    for (const PolicyMode mode : k_modes) {
      const Permissions permissions = rights(text, mode);
      const bool writes = actions(permissions).contains("secretsmanager:PutResourcePolicy");
      EXPECT_EQ(denies(permissions), writes) << static_cast<int>(mode);
      if (writes) writing.insert(mode);
    }
  }
  EXPECT_EQ(writing, (std::set<PolicyMode>{PolicyMode::control, PolicyMode::rotate, PolicyMode::store}));
  EXPECT_FALSE(denies(rights(k_everything[0], PolicyMode::secret_rotation)));
}

TEST_F(PermissionsTest, OnlyTheRotationOfSecretsReadsThemAndOnlyItsOwn) {
  const Permissions permissions = rights(k_everything[1], PolicyMode::secret_rotation);
  const PolicyStatement& reading = with_action(permissions, "secretsmanager:GetSecretValue");
  ASSERT_EQ(reading.conditions.size(), 1U);
  EXPECT_EQ(reading.conditions[0].key, "secretsmanager:resource/AllowRotationLambdaArn");
  EXPECT_EQ(reading.conditions[0].values, std::vector<std::string>{"arn:aws:lambda:us-east-1:*:function:keyward-secret-rotation"});
}

TEST_F(PermissionsTest, DoctorDeletesNoSecretButItsOwn) {
  for (const char* text : k_everything) {
    for (const PolicyMode mode : k_modes) {
      for (const PolicyStatement& statement : doctors_rights(text, mode).statements) {
        if (statement.actions != std::vector<std::string>{"secretsmanager:DeleteSecret"}) continue;
        for (const std::string& resource : statement.resources)
          EXPECT_NE(resource.find("_User_keyward-doctor_AccessKey-??????"), std::string::npos) << resource;
      }
    }
  }
}

TEST_F(PermissionsTest, OnlyWhatAwsCannotScopeIsNotScoped) {
  // The service authorization reference has no resource for these.
  const std::set<std::string> unscoped{
      "organizations:DescribeOrganization", "organizations:ListAccounts", "organizations:ListRoots", "iam:ListUsers",
      "iam:GenerateCredentialReport",       "iam:GetCredentialReport",    "cloudwatch:PutMetricData"};
  for (const PolicyStatement& statement : all_statements()) {
    if (std::ranges::find(statement.resources, "*") == statement.resources.end()) continue;
    for (const std::string& action : statement.actions) EXPECT_TRUE(unscoped.contains(action)) << action;
  }
}

TEST_F(PermissionsTest, SidsAreLegalAndOccurOnce) {
  for (const char* text : k_everything) {
    for (const PolicyMode mode : k_modes) {
      std::set<std::string> seen;
      for (const PolicyStatement& statement : rights(text, mode).statements) {
        EXPECT_TRUE(std::ranges::all_of(statement.sid, [](unsigned char c) { return std::isalnum(c) != 0; }))
            << statement.sid;
        EXPECT_TRUE(seen.insert(statement.sid).second) << statement.sid;
        EXPECT_FALSE(statement.resources.empty() || statement.actions.empty() || statement.why.empty())
            << statement.sid;
      }
    }
  }
}

TEST_F(PermissionsTest, WhatIsNotUsedIsNotAskedFor) {
  const std::string_view text = "notify: {channels: [{type: file}], owner: [user_tag]}\naccounts: {default: opt-out}\n";
  using Set = std::set<std::string>;
  EXPECT_EQ(actions(rights(text, PolicyMode::control)),
            (Set{"sts:AssumeRole", "organizations:DescribeOrganization", "organizations:ListAccounts"}));
  EXPECT_EQ(actions(rights(text, PolicyMode::audit)),
            (Set{"iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListUsers", "iam:ListAccessKeys",
                 "iam:GetAccessKeyLastUsed", "iam:ListUserTags"}));
  const Set rotate = actions(rights(text, PolicyMode::rotate));
  EXPECT_TRUE(rotate.contains("iam:ListUsers") && rotate.contains("secretsmanager:CreateSecret"));
  EXPECT_FALSE(rotate.contains("kms:Decrypt") || rotate.contains("iam:GetGroup"));
  EXPECT_FALSE(rotate.contains("secretsmanager:ReplicateSecretToRegions"));
  EXPECT_TRUE(rights(text, PolicyMode::store).statements.empty());
}

TEST_F(PermissionsTest, AWeakerAuditRoleReadsInTheMemberRolesPlace) {
  const Permissions rotate = rights(k_everything[0], PolicyMode::rotate);
  EXPECT_FALSE(actions(rotate).contains("iam:ListUsers") || actions(rotate).contains("iam:GetGroup"));
  const PolicyStatement assume = with_action(rights(k_everything[0], PolicyMode::control), "sts:AssumeRole");
  EXPECT_EQ(assume.resources,
            (std::vector<std::string>{"arn:aws:iam::*:role/keyward-rotate", "arn:aws:iam::*:role/keyward-audit"}));
  EXPECT_EQ(assume.conditions,
            (std::vector<PolicyCondition>{{"StringEquals", "aws:ResourceOrgID", {"o-exampleorgid"}}}));
}

TEST_F(PermissionsTest, ACentralStoreIsWrittenByItsRoleAlone) {
  const Permissions control = rights(k_everything[1], PolicyMode::control);
  const Permissions rotate = rights(k_everything[1], PolicyMode::rotate);
  const Permissions store = rights(k_everything[1], PolicyMode::store);
  for (const Permissions* one : {&control, &rotate}) {
    for (const std::string& action : actions(*one)) EXPECT_FALSE(action.starts_with("secretsmanager:")) << action;
  }
  EXPECT_EQ(with_action(store, "kms:Decrypt").resources,
            std::vector<std::string>{"arn:aws:kms:us-east-1:111111111111:key/aaaa"});
  EXPECT_EQ(with_action(control, "sts:AssumeRole").resources,
            (std::vector<std::string>{"arn:aws:iam::222222222222:role/keyward-rotate",
                                      "arn:aws:iam::333333333333:role/keyward-rotate"}));
  EXPECT_EQ(control.statements.at(1).resources,
            (std::vector<std::string>{"arn:aws:iam::111111111111:role/keyward-inventory",
                                      "arn:aws:iam::111111111111:role/keyward-store"}));
}

TEST_F(PermissionsTest, TheCallerWritesACentralStoreWithoutARole) {
  const Permissions control = rights(
      "notify: {channels: [{type: file}]}\naccounts: {default: opt-out}\nstore: {target: central, kms_key_id: "
      "alias/keyward}\n",
      PolicyMode::control);
  EXPECT_TRUE(actions(control).contains("secretsmanager:PutSecretValue"));
  const PolicyStatement key = with_action(control, "kms:GenerateDataKey");
  EXPECT_EQ(key.resources, std::vector<std::string>{"arn:aws:kms:us-east-1:*:key/*"});
  EXPECT_EQ(key.conditions, (std::vector<PolicyCondition>{
                                {"ForAnyValue:StringEquals", "kms:ResourceAliases", {"alias/keyward"}},
                                {"StringEquals", "kms:ViaService", {"secretsmanager.us-east-1.amazonaws.com"}}}));
}

TEST_F(PermissionsTest, SecretsAreNamedAsTheStoreNamesThem) {
  const Permissions rotate = rights(k_everything[0], PolicyMode::rotate);
  const std::string name = "arn:aws:secretsmanager:us-east-1:*:secret:Account_${aws:PrincipalAccount}_User_*_AccessKey";
  EXPECT_EQ(with_action(rotate, "secretsmanager:DescribeSecret").resources,
            (std::vector<std::string>{name, name + "-??????"}));
  EXPECT_EQ(with_action(rotate, "secretsmanager:PutSecretValue").resources, std::vector<std::string>{name + "-??????"});
}

TEST_F(PermissionsTest, APatternThatEndsWithAWildcardIsNamedOnce) {
  const std::string_view text =
      "notify: {channels: [{type: file}]}\naccounts: {default: opt-out}\nstore: {name: \"keys/{account_id}/{user}\"}\n";
  const Permissions rotate = rights(text, PolicyMode::rotate);
  const std::string name = "arn:aws:secretsmanager:us-east-1:*:secret:keys/${aws:PrincipalAccount}/*";
  EXPECT_EQ(with_action(rotate, "secretsmanager:DescribeSecret").resources, std::vector<std::string>{name});
  const PolicyStatement& create = with_action(rotate, "secretsmanager:CreateSecret");
  EXPECT_EQ(create.resources, std::vector<std::string>{name + "-*"});
  EXPECT_TRUE(create.conditions.empty());
}

TEST_F(PermissionsTest, APatternThatBeginsWithAWildcardIsSaid) {
  const auto is_said = [this](const std::string& name) {
    const std::string text = "notify: {channels: [{type: file}]}\naccounts: {default: opt-out}\nstore: {name: \"" + name + "\"}\n";
    return std::ranges::any_of(rights(text, PolicyMode::rotate).notes,
                               [](const std::string& note) { return note.starts_with("store.name begins with a placeholder"); });
  };
  EXPECT_TRUE(is_said("{user}/access-key"));
  EXPECT_FALSE(is_said("keys/{user}"));
  EXPECT_FALSE(is_said("{account_id}/{user}/key"));  // the account's own id in every policy
}

TEST_F(PermissionsTest, TheCallersOwnContactIsReadWhereItsAccountMayTakePart) {
  const auto contacts = [this](const std::string& account) {
    const std::string_view text =
        "accounts: {default: opt-in, include: [{id: \"222222222222\"}]}\nnotify: {channels: [{type: file}]}\n";
    const Permissions control = permissions_of(configuration_of(text), PolicyMode::control, {"aws", "us-east-1", account});
    return with_action(control, "account:GetAlternateContact").resources;
  };
  const std::string own = "arn:aws:account::*:account";
  EXPECT_EQ(contacts("111111111111"), std::vector<std::string>{own + "/*/*"});
  for (const char* may : {"222222222222", "*", "${AWS::AccountId}"})
    EXPECT_EQ(contacts(may), (std::vector<std::string>{own, own + "/*/*"}));
}

TEST_F(PermissionsTest, StoresOfOverridesAreJoinedAndItIsSaid) {
  const std::string_view text =
      "notify: {channels: [{type: file}]}\naccounts:\n  default: opt-out\n  overrides:\n"
      "    - match: {id: \"222222222222\"}\n      store: {region: eu-west-1}\n";
  const Permissions rotate = rights(text, PolicyMode::rotate);
  EXPECT_EQ(with_action(rotate, "secretsmanager:PutSecretValue").resources.size(), 2u);
  EXPECT_TRUE(std::ranges::any_of(rotate.notes,
                                  [](const std::string& note) { return note.starts_with("accounts.overrides"); }));
}

TEST_F(PermissionsTest, MailIsSentForTheSenderAlone) {
  const PolicyStatement mail = with_action(rights(k_everything[0], PolicyMode::control), "ses:SendEmail");
  const std::string ses = "arn:aws:ses:us-east-1:*:";
  EXPECT_EQ(mail.resources,
            (std::vector<std::string>{ses + "identity/keyward@mail.example.org", ses + "identity/mail.example.org",
                                      ses + "identity/example.org", ses + "configuration-set/keyward"}));
  EXPECT_EQ(mail.conditions,
            (std::vector<PolicyCondition>{{"StringEquals", "ses:FromAddress", {"keyward@mail.example.org"}}}));
}

TEST_F(PermissionsTest, ParametersAreNamedWithoutTheirVersion) {
  const PolicyStatement read = with_action(rights(k_everything[0], PolicyMode::control), "ssm:GetParameter");
  EXPECT_EQ(read.resources, (std::vector<std::string>{"arn:aws:ssm:us-east-1:*:parameter/keyward/smtp/user",
                                                      "arn:aws:ssm:us-east-1:*:parameter/keyward-password"}));
}

}  // namespace
}  // namespace keyward::orchestrator
