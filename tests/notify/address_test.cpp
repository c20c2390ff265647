#include "notify/address.hpp"

#include <gtest/gtest.h>

namespace keyward::notify {
namespace {

TEST(MailAddress, AcceptsPlainMailboxes) {
  const std::string longest_local(64, 'a');
  for (const std::string_view text :
       {"a@b.cd", "owner@example.org", "first.last+tag@mail.example.co.uk", "o'neil!#$%&*=?^_`{|}~/-@example.org",
        "x@xn--bcher-kva.example", "1@2.example", "OWNER@EXAMPLE.ORG"}) {
    EXPECT_TRUE(MailAddress::parse(text)) << text;
  }
  EXPECT_TRUE(MailAddress::parse(longest_local + "@example.org"));
}

TEST(MailAddress, RefusesEverythingElse) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv,
                                      "@"sv,
                                      "owner"sv,
                                      "owner@"sv,
                                      "@example.org"sv,
                                      "owner@localhost"sv,
                                      "a@b@example.org"sv,
                                      ".a@example.org"sv,
                                      "a.@example.org"sv,
                                      "a..b@example.org"sv,
                                      "\"a b\"@example.org"sv,
                                      "a b@example.org"sv,
                                      "a(comment)@example.org"sv,
                                      "Owner <owner@example.org>"sv,
                                      "<owner@example.org>"sv,
                                      "@relay.org:owner@example.org"sv,
                                      "owner@[10.0.0.1]"sv,
                                      "owner@10.0.0.1"sv,
                                      "owner@-example.org"sv,
                                      "owner@example-.org"sv,
                                      "owner@example..org"sv,
                                      "owner@.example.org"sv,
                                      "owner@example.org."sv,
                                      "owner@exa_mple.org"sv,
                                      "owner@example.org\r\nBcc: x@example.org"sv,
                                      "owner@example.org\0"sv,
                                      "owner@example.org, other@example.org"sv,
                                      "\xC3\xB6wner@example.org"sv,
                                      "owner@b\xC3\xBC"
                                      "cher.example"sv,
                                      " owner@example.org"sv,
                                      "owner@example.org\t"sv,
                                      "mailto:owner@example.org,"sv}) {
    EXPECT_FALSE(MailAddress::parse(text)) << text;
  }
}

TEST(MailAddress, KeepsTheLengthLimits) {
  EXPECT_FALSE(MailAddress::parse(std::string(65, 'a') + "@example.org"));
  EXPECT_TRUE(MailAddress::parse("a@" + std::string(63, 'b') + ".org"));
  EXPECT_FALSE(MailAddress::parse("a@" + std::string(64, 'b') + ".org"));
  const std::string label = std::string(49, 'b') + ".";
  const std::string domain = label + label + label + label + std::string(49, 'c');  // 249 characters
  EXPECT_TRUE(MailAddress::parse("abcd@" + domain));
  EXPECT_FALSE(MailAddress::parse("abcde@" + domain));
}

TEST(MailAddress, ComparesMailboxesWithoutCase) {
  EXPECT_EQ(mailbox_key(*MailAddress::parse("Owner@Example.ORG")), "owner@example.org");
  EXPECT_EQ(domain_of(*MailAddress::parse("Owner@Example.ORG")), "example.org");
}

}  // namespace
}  // namespace keyward::notify
