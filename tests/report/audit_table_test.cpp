#include "report/audit_table.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <sstream>

#include "report/samples.hpp"

namespace keyward::report {
namespace {

std::string audit_as(Output output) {
  std::ostringstream out;
  AuditPrinter printer(out, output);
  // Accounts arrive in the order in which their audits end.
  rotation::UserFacts exempt = samples::user("fax", {samples::key("AKIAEXAMPLEEXAMPLE1A", 400)});
  exempt.exemption = rotation::Fact<rotation::ExemptionFact>::known({"vendor appliance"});
  rotation::UserFacts unread = samples::user("unread", {});
  unread.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::unknown("iam:ListAccessKeys: AccessDenied");
  printer.add(samples::account("444455556666", "=cmd()"), {samples::decided(exempt), samples::decided(unread)},
              rotation::Policy{}, samples::now());
  printer.add(samples::account(),
              {samples::decided(samples::user("svc-export", {samples::key("AKIAEXAMPLEEXAMPLE7Q", 94)})),
               samples::decided(samples::user("etl", {samples::key("AKIAEXAMPLEEXAMPLE8R", 20)}))},
              rotation::Policy{}, samples::now());
  EXPECT_EQ(out.str(), "");
  printer.finish(samples::summary());
  return out.str();
}

TEST(AuditTable, UncoveredAccountsFirstThenKeysByAccountThenTotals) {
  EXPECT_EQ(audit_as({}), R"(NOT COVERED: 1 of 3 accounts. Nothing is known about their keys.
  777788889999  data-eu
                sts:AssumeRole arn:aws:iam::777788889999:role/keyward-rotate: AccessDenied: not
                authorized
  -> Deploy the member role in this account and let it trust this caller, or exclude the account.

NOT READ: 1 of 4 users. A user is left alone while a fact about it is unknown.
  444455556666  =cmd()
                1 user: unread
                the access keys could not be read: iam:ListAccessKeys: AccessDenied
  -> See the error; usually the audit role lacks a permission.

ACCOUNT       NAME           USER        KEY      AGE  USED  STATUS   WHY                       NEXT
111122223333  prod-payments  svc-export  …LE7Q   94 d   2 d  OVERDUE  94 d old, used 2 d ago    now: rotate
111122223333  prod-payments  etl         …LE8R   20 d   2 d  ok       in policy                 2027-01-30 rotate
444455556666  =cmd()         fax         …LE1A  400 d   2 d  exempt
444455556666  =cmd()         unread      -          -     -  unknown  a fact could not be read  a person must decide

3 keys of 4 users in 2 accounts: 1 out of policy, 1 unknown, 1 account NOT COVERED, 1 user NOT READ
)");
}

TEST(AuditTable, ANarrowTerminalGetsTheReasonLeftOutThenNamesCutThenLeftOut) {
  const std::string wide = audit_as({Format::table, Color::never, 160});
  EXPECT_NE(wide.find("94 d old, used 2 d ago"), std::string::npos) << wide;
  const std::string usual = audit_as({Format::table, Color::never, 100});
  EXPECT_EQ(usual.find("94 d old, used 2 d ago"), std::string::npos) << usual;
  EXPECT_NE(usual.find("prod-payments  svc-export"), std::string::npos) << usual;
  const std::string narrow = audit_as({Format::table, Color::never, 88});
  EXPECT_NE(narrow.find("prod-payme…  svc-export"), std::string::npos) << narrow;
  const std::string least = audit_as({Format::table, Color::never, 80});
  EXPECT_NE(least.find("111122223333  svc-export  …LE7Q"), std::string::npos) << least;
  for (const auto& [text, width] : {std::pair(wide, 160u), std::pair(usual, 100u), std::pair(narrow, 88u), std::pair(least, 80u)})
    EXPECT_LE(samples::widest_line(text.substr(0, text.find("\n3 keys of"))), width) << text;
}

TEST(AuditTable, WithoutATerminalNoNameIsCut) {
  const std::string long_name(50, 'n');
  const std::string long_user = std::string(57, 'u') + "-abcdef";
  std::ostringstream out;
  AuditPrinter printer(out, {});
  printer.add(samples::account("111122223333", long_name),
              {samples::decided(samples::user(long_user.c_str(), {samples::key("AKIAEXAMPLEEXAMPLE7Q", 94)}))},
              rotation::Policy{}, samples::now());
  printer.finish(samples::summary_of(0, 1));
  EXPECT_NE(out.str().find(long_name + "  " + long_user + "  "), std::string::npos) << out.str();
}

TEST(AuditTable, CsvHasOneRowPerKeyAndOnePerUncoveredAccount) {
  EXPECT_EQ(
      audit_as({Format::csv}),
      "account,account_name,user,access_key_id,key_status,age_days,last_used,last_used_service,last_used_region,"
      "verdict,action,reason,next,next_at,detail\r\n"
      "777788889999,data-eu,,,,,,,,not_covered,,,,,sts:AssumeRole arn:aws:iam::777788889999:role/keyward-rotate: "
      "AccessDenied: not authorized\r\n"
      "444455556666,'=cmd(),unread,,,,,,,unknown,hold,fact_unknown,,,the access keys could not be read: "
      "iam:ListAccessKeys: AccessDenied\r\n"
      "111122223333,prod-payments,svc-export,AKIAEXAMPLEEXAMPLE7Q,active,94,2026-11-19T02:30:00Z,s3,eu-central-1,out_"
      "of_policy,rotate,expired_active_key,rotate,2026-11-17T02:30:00Z,\r\n"
      "111122223333,prod-payments,etl,AKIAEXAMPLEEXAMPLE8R,active,20,2026-11-19T02:30:00Z,s3,eu-central-1,ok,none,key_"
      "compliant,rotate,2027-01-30T02:30:00Z,\r\n"
      "444455556666,'=cmd(),fax,AKIAEXAMPLEEXAMPLE1A,active,400,2026-11-19T02:30:00Z,s3,eu-central-1,exempt,,,,,\r\n");
}

TEST(AuditTable, JsonNamesTheUncoveredFirst) {
  const std::string text = audit_as({Format::json});
  const auto document = boost::json::parse(text);
  EXPECT_LT(text.find("\"uncovered\""), text.find("\"keys\""));
  EXPECT_EQ(document.at("uncovered").at(0).at("account").as_string(), "777788889999");
  EXPECT_EQ(document.at("keys").as_array().size(), 4u);
  EXPECT_EQ(document.at("totals").at("keys").as_int64(), 3);
  EXPECT_EQ(document.at("totals").at("out_of_policy").as_int64(), 1);
  EXPECT_EQ(document.at("totals").at("unknown").as_int64(), 1);
  EXPECT_EQ(document.at("totals").at("accounts_uncovered").as_int64(), 1);
  EXPECT_EQ(document.at("totals").at("users_unreadable").as_int64(), 1);
  EXPECT_LT(text.find("\"unread\""), text.find("\"keys\""));
  EXPECT_EQ(document.at("unread").at(0).at("users").at(0).as_string(), "unread");
  std::istringstream lines(audit_as({Format::jsonl}));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(boost::json::parse(line).at("outcome").as_string(), "failed");
  for (std::string next; std::getline(lines, next);) line = next;
  EXPECT_EQ(boost::json::parse(line).at("event").as_string(), "totals");
}

TEST(AuditTable, UsersThatCouldNotBeReadAreNamedBeforeTheRowsAndCoverageIsNotFull) {
  RunSummary summary = samples::summary_of(0, 1);
  std::vector<rotation::UserReport> users;
  for (int i = 0; i < 20; ++i) {
    rotation::UserFacts unread = samples::user(("user" + std::to_string(i)).c_str(), {});
    unread.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::unknown("iam:ListAccessKeys: AccessDenied");
    users.push_back(samples::decided(unread));
  }
  std::ostringstream out;
  AuditPrinter printer(out, {});
  printer.add(samples::account(), users, rotation::Policy{}, samples::now());
  printer.finish(summary);
  const std::string text = out.str();
  EXPECT_TRUE(text.starts_with(R"(NOT READ: 20 of 20 users. A user is left alone while a fact about it is unknown.
  111122223333  prod-payments
                20 users: user0, user1, user2, user3, user4, user5, user6, user7, user8, user9,
                user10, user11, ... and 8 more
                the access keys could not be read: iam:ListAccessKeys: AccessDenied
  -> See the error; usually the audit role lacks a permission.
)")) << text;
  EXPECT_EQ(text.find("every account covered"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("0 out of policy, 20 unknown, 20 users NOT READ\n")) << text;
}

TEST(AuditTable, FullCoverageIsSaidWhenNothingIsMissing) {
  std::ostringstream out;
  AuditPrinter printer(out, {});
  printer.add(samples::account(), {samples::decided(samples::user("etl", {samples::key("AKIAEXAMPLEEXAMPLE8R", 20)}))},
              rotation::Policy{}, samples::now());
  printer.finish(samples::summary_of(0, 1));
  EXPECT_TRUE(out.str().ends_with("0 out of policy, every account covered\n")) << out.str();
}

TEST(AuditTable, NothingFoundIsValidInEveryFormat) {
  RunSummary empty;
  empty.run = "r";
  for (const Format format : {Format::table, Format::json, Format::jsonl, Format::csv}) {
    std::ostringstream out;
    AuditPrinter(out, {format}).finish(empty);
    EXPECT_NE(out.str(), "");
    if (format == Format::json) {
      EXPECT_NO_THROW(boost::json::parse(out.str()));
    }
  }
}

TEST(AuditTable, AShardClaimsItsOwnAccountsOnly) {
  RunSummary summary = samples::summary_of(0, 1);
  summary.shard = ShardPart{2, 4, 10};
  std::ostringstream out;
  AuditPrinter(out, {}).finish(summary);
  EXPECT_TRUE(out.str().ends_with(", every account of this shard covered\nShard 2 of 4: 1 of 10 accounts; the others are not in this shard\n")) << out.str();
  std::ostringstream json;
  AuditPrinter(json, {Format::json}).finish(summary);
  const boost::json::value totals = boost::json::parse(json.str()).at("totals");
  EXPECT_EQ(totals.at("shard").as_string(), "2/4");
  EXPECT_EQ(totals.at("accounts_in_organization").as_int64(), 10);
}

}  // namespace
}  // namespace keyward::report
