#include "notify/recipients.hpp"

#include <gtest/gtest.h>

#include "notify/world.hpp"

namespace keyward::notify {
namespace {

NotifySettings settings() {
  NotifySettings result;
  result.allowed_domains = {"example.org", "Ops.Example.org"};
  result.fallback = "security@example.org";
  return result;
}

AddressBook book(std::string_view text = "") { return *AddressBook::parse(text, "owners.csv"); }

struct Answer {
  std::vector<std::string> addresses;
  std::vector<std::string> problems;
};

Answer ask(const accounts::Account& in, const rotation::UserReport& of, const NotifySettings& with,
           const AddressBook& owners = book()) {
  const Recipients recipients = recipients_for(in, of.facts, with, owners);
  Answer answer;
  for (const MailAddress& address : recipients.addresses) answer.addresses.push_back(address.str());
  for (const RecipientProblem& problem : recipients.problems) answer.problems.push_back(problem.message);
  return answer;
}

using Strings = std::vector<std::string>;

TEST(Recipients, OwnerTagIsFoundAsIamAndOrganizationsFindTheirs) {
  for (const char* key : {"owner", "Owner", "OWNER"}) {
    EXPECT_EQ(ask(account(), user("svc-export", {{key, "jo@example.org"}}), settings()).addresses,
              (Strings{"aws+prod-pay@example.org", "jo@example.org"}))
        << key;
  }
  accounts::Account tagged = account();
  tagged.tags = std::map<std::string, std::string>{{"Owner", "not-this@example.org"}};
  EXPECT_EQ(ask(tagged, user(), settings()).addresses, Strings{"aws+prod-pay@example.org"});
  tagged.tags->emplace("owner", "team@example.org");
  EXPECT_EQ(ask(tagged, user(), settings()).addresses, (Strings{"aws+prod-pay@example.org", "team@example.org"}));
  // The key may be configured in any case too.
  NotifySettings with = settings();
  with.owner_tag = "Owner";
  EXPECT_EQ(ask(account(), user("svc-export", {{"owner", "jo@example.org"}}), with).addresses,
            (Strings{"aws+prod-pay@example.org", "jo@example.org"}));
}

TEST(Recipients, AreTheAccountAndTheFirstTagThatExists) {
  accounts::Account tagged = account();
  tagged.tags = std::map<std::string, std::string>{{"owner", "team@example.org"}};
  const rotation::UserReport plain = user();
  const rotation::UserReport owned = user("svc-export", {{"owner", "jo@ops.example.org"}});

  struct Case {
    const char* what;
    bool account_owner;
    std::vector<OwnerSource> sources;
    const rotation::UserReport& user;
    Strings expected;
  };
  using enum OwnerSource;
  const Case cases[] = {
      {"the user's tag comes first",
       true,
       {user_tag, account_tag},
       owned,
       {"aws+prod-pay@example.org", "jo@ops.example.org"}},
      {"the account's tag where the user has none",
       true,
       {user_tag, account_tag},
       plain,
       {"aws+prod-pay@example.org", "team@example.org"}},
      {"the configured order counts",
       true,
       {account_tag, user_tag},
       owned,
       {"aws+prod-pay@example.org", "team@example.org"}},
      {"an alternate contact that does not exist is passed over", false, {alternate_contact, user_tag}, owned, {"jo@ops.example.org"}},
      {"without account_owner only the tag", false, {user_tag}, owned, {"jo@ops.example.org"}},
      {"without any owner the fallback", false, {user_tag}, plain, {"security@example.org"}},
  };
  for (const Case& c : cases) {
    NotifySettings with = settings();
    with.account_owner = c.account_owner;
    with.owner = c.sources;
    const Answer answer = ask(tagged, c.user, with);
    EXPECT_EQ(answer.addresses, c.expected) << c.what;
    EXPECT_EQ(answer.problems, Strings{}) << c.what;
  }
}

TEST(Recipients, TakeTheAlternateContactWhereNoTagCameFirst) {
  NotifySettings with = settings();
  with.account_owner = false;
  with.allowed_domains.clear();  // it concerns tags only
  const auto hear = [&with](const AlternateContact& contact) {
    const Recipients found = recipients_for(account(), user().facts, with, book(""), contact);
    Strings addresses;
    for (const MailAddress& address : found.addresses) addresses.push_back(address.str());
    return addresses;
  };
  EXPECT_EQ(hear({"soc@elsewhere.example", false}), Strings{"soc@elsewhere.example"});
  EXPECT_EQ(hear({"", false}), Strings{"security@example.org"});
  EXPECT_EQ(hear({"", true}), Strings{"security@example.org"});
  EXPECT_EQ(hear({"soc at elsewhere", false}), Strings{"security@example.org"});
  const Recipients refused = recipients_for(account(), user().facts, with, book(""), {"soc at elsewhere", false});
  ASSERT_EQ(refused.problems.size(), 1u);
  EXPECT_EQ(refused.problems.begin()->message, "alternate contact: \"soc at elsewhere\" is not a plain address such as owner@example.org");
}

TEST(Recipients, NeedTheAlternateContactOnlyWhereItDecides) {
  using enum OwnerSource;
  NotifySettings with = settings();
  const rotation::UserReport owned = user("svc-export", {{"owner", "jo@ops.example.org"}});
  const auto needs = [&with](std::vector<OwnerSource> sources, const rotation::UserReport& of) {
    with.owner = std::move(sources);
    return needs_alternate_contact(account(), of.facts, with);
  };
  EXPECT_TRUE(needs({user_tag, account_tag, alternate_contact}, user()));
  EXPECT_FALSE(needs({user_tag, account_tag, alternate_contact}, owned));
  EXPECT_TRUE(needs({alternate_contact, user_tag}, owned));
  EXPECT_FALSE(needs({user_tag, account_tag}, user()));
  with.allowed_domains.clear();
  EXPECT_TRUE(needs({user_tag, account_tag, alternate_contact}, owned)) << "tags are not looked at";
}

TEST(Recipients, TakeTheRecipientsFileInsteadOfTheAccountsAddress) {
  const Answer answer = ask(account(), user(), settings(), book("111122223333,pay-team@elsewhere.example\n"));
  EXPECT_EQ(answer.addresses, Strings{"pay-team@elsewhere.example"});
}

TEST(Recipients, NeverSendToATagOutsideTheAllowedDomains) {
  for (const char* value :
       {"jo@evil.example", "jo@sub.example.org", "jo@example.org.evil.example", "jo@notexample.org"}) {
    const Answer answer = ask(account(), user("svc-export", {{"owner", value}}), settings());
    EXPECT_EQ(answer.addresses, (Strings{"aws+prod-pay@example.org", "security@example.org"})) << value;
    EXPECT_EQ(answer.problems,
              Strings{"user tag owner: \"" + std::string(value) + "\" is outside notify.allowed_domains"});
  }
}

TEST(Recipients, CompareDomainsWithoutCase) {
  const Answer answer = ask(account(), user("svc-export", {{"owner", "Jo@OPS.example.ORG"}}), settings());
  EXPECT_EQ(answer.addresses, (Strings{"aws+prod-pay@example.org", "Jo@OPS.example.ORG"}));
}

TEST(Recipients, RefuseATagThatIsNoAddressAndDoNotTryTheNextSource) {
  accounts::Account tagged = account();
  tagged.tags = std::map<std::string, std::string>{{"owner", "team@example.org"}};
  const Answer answer =
      ask(tagged, user("svc-export", {{"owner", "x@example.org\r\nBcc: all@example.org"}}), settings());
  EXPECT_EQ(answer.addresses, (Strings{"aws+prod-pay@example.org", "security@example.org"}));
  ASSERT_EQ(answer.problems.size(), 1u);
  EXPECT_EQ(answer.problems[0],
            "user tag owner: \"x@example.org Bcc: all@example.org\" is not a plain address such as owner@example.org");
}

TEST(Recipients, DoNotLookAtTagsWithoutAllowedDomains) {
  NotifySettings with = settings();
  with.allowed_domains.clear();
  const Answer answer = ask(account(), user("svc-export", {{"owner", "jo@example.org"}}), with);
  EXPECT_EQ(answer.addresses, Strings{"aws+prod-pay@example.org"});
  EXPECT_EQ(answer.problems, Strings{});
}

TEST(Recipients, ReportTagsThatCouldNotBeRead) {
  rotation::UserReport report = user();
  report.facts.tags = rotation::Fact<std::map<std::string, std::string>>::unknown("iam:ListUserTags: AccessDenied");
  const Answer answer = ask(account(), report, settings());
  EXPECT_EQ(answer.addresses, Strings{"aws+prod-pay@example.org"});
  EXPECT_EQ(answer.problems, Strings{"the user's tags could not be read, so its owner was not looked up"});
}

TEST(Recipients, ReportAnAccountAddressThatIsNone) {
  const Answer answer = ask(account("111122223333", "prod", "not an address"), user(), settings());
  EXPECT_EQ(answer.addresses, Strings{"security@example.org"});
  EXPECT_EQ(
      answer.problems,
      Strings{"the account's e-mail address \"not an address\" is not a plain address such as owner@example.org"});
}

TEST(Recipients, ReportThatNobodyCanBeTold) {
  NotifySettings with = settings();
  with.account_owner = false;
  with.fallback.clear();
  const Answer answer = ask(account(), user(), with);
  EXPECT_EQ(answer.addresses, Strings{});
  EXPECT_EQ(answer.problems, Strings{"nobody hears of this user's keys: there is no address and no fallback"});
}

TEST(Recipients, AreNotRepeated) {
  const Answer answer = ask(account("111122223333", "prod", "Pay@example.org"),
                            user("svc-export", {{"owner", "pay@EXAMPLE.org"}}), settings());
  EXPECT_EQ(answer.addresses, Strings{"Pay@example.org"});
}

}  // namespace
}  // namespace keyward::notify
