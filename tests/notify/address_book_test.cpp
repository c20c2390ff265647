#include "notify/address_book.hpp"

#include <gtest/gtest.h>

namespace keyward::notify {
namespace {

base::AccountId id(std::string_view text) { return *base::AccountId::parse(text); }

std::string complaint(std::string_view text) {
  const auto book = AddressBook::parse(text, "owners.csv");
  return book ? "accepted" : book.error().message;
}

TEST(AddressBook, ReadsLinesWithAndWithoutHeaderQuotesAndComments) {
  const auto book = AddressBook::parse(
      "\xEF\xBB\xBF"
      "account_id,email\r\n"
      "# payments\r\n"
      "\r\n"
      "111122223333,pay@example.org\r\n"
      " \"000011112222\" , \"ops@example.org\" ",
      "owners.csv");
  ASSERT_TRUE(book);
  EXPECT_EQ(book->find(id("111122223333"))->str(), "pay@example.org");
  EXPECT_EQ(book->find(id("000011112222"))->str(), "ops@example.org");
  EXPECT_FALSE(book->find(id("444455556666")));
  EXPECT_TRUE(AddressBook::parse("", "owners.csv"));
}

TEST(AddressBook, NamesEveryWrongLine) {
  EXPECT_EQ(complaint("account_id,email\n11112222333,pay@example.org\n444455556666,nobody\n"),
            "owners.csv:2: account_id must be 12 digits, not \"11112222333\" (a spreadsheet drops leading zeros)\n"
            "owners.csv:3: email must be a plain address such as owner@example.org, not \"nobody\"");
  EXPECT_EQ(complaint("111122223333;pay@example.org"),
            "owners.csv:1: expected two fields, account_id,email, in \"111122223333;pay@example.org\"");
  EXPECT_EQ(complaint("111122223333,a@example.org\n111122223333,b@example.org\n"),
            "owners.csv:2: account 111122223333 already stands in owners.csv:1");
  EXPECT_NE(complaint("111122223333,a@example.org\naccount_id,email\n").find("owners.csv:2:"), std::string::npos);
}

TEST(AddressBook, DoesNotPrintAWholeForeignFile) {
  std::string binary;
  for (int i = 0; i < 1000; ++i) binary += "\x01\x02garbage\n";
  const std::string text = complaint(binary);
  EXPECT_LT(text.size(), 1200u);
  EXPECT_TRUE(text.ends_with("and 990 more")) << text;
  EXPECT_EQ(text.find('\x01'), std::string::npos);
}

TEST(AddressBook, SaysThatAFileIsMissing) {
  const auto book = AddressBook::read("/nonexistent/owners.csv");
  ASSERT_FALSE(book);
  EXPECT_EQ(book.error().kind, base::ErrorKind::not_found);
  EXPECT_NE(book.error().message.find("/nonexistent/owners.csv"), std::string::npos);
}

TEST(AddressBook, IsMadeOfItemsToo) {
  const auto account = *base::AccountId::parse("111122223333");
  const auto good = AddressBook::of({{"item 1", "111122223333", "pay@example.org"}});
  ASSERT_TRUE(good);
  EXPECT_EQ(good->find(account), MailAddress::parse("pay@example.org"));
  const auto bad = AddressBook::of(
      {{"item 1", "111122223333", "pay@example.org"}, {"item 2", "", "x"}, {"item 3", "111122223333", "b@example.org"}});
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("item 2: account_id must be"), std::string::npos);
  EXPECT_NE(bad.error().message.find("item 3: account 111122223333 already stands in item 1"), std::string::npos);
}

TEST(RecipientsTable, IsAUrlOfATableWithOrWithoutARegion) {
  const auto plain = RecipientsTable::parse("dynamodb://owners");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->name, "owners");
  EXPECT_FALSE(plain->region);
  const auto abroad = RecipientsTable::parse("dynamodb://Team_1.owners-x?region=eu-central-1");
  ASSERT_TRUE(abroad);
  EXPECT_EQ(abroad->name, "Team_1.owners-x");
  EXPECT_EQ(abroad->region->str(), "eu-central-1");
  for (const char* wrong : {"owners.csv", "dynamodb://", "dynamodb://ab", "dynamodb://a/b/c", "dynamodb://owners?",
                            "dynamodb://owners?region=", "dynamodb://owners?table=x", "dynamodb://owners?region=Mars", "s3://owners/file"}) {
    EXPECT_FALSE(RecipientsTable::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace keyward::notify
