#include "accounts/inventory.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "aws/caller.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"
#include "support/run.hpp"

namespace keyward::accounts {
namespace {

using Ids = std::vector<std::string>;

constexpr const char* k_management = "111111111111";

class Nobody final : public aws::CredentialProvider {
 public:
  base::Task<base::Result<aws::CredentialsPtr>> credentials() override {
    auto credentials = std::make_shared<aws::Credentials>();
    credentials->access_key_id = "AKIDNOBODY";
    credentials->secret_access_key = base::Secret("secret");
    co_return aws::CredentialsPtr(credentials);
  }
  void forget() noexcept override {}
};

/// An organization whose answers are scripted; begins with DescribeOrganization.
class ListOrganization : public testing::Test {
 protected:
  ListOrganization() {
    clock_.learn(host_clock_.now());
    transport_.answer(200, std::string(R"({"Organization":{"Id":"o-1","MasterAccountId":")") + k_management + R"("}})");
  }

  static std::string account(const std::string& id, const std::string& path) {
    const std::string paths = path.empty() ? "" : R"(,"Paths":[")" + path + id + R"(/"])";
    return R"({"Id":")" + id + R"(","Name":"n","Email":"e@example.org","State":"ACTIVE")" + paths + "}";
  }

  void page(const Ids& ids, const std::string& next, const std::string& path = "o-1/r-ab12/") {
    std::string body = R"({"Accounts":[)";
    for (const std::string& id : ids) body += (id == ids.front() ? "" : ",") + account(id, path);
    transport_.answer(200, body + "]" + (next.empty() ? "" : R"(,"NextToken":")" + next + R"(")") + "}");
  }

  base::Result<std::string> list(InventoryNeeds needs = {}) {
    OnListed on_listed = [this](const InventoryEntry& entry) {
      handed_on.push_back(entry.account.id.str());
      requests_before.push_back(transport_.requests().size());
      accounts.push_back(entry.account);
    };
    return test::run(loop_, list_organization(organizations_, all(), std::move(needs), std::move(on_listed)));
  }
  base::Result<Inventory> take() { return test::run(loop_, take_inventory(organizations_, all(), {})); }

  static AccountSelection all() {
    AccountSelection selection;
    selection.by_default = Participation::opt_out;
    return selection;
  }

  test::FakeTransport transport_;
  Ids handed_on;
  std::vector<std::size_t> requests_before;  ///< sent when an account was handed on
  std::vector<Account> accounts;             ///< as they were handed on

 private:
  boost::asio::io_context loop_;
  test::FakeClock host_clock_;
  aws::AwsClock clock_{host_clock_};
  test::FakeSleeper sleeper_{&host_clock_};
  aws::CallContext context_{.transport = transport_,
                            .clock = clock_,
                            .sleeper = sleeper_,
                            .endpoints = {},
                            .jitter = std::mt19937_64(1),
                            .statistics = {},
                            .user_agent = "keyward/test"};
  Nobody nobody_;
  aws::Caller caller_{context_, nobody_, base::Region::parse("us-east-1").value(), aws::Writes::refused};
  aws::OrganizationsClient organizations_{caller_};
};

TEST_F(ListOrganization, HandsAccountsOnPageByPage) {
  page({"333333333333", k_management}, "2");
  page({"222222222222"}, "");
  const base::Result<std::string> organization = list();
  ASSERT_TRUE(organization);
  EXPECT_EQ(*organization, "o-1");
  EXPECT_EQ(handed_on, (Ids{"333333333333", k_management, "222222222222"}));
  EXPECT_EQ(requests_before, (std::vector<std::size_t>{2, 2, 3}));
}

TEST_F(ListOrganization, TheInventoryIsAllOfThemById) {
  page({"333333333333", k_management}, "2");
  page({"222222222222"}, "");
  const base::Result<Inventory> inventory = take();
  ASSERT_TRUE(inventory);
  Ids ids;
  for (const InventoryEntry& entry : inventory->entries) ids.push_back(entry.account.id.str());
  EXPECT_EQ(ids, (Ids{k_management, "222222222222", "333333333333"}));
  EXPECT_EQ(inventory->organization_id, "o-1");
}

TEST_F(ListOrganization, OfAListThatBreaksOffThereIsNoInventory) {
  page({k_management, "222222222222"}, "2");
  transport_.answer(400, R"({"__type":"AccessDeniedException","Message":"no"})");
  EXPECT_EQ(take().error().kind, base::ErrorKind::denied);
}

TEST_F(ListOrganization, AListThatBreaksOffIsAnErrorWhateverWasHandedOn) {
  page({k_management, "222222222222"}, "2");
  transport_.answer(400, R"({"__type":"AccessDeniedException","Message":"no"})");
  const base::Result<std::string> organization = list();
  ASSERT_FALSE(organization);
  EXPECT_EQ(organization.error().kind, base::ErrorKind::denied);
  EXPECT_EQ(handed_on.size(), 2u);
}

TEST_F(ListOrganization, AListWithoutTheManagementAccountIsNotTheWhole) {
  page({"222222222222"}, "2");
  page({"333333333333"}, "");
  const base::Result<std::string> organization = list();
  ASSERT_FALSE(organization);
  EXPECT_EQ(organization.error().code, "IncompleteInventory");
}

TEST_F(ListOrganization, AnEmptyListIsNotTheWhole) {
  page({}, "");
  EXPECT_EQ(list().error().code, "IncompleteInventory");
}

TEST_F(ListOrganization, AnAccountThatIsListedTwiceIsNotHandedOnTwice) {
  page({k_management, "222222222222"}, "2");
  page({"222222222222", "333333333333"}, "");
  const base::Result<std::string> organization = list();
  ASSERT_FALSE(organization);
  EXPECT_EQ(organization.error().code, "IncompleteInventory");
  EXPECT_EQ(handed_on, (Ids{k_management, "222222222222"}));
}

TEST_F(ListOrganization, NothingIsListedOfAnotherOrganization) {
  const base::Result<std::string> organization = list({.expected_organization = "o-2"});
  ASSERT_FALSE(organization);
  EXPECT_EQ(organization.error().code, "OrganizationMismatch");
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(ListOrganization, WhereRulesSpeakOfUnitsAccountsWithoutAPathWaitForTheWalk) {
  page({k_management}, "2");
  page({"222222222222"}, "", "");
  transport_.answer(200, R"({"Roots":[{"Id":"r-ab12"}]})");
  transport_.answer(200, R"({"Accounts":[]})");
  transport_.answer(200, R"({"OrganizationalUnits":[{"Id":"ou-ab12-11111111","Name":"u"}]})");
  transport_.answer(200, R"({"Accounts":[{"Id":"222222222222"}]})");
  transport_.answer(200, R"({"OrganizationalUnits":[]})");
  const base::Result<std::string> organization = list({.expected_organization = "", .organizational_units = true});
  ASSERT_TRUE(organization);
  EXPECT_EQ(requests_before, (std::vector<std::size_t>{2, 8}));
  EXPECT_EQ(accounts.back().path, (std::vector<std::string>{"r-ab12", "ou-ab12-11111111"}));
}

TEST_F(ListOrganization, WhereRulesSpeakOfTagsEachAccountIsHandedOnWithItsOwn) {
  page({k_management, "222222222222"}, "");
  transport_.answer(200, R"({"Tags":[]})");
  transport_.answer(200, R"({"Tags":[{"Key":"keyward","Value":"enabled"}]})");
  const base::Result<std::string> organization = list({.expected_organization = "", .tags = true});
  ASSERT_TRUE(organization);
  EXPECT_EQ(requests_before, (std::vector<std::size_t>{3, 4}));
  EXPECT_EQ(accounts.back().tags, (std::map<std::string, std::string>{{"keyward", "enabled"}}));
}

}  // namespace
}  // namespace keyward::accounts
