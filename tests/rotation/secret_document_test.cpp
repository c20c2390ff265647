#include "rotation/secret_document.hpp"

#include <gtest/gtest.h>

namespace keyward::rotation {
namespace {

const base::AccountId k_account = *base::AccountId::parse("000011112222");
const base::AccessKeyId k_key = *base::AccessKeyId::parse("AKIAIOSFODNN7EXAMPLE");

base::Result<std::string> name_of(const char* pattern, const std::string& user) {
  StoreSettings settings;
  settings.name = pattern;
  return secret_name(settings, k_account, *base::UserName::parse(user));
}

TEST(SecretName, TakesEveryLegalUserName) {
  const char* pattern = "Account_{account_id}_User_{user}_AccessKey";
  EXPECT_EQ(*name_of(pattern, "svc"), "Account_000011112222_User_svc_AccessKey");
  EXPECT_EQ(*name_of(pattern, "a,b+c=d@e.f-g"), "Account_000011112222_User_a=2Cb+c=3Dd@e.f-g_AccessKey");
  EXPECT_EQ(name_of(pattern, std::string(64, ','))->size(), std::string(pattern).size() - 12 - 6 + 12 + 64 * 3);
}

TEST(SecretName, NeverMapsTwoUsersToOneSecret) {
  EXPECT_NE(*name_of("{user}", "a,b"), *name_of("{user}", "a=2Cb"));
}

TEST(SecretName, RefusesWhatLooksLikeTheSuffixOfAnArn) {
  const auto name = name_of("keyward/{user}", "svc-deploy");
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, "IllegalSecretName");
  EXPECT_NE(name.error().message.find("keyward/svc-deploy"), std::string::npos);
  EXPECT_TRUE(name_of("keyward/{user}/key", "svc-deploy"));
  EXPECT_TRUE(name_of("keyward/{user}", "svc-deploys"));
}

TEST(SecretName, RefusesForeignCharactersAndExcessLength) {
  EXPECT_FALSE(name_of("with space {user}", "svc"));
  EXPECT_FALSE(name_of((std::string(250, 'x') + "{user}").c_str(), "longname"));
}

TEST(SecretDocument, HasTheFieldsOfItsFormat) {
  const base::Secret secret(R"(a"b\c/d+)");
  EXPECT_EQ(secret_document({}, k_key, secret).expose(), R"({"AccessKey":"AKIAIOSFODNN7EXAMPLE","SecretKey":"a\"b\\c/d+"})");
  SecretFormat env;
  env.kind = SecretFormat::Kind::env;
  EXPECT_EQ(secret_document(env, k_key, base::Secret("s")).expose(),
            R"({"AWS_ACCESS_KEY_ID":"AKIAIOSFODNN7EXAMPLE","AWS_SECRET_ACCESS_KEY":"s"})");
  SecretFormat own{SecretFormat::Kind::custom, "id", "key"};
  EXPECT_EQ(secret_document(own, k_key, base::Secret("s")).expose(), R"({"id":"AKIAIOSFODNN7EXAMPLE","key":"s"})");
}

TEST(VersionId, IsLegalAndDiffersByEveryPart) {
  const auto user = *base::UserName::parse("svc");
  const std::string id = version_id(k_account, user, k_key);
  EXPECT_EQ(id.size(), 64u);
  EXPECT_EQ(id, version_id(k_account, user, k_key));
  EXPECT_NE(id, version_id(k_account, *base::UserName::parse("svd"), k_key));
  EXPECT_NE(id, version_id(*base::AccountId::parse("000011112223"), user, k_key));
}

}  // namespace
}  // namespace keyward::rotation
