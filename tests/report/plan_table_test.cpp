#include "report/plan_table.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <sstream>

#include "report/samples.hpp"

namespace keyward::report {
namespace {

RunSummary planned() {
  RunSummary summary;
  summary.command = "plan";
  summary.organization = "o-exampleorgid";
  summary.accounts_participating = 3;
  summary.accounts_covered = 2;
  summary.users = 4;
  summary.keys = 4;
  summary.limits = {{"max_changes", 500}, {"max_changes_per_account", 1}};
  summary.uncovered = {{"777788889999", "data-eu", "sts:AssumeRole: AccessDenied: not authorized"}};
  return summary;
}

std::string plan_as(Output output, const RunSummary& summary = planned(), std::string file = "plan.json") {
  std::ostringstream out;
  PlanPrinter printer(out, output);
  const auto add = [&](const accounts::Account& account, const rotation::UserFacts& facts, bool dry_run) {
    for (Event& event : user_events(account, samples::decided(facts), rotation::Policy{}, samples::now())) {
      event.dry_run = dry_run;
      printer.add(event);
    }
  };
  rotation::UserFacts exempt = samples::user("fax", {samples::key("AKIAEXAMPLEEXAMPLE1A", 400)});
  exempt.exemption = rotation::Fact<rotation::ExemptionFact>::known({"vendor appliance"});
  add(samples::account("444455556666", "=cmd()\x1b[31m"), samples::user("dry", {samples::key("AKIAEXAMPLEEXAMPLE9D", 120)}), true);
  add(samples::account(), samples::user("svc-export", {samples::key("AKIAEXAMPLEEXAMPLE7Q", 94)}), false);
  add(samples::account(), samples::user("etl", {samples::key("AKIAEXAMPLEEXAMPLE8R", 91)}), false);
  add(samples::account(), exempt, false);
  EXPECT_EQ(out.str(), "");
  printer.finish(summary, {"20261121T023000Z-0001", samples::now(), samples::now() + std::chrono::hours(24), std::move(file), false}, nullptr);
  return out.str();
}

TEST(PlanTable, SaysFirstWhatIsNotCoveredThenCountsThenRowsThenWhatTheLimitsHoldBack) {
  const std::string text = plan_as({});
  EXPECT_TRUE(text.starts_with("NOT COVERED: 1 of 3 accounts.")) << text;
  const auto at = [&text](const char* part) {
    const auto found = text.find(part);
    EXPECT_NE(found, std::string::npos) << part << "\n" << text;
    return found;
  };
  EXPECT_LT(at("PLAN 20261121T023000Z-0001"), at("+  create"));
  EXPECT_LT(at("+  create"), at("CREATE 3"));
  EXPECT_LT(at("CREATE 3"), at("Guard rails"));
  at("2 changes of max_changes 500; max_changes_per_account 1; 1 WOULD BE HELD BACK");
  at("over max_changes_per_account: 111122223333 (2)");
  at("2026-10-22  dry run");
  at("keyward apply plan.json; it leaves alone what is named under NOT COVERED");
}

TEST(PlanTable, FitsTheTerminal) {
  for (const std::size_t width : {80U, 100U, 120U}) {
    EXPECT_LE(samples::widest_line(plan_as({Format::table, Color::never, width})), width);
  }
}

TEST(PlanTable, NextWithoutAFileSaysHowToGetOne) {
  EXPECT_NE(plan_as({}, planned(), "").find("keyward plan --out FILE, then keyward apply FILE"), std::string::npos);
}

TEST(PlanTable, AsJsonHasWhatTheTableHas) {
  const boost::json::value value = boost::json::parse(plan_as({Format::json}));
  EXPECT_EQ(value.at("plan").at("expires").as_string(), "2026-11-22T02:30:00Z");
  EXPECT_EQ(value.at("uncovered").as_array().size(), 1U);
  EXPECT_EQ(value.at("actions").as_array().size(), 3U);
  EXPECT_EQ(value.at("totals").at("create").as_int64(), 3);
  EXPECT_EQ(value.at("totals").at("create_dry_run").as_int64(), 1);
  EXPECT_EQ(value.at("totals").at("held_back").as_int64(), 1);
  EXPECT_EQ(value.at("totals").at("users_exempt").as_int64(), 1);
}

TEST(PlanTable, EveryLineOfJsonlIsAnObject) {
  std::istringstream lines(plan_as({Format::jsonl}));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(boost::json::parse(line).is_object()) << line;
  EXPECT_EQ(count, 6);
}

TEST(PlanTable, CsvDefusesFormulas) {
  const std::string text = plan_as({Format::csv});
  EXPECT_NE(text.find(",'=cmd()"), std::string::npos) << text;
  EXPECT_NE(text.find("777788889999,data-eu"), std::string::npos) << text;
}

}  // namespace
}  // namespace keyward::report
