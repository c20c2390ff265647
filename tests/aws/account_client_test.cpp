#include "aws/account_client.hpp"

#include <gtest/gtest.h>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

struct Account : testing::Test {
  FakeWorld world;
  ScriptedCredentials identity{CredentialsPtr(long_term_credentials())};
  Caller caller{world.context, identity, world.region, Writes::refused};
  AccountClient client{caller};

  base::Result<std::optional<std::string>> ask(std::optional<base::AccountId> account, AlternateContactType type) {
    return test::run(world.loop, client.alternate_contact(std::move(account), type));
  }
};

TEST_F(Account, AsksTheOneEndpointForTheContactOfAnAccount) {
  world.transport.answer(200, R"({"AlternateContact":{"Name":"n","EmailAddress":"soc@example.org"}})");
  const auto contact = ask(base::AccountId::parse("222222222222"), AlternateContactType::security);
  ASSERT_TRUE(contact) << describe(contact.error());
  EXPECT_EQ(*contact, "soc@example.org");
  const auto& request = world.transport.requests().at(0);
  EXPECT_EQ(request.url, "https://account.us-east-1.amazonaws.com/getAlternateContact");
  EXPECT_EQ(request.body, R"({"AccountId":"222222222222","AlternateContactType":"SECURITY"})");
}

TEST_F(Account, DoesNotNameTheCallersOwnAccount) {
  world.transport.answer(200, R"({"AlternateContact":{"EmailAddress":"soc@example.org"}})");
  ASSERT_TRUE(ask(std::nullopt, AlternateContactType::operations));
  EXPECT_EQ(world.transport.requests().at(0).body, R"({"AlternateContactType":"OPERATIONS"})");
}

TEST_F(Account, AContactThatIsNotThereIsNoError) {
  world.transport.answer(404, R"({"__type":"ResourceNotFoundException","message":"none"})");
  const auto contact = ask(base::AccountId::parse("222222222222"), AlternateContactType::security);
  ASSERT_TRUE(contact) << describe(contact.error());
  EXPECT_FALSE(*contact);
}

TEST_F(Account, ADenialIsOne) {
  world.transport.answer(403, R"({"__type":"AccessDeniedException","message":"no"})");
  const auto contact = ask(base::AccountId::parse("222222222222"), AlternateContactType::security);
  ASSERT_FALSE(contact);
  EXPECT_EQ(contact.error().kind, base::ErrorKind::denied);
}

}  // namespace
}  // namespace keyward::aws
