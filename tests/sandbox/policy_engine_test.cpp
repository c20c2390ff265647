#include "sandbox/policy_engine.hpp"

#include <gtest/gtest.h>

namespace keyward::sandbox {
namespace {

PolicyQuestion question(std::string action, std::string resource) {
  PolicyQuestion asked;
  asked.action = std::move(action);
  asked.resource = std::move(resource);
  asked.account = "222222222222";
  asked.principal_arns = {"arn:aws:sts::222222222222:assumed-role/r/s", "arn:aws:iam::222222222222:role/r"};
  asked.session_arn = asked.principal_arns[0];
  asked.context["aws:principalarn"] = {asked.principal_arns[1]};
  asked.context["aws:principalorgid"] = {"o-abc"};
  asked.context["aws:username"] = {"alice"};
  asked.context["aws:tagkeys"] = {"team", "owner"};
  return asked;
}

std::string identity(const std::string& effect, const std::string& action, const std::string& resource,
                     const std::string& condition = "{}") {
  return R"({"Version":"2012-10-17","Statement":{"Effect":")" + effect + R"(","Action":")" + action +
         R"(","Resource":")" + resource + R"(","Condition":)" + condition + "}}";
}

enum class Expected { allow, deny, nothing };

struct Row {
  const char* name;
  std::string policy;
  const char* action;
  const char* resource;
  Expected expected;
};

TEST(PolicyEngine, DecidesIdentityPoliciesLikeAws) {
  const std::string secret = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:keyward/alice/key-AbCdEf";
  const Row rows[] = {
      {"exact action", identity("Allow", "iam:ListUsers", "*"), "iam:ListUsers", "*", Expected::allow},
      {"actions ignore case", identity("Allow", "IAM:listusers", "*"), "iam:ListUsers", "*", Expected::allow},
      {"wildcard action", identity("Allow", "iam:List*", "*"), "iam:ListUsers", "*", Expected::allow},
      {"other action", identity("Allow", "iam:List*", "*"), "iam:GetUser", "*", Expected::nothing},
      {"everything", identity("Allow", "*", "*"), "sts:AssumeRole", "arn:x", Expected::allow},
      {"deny", identity("Deny", "iam:*", "*"), "iam:GetUser", "*", Expected::deny},
      {"resource wildcard", identity("Allow", "*", "arn:aws:secretsmanager:*:*:secret:keyward/*"), "a:b",
       secret.c_str(), Expected::allow},
      {"question marks", identity("Allow", "*", "arn:aws:secretsmanager:*:*:secret:keyward/alice/key-??????"), "a:b",
       secret.c_str(), Expected::allow},
      {"other resource", identity("Allow", "*", "arn:aws:secretsmanager:*:*:secret:other/*"), "a:b", secret.c_str(),
       Expected::nothing},
      {"resources keep case", identity("Allow", "*", "ARN:x"), "a:b", "arn:x", Expected::nothing},
      {"variable", identity("Allow", "*", "arn:aws:iam::*:user/${aws:username}"), "a:b", "arn:aws:iam::1:user/alice",
       Expected::allow},
      {"unknown variable", identity("Allow", "*", "x${aws:nothing}"), "a:b", "x", Expected::nothing},
      {"string equals", identity("Allow", "*", "*", R"({"StringEquals":{"aws:PrincipalOrgID":"o-abc"}})"), "a:b", "*",
       Expected::allow},
      {"string differs", identity("Allow", "*", "*", R"({"StringEquals":{"aws:PrincipalOrgID":"o-xyz"}})"), "a:b", "*",
       Expected::nothing},
      {"absent key", identity("Allow", "*", "*", R"({"StringEquals":{"sts:ExternalId":"x"}})"), "a:b", "*",
       Expected::nothing},
      {"absent key, negated", identity("Allow", "*", "*", R"({"StringNotEquals":{"sts:ExternalId":"x"}})"), "a:b", "*",
       Expected::allow},
      {"absent key, if exists", identity("Allow", "*", "*", R"({"StringEqualsIfExists":{"sts:ExternalId":"x"}})"),
       "a:b", "*", Expected::allow},
      {"one of several values",
       identity("Allow", "*", "*", R"({"StringLike":{"aws:PrincipalArn":["no","arn:aws:iam::*:role/r"]}})"), "a:b", "*",
       Expected::allow},
      {"deny all but one",
       identity("Deny", "*", "*", R"({"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::222222222222:role/r"}})"), "a:b",
       "*", Expected::nothing},
      {"deny all but another",
       identity("Deny", "*", "*", R"({"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::222222222222:role/x"}})"), "a:b",
       "*", Expected::deny},
      {"both conditions",
       identity("Allow", "*", "*", R"({"StringEquals":{"aws:PrincipalOrgID":"o-abc","aws:username":"bob"}})"), "a:b",
       "*", Expected::nothing},
      {"any value", identity("Allow", "*", "*", R"({"ForAnyValue:StringEquals":{"aws:TagKeys":"team"}})"), "a:b", "*", Expected::allow},
      {"all values", identity("Allow", "*", "*", R"({"ForAllValues:StringEquals":{"aws:TagKeys":"team"}})"), "a:b", "*",
       Expected::nothing},
      {"any value but", identity("Allow", "*", "*", R"({"ForAnyValue:StringNotEquals":{"aws:TagKeys":"team"}})"), "a:b", "*",
       Expected::allow},
      {"no value but", identity("Allow", "*", "*", R"({"ForAllValues:StringNotEquals":{"aws:TagKeys":"team"}})"), "a:b", "*",
       Expected::nothing},
      {"any value of an absent key", identity("Allow", "*", "*", R"({"ForAnyValue:StringEquals":{"a:b":"team"}})"), "a:b", "*",
       Expected::nothing},
      {"any value of an absent key, negated", identity("Allow", "*", "*", R"({"ForAnyValue:StringNotEquals":{"a:b":"team"}})"), "a:b",
       "*", Expected::nothing},
      {"all values of an absent key", identity("Allow", "*", "*", R"({"ForAllValues:StringEquals":{"a:b":"team"}})"), "a:b", "*",
       Expected::allow},
      {"null", identity("Allow", "*", "*", R"({"Null":{"sts:ExternalId":"true"}})"), "a:b", "*", Expected::allow},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto policy = parse_policy(row.policy, PolicyKind::identity);
    ASSERT_TRUE(policy) << policy.error();
    const PolicyVerdict verdict = evaluate(*policy, question(row.action, row.resource));
    EXPECT_EQ(verdict.denied, row.expected == Expected::deny);
    EXPECT_EQ(verdict.allows(), row.expected == Expected::allow);
  }
}

TEST(PolicyEngine, TellsWhomAResourcePolicyMeant) {
  const auto grant = [](const std::string& principal) {
    const auto policy = parse_policy(
        R"({"Statement":[{"Effect":"Allow","Principal":)" + principal + R"(,"Action":"a:b","Resource":"*"}]})",
        PolicyKind::resource);
    EXPECT_TRUE(policy);
    return evaluate(*policy, question("a:b", "x")).grant;
  };
  EXPECT_EQ(grant(R"("*")"), PolicyGrant::principal);
  EXPECT_EQ(grant(R"({"AWS":"*"})"), PolicyGrant::principal);
  EXPECT_EQ(grant(R"({"AWS":"222222222222"})"), PolicyGrant::account);
  EXPECT_EQ(grant(R"({"AWS":"arn:aws:iam::222222222222:root"})"), PolicyGrant::account);
  EXPECT_EQ(grant(R"({"AWS":["arn:aws:iam::222222222222:root","arn:aws:iam::222222222222:role/r"]})"),
            PolicyGrant::principal);
  EXPECT_EQ(grant(R"({"AWS":"arn:aws:sts::222222222222:assumed-role/r/s"})"), PolicyGrant::session);
  EXPECT_EQ(grant(R"({"AWS":"arn:aws:iam::333333333333:root"})"), PolicyGrant::none);
  EXPECT_EQ(grant(R"({"Service":"lambda.amazonaws.com"})"), PolicyGrant::none);
}

TEST(PolicyEngine, RefusesMalformedDocuments) {
  const char* const documents[] = {
      "not json",
      "[]",
      R"({"Version":"2012-10-17"})",
      R"({"Version":"2025-01-01","Statement":[]})",
      R"({"Statement":[{"Action":"a:b","Resource":"*"}]})",
      R"({"Statement":[{"Effect":"Permit","Action":"a:b","Resource":"*"}]})",
      R"({"Statement":[{"Effect":"Allow","Resource":"*"}]})",
      R"({"Statement":[{"Effect":"Allow","Action":"a:b"}]})",
      R"({"Statement":[{"Effect":"Allow","Action":"listusers","Resource":"*"}]})",
      R"({"Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*","Principal":"*"}]})",
      R"({"Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"StringEqual":{"a:b":"c"}}}]})",
      R"({"Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*","Surprise":1}]})",
  };
  for (const char* document : documents) EXPECT_FALSE(parse_policy(document, PolicyKind::identity)) << document;
}

TEST(PolicyEngine, KnowsPublicPolicies) {
  const auto is_public_policy = [](const std::string& condition) {
    const auto policy =
        parse_policy(R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"a:b","Resource":"*","Condition":)" +
                         condition + "}]}",
                     PolicyKind::resource);
    return is_public(*policy);
  };
  EXPECT_TRUE(is_public_policy("{}"));
  EXPECT_TRUE(is_public_policy(R"({"StringNotEquals":{"aws:PrincipalArn":"x"}})"));
  EXPECT_TRUE(is_public_policy(R"({"StringLike":{"aws:PrincipalArn":"*"}})"));
  EXPECT_FALSE(is_public_policy(R"({"StringEquals":{"aws:PrincipalOrgID":"o-abc"}})"));
}

TEST(PolicyEngine, MatchesWildcards) {
  EXPECT_TRUE(matches_wildcard("*", ""));
  EXPECT_TRUE(matches_wildcard("a*c", "abbbc"));
  EXPECT_TRUE(matches_wildcard("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(matches_wildcard("a?c", "ac"));
  EXPECT_FALSE(matches_wildcard("a*c", "abcd"));
}

}  // namespace
}  // namespace keyward::sandbox
