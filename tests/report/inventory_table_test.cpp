#include "report/inventory_table.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <sstream>

#include "report/samples.hpp"

namespace keyward::report {
namespace {

accounts::Inventory sample_inventory() {
  accounts::Inventory inventory{"o-ab12cd34ef", {}};
  inventory.entries.push_back({samples::account("111122223333", "prod-payments"), accounts::Skip::none});
  inventory.entries.push_back(
      {samples::account("222233334444", "=cmd()\x1b[31m, \"x\""), accounts::Skip::not_included});
  accounts::Account closed = samples::account("333344445555", "old");
  closed.state = accounts::AccountState::suspended;
  closed.management = true;
  inventory.entries.push_back({closed, accounts::Skip::suspended});
  return inventory;
}

std::string inventory_as(Output output) {
  std::ostringstream out;
  print_inventory(out, sample_inventory(), output);
  return out.str();
}

TEST(InventoryTable, NamesEveryAccountAndWhyNot) {
  EXPECT_EQ(inventory_as({}), R"(ACCOUNT       NAME              STATE      TAKES PART                   PATH
111122223333  prod-payments     ACTIVE     yes                          r-ab12/ou-ab12-11111111
222233334444  =cmd()�[31m, "x"  ACTIVE     no: no include rule matches  r-ab12/ou-ab12-11111111
333344445555  old (management)  SUSPENDED  no: suspended by AWS         r-ab12/ou-ab12-11111111

3 accounts in o-ab12cd34ef: 1 taking part, 2 not
       1  no include rule matches
       1  suspended by AWS
)");
}

TEST(InventoryTable, CsvIsQuotedAndInert) {
  EXPECT_EQ(inventory_as({Format::csv}),
            "account,name,email,state,path,management,takes_part,why_not\r\n"
            "111122223333,prod-payments,owner@example.org,ACTIVE,r-ab12/ou-ab12-11111111,false,true,\r\n"
            "222233334444,\"'=cmd()\x1b[31m, "
            "\"\"x\"\"\",owner@example.org,ACTIVE,r-ab12/ou-ab12-11111111,false,false,no include rule matches\r\n"
            "333344445555,old,owner@example.org,SUSPENDED,r-ab12/ou-ab12-11111111,true,false,suspended by AWS\r\n");
}

TEST(InventoryTable, JsonIsOneDocumentAndJsonlOneALine) {
  const auto document = boost::json::parse(inventory_as({Format::json}));
  EXPECT_EQ(document.at("accounts").as_array().size(), 3u);
  EXPECT_EQ(document.at("accounts").at(1).at("why_not").as_string(), "no include rule matches");
  EXPECT_EQ(document.at("totals").at("takes_part").as_int64(), 1);
  std::istringstream lines(inventory_as({Format::jsonl}));
  std::vector<std::string> types;
  for (std::string line; std::getline(lines, line);)
    types.emplace_back(boost::json::parse(line).at("type").as_string());
  EXPECT_EQ(types, (std::vector<std::string>{"account", "account", "account", "totals"}));
}

TEST(InventoryTable, FitsTheTerminalAndIsWholeWithoutOne) {
  for (const std::size_t width : {80u, 90u, 100u}) {
    const std::string text = inventory_as({Format::table, Color::never, width});
    EXPECT_LE(samples::widest_line(text), width) << text;
    EXPECT_NE(text.find("111122223333  prod-payments"), std::string::npos) << text;
  }
  EXPECT_NE(inventory_as({}).find("r-ab12/ou-ab12-11111111"), std::string::npos);
  EXPECT_EQ(inventory_as({}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace keyward::report
