#include "report/run_format.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "report/asff.hpp"
#include "report/event_log.hpp"
#include "report/junit.hpp"
#include "report/prometheus.hpp"
#include "samples.hpp"

namespace keyward::report {
namespace {

namespace json = boost::json;

std::string render(RunFormat format, const RunSummary& summary, const std::vector<Event>& events,
                   std::optional<base::Instant> success = std::nullopt) {
  std::string text;
  const auto writer = open_writer(format, summary, [&text](std::string_view part) { text += part; }, {success, {}});
  for (const Event& event : events) writer->add(event);
  writer->end();
  return text;
}

std::vector<Event> events() { return samples::account_events(samples::account(), false); }

Event overdue(int age_days, const char* reason = "expired_active_key") {
  Event event;
  event.time = samples::now();
  event.event = "decision";
  event.account = "111122223333";
  event.user = "alice";
  event.access_key_id = "AKIAEXAMPLEEXAMPLE7Q";
  event.key_status = "active";
  event.verdict = "out_of_policy";
  event.age_days = age_days;
  event.action = "rotate";
  event.reason = reason;
  return event;
}

/// The record of a run in a folder of its own.
void put_record(const std::filesystem::path& folder, RunSummary summary, const std::vector<Event>& lines) {
  std::filesystem::create_directories(folder);
  auto log = EventLog::open(folder / "events.jsonl", summary.run);
  ASSERT_TRUE(log);
  for (const Event& event : lines) ASSERT_TRUE(log->append(event));
  summary.events = static_cast<std::int64_t>(lines.size());
  ASSERT_TRUE(write_summary(folder / "run.json", summary));
}

TEST(RunFormat, RendersARecordWithoutSayingThatItLacksSomething) {
  const samples::Folder folder;
  put_record(folder.path(), samples::summary(), events());
  for (const RunFormat format : {RunFormat::html, RunFormat::json, RunFormat::jsonl, RunFormat::csv, RunFormat::ocsf, RunFormat::asff,
                                 RunFormat::prometheus, RunFormat::junit}) {
    std::string text;
    const auto flaws = render_run(folder.path(), format, [&text](std::string_view part) { text += part; });
    ASSERT_TRUE(flaws) << base::describe(flaws.error());
    EXPECT_TRUE(flaws->empty());
    EXPECT_TRUE(text.ends_with('\n'));
  }
}

TEST(RunFormat, TheLastSuccessIsThatOfARun) {
  const samples::Folder runs;
  EXPECT_FALSE(last_success(runs.path()));
  const auto put = [&runs](const char* id, const char* command, int exit_code, int day) {
    RunSummary summary = samples::summary();
    summary.run = id;
    summary.command = command;
    summary.exit_code = exit_code;
    summary.finished = samples::now() + std::chrono::days(day);
    put_record(runs.path() / id, summary, {});
  };
  put("20261121T000000Z-0001", "run", 0, 0);
  put("20261122T000000Z-0001", "run", 0, 1);
  put("20261123T000000Z-0001", "run", 4, 2);
  put("20261124T000000Z-0001", "rotate", 0, 3);
  EXPECT_EQ(last_success(runs.path()), samples::now() + std::chrono::days(1));
}

TEST(CsvKeys, AFormulaInANameStaysText) {
  Event event = overdue(94);
  event.user = "=1+1,\"x\"";
  const std::string text = render(RunFormat::csv, samples::summary(), {event});
  EXPECT_NE(text.find(",\"'=1+1,\"\"x\"\"\","), std::string::npos) << text;
}

TEST(CsvKeys, TellsWhatWasDoneBesideTheKeyItWasDoneTo) {
  Event first = overdue(94), second = overdue(20), action = overdue(94), other = overdue(94);
  second.access_key_id = "AKIAEXAMPLEEXAMPLE8R";
  action.event = "action";
  action.verdict.clear();
  action.outcome = "done";
  action.new_access_key_id = "AKIAEXAMPLEEXAMPLE9S";
  other.user = "bob";
  const std::string text = render(RunFormat::csv, samples::summary_of(0, 1), {first, second, action, other});
  std::vector<std::string> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_TRUE(rows[1].ends_with(",done,AKIAEXAMPLEEXAMPLE9S,\r")) << rows[1];
  EXPECT_TRUE(rows[2].ends_with(",,,\r")) << rows[2];
  EXPECT_TRUE(rows[3].ends_with(",,,\r")) << rows[3];
}

TEST(Asff, AFindingKeepsItsIdAndShowsNoKeyInIt) {
  const std::string id = finding_id("111122223333", "alice", "AKIAEXAMPLEEXAMPLE7Q");
  EXPECT_TRUE(id.starts_with("keyward/111122223333/alice/")) << id;
  EXPECT_TRUE(id.ends_with("/age")) << id;
  EXPECT_EQ(id.find("AKIA"), std::string::npos);
  EXPECT_EQ(id, asff_subject(overdue(200), 90)->id());
  EXPECT_NE(id, finding_id("111122223333", "alice", "AKIAEXAMPLEEXAMPLE8R"));
}

TEST(Asff, IsMadeOfTheRegionsPartition) {
  RunSummary summary = samples::summary();
  summary.region = "us-gov-west-1";
  const json::value findings = json::parse(render(RunFormat::asff, summary, {overdue(94), overdue(111)}));
  const json::object& first = findings.at(0).as_object();
  EXPECT_EQ(first.at("ProductArn").as_string(), "arn:aws-us-gov:securityhub:us-gov-west-1:111122223333:product/111122223333/default");
  EXPECT_EQ(first.at("Severity").at("Label").as_string(), "MEDIUM");
  EXPECT_EQ(findings.at(1).at("Severity").at("Label").as_string(), "HIGH");
  EXPECT_EQ(first.at("CreatedAt").as_string(), "2026-11-17T00:00:00Z");
}

TEST(Asff, TextsKeepToTheirLengths) {
  Event event = overdue(94);
  for (int i = 0; i < 300; ++i) event.user += "\xF0\x9F\x94\x91";
  event.action = std::string(5000, 'x');
  const json::object finding = asff_failed(*asff_subject(event, 90), event, 110, {"aws", "us-east-1", "1"});
  EXPECT_LE(finding.at("Title").as_string().size(), 256u);
  EXPECT_LE(finding.at("Description").as_string().size(), 1024u);
}

TEST(Prometheus, AShardSaysWhichItIs) {
  RunSummary summary = samples::summary();
  summary.shard = ShardPart{2, 4, 100};
  const std::string text = render(RunFormat::prometheus, summary, events());
  EXPECT_NE(text.find("\nkeyward_run_exit_code{shard=\"2/4\"} 4\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nkeyward_accounts{shard=\"2/4\",state=\"covered\"} 2\n"), std::string::npos) << text;
}

TEST(Prometheus, ASuccessIsNeverTakenBack) {
  const base::Instant later = samples::now() + std::chrono::days(3);
  RunSummary good = samples::summary_of(0, 2);
  const auto success = [](const std::string& text) {
    const std::string name = "\nkeyward_last_success_timestamp_seconds ";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stoll(text.substr(at + name.size()));
  };
  EXPECT_EQ(success(render(RunFormat::prometheus, good, {})), good.finished.time_since_epoch().count());
  EXPECT_EQ(success(render(RunFormat::prometheus, good, {}, later)), later.time_since_epoch().count());
  EXPECT_EQ(success(render(RunFormat::prometheus, samples::summary(), {}, later)), later.time_since_epoch().count());
  EXPECT_EQ(success(render(RunFormat::prometheus, samples::summary(), {})), 0);
  EXPECT_EQ(success(prometheus_of_failed_start(later, 5, samples::now())), samples::now().time_since_epoch().count());
}

TEST(Prometheus, LabelsAreEscaped) {
  RunSummary summary = samples::summary();
  summary.version = "1\"\\\n";
  const std::string text = render(RunFormat::prometheus, summary, {});
  EXPECT_NE(text.find("version=\"1\\\"\\\\\xEF\xBF\xBD\""), std::string::npos) << text;
}

TEST(JUnit, HostileNamesStayText) {
  Event event = overdue(94);
  event.account_name = "<a>&\"'\x1b]]>";
  const std::string text = render(RunFormat::junit, samples::summary(), {event});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("&lt;a&gt;&amp;&quot;&#39;"), std::string::npos) << text;
  EXPECT_NE(text.find("name=\"alice key LE7Q\""), std::string::npos) << text;
}

TEST(Ocsf, WhatWasNotDoneIsNoChange) {
  Event action = overdue(94);
  action.event = "action";
  action.verdict.clear();
  const std::map<std::string, int> changes{{"done", 1}, {"failed", 1}, {"dry_run", 0}, {"held_back", 0}, {"stale", 0}};
  for (const auto& [outcome, count] : changes) {
    action.outcome = outcome;
    const std::string text = render(RunFormat::ocsf, samples::summary_of(0, 1), {action});
    EXPECT_EQ(std::ranges::count(text, '\n'), count) << outcome;
  }
  action.outcome = "done";
  action.action = "deactivate";
  const json::value event = json::parse(render(RunFormat::ocsf, samples::summary_of(0, 1), {action}));
  EXPECT_EQ(event.at("type_uid").as_int64(), 300409);
  EXPECT_EQ(event.at("time").as_int64(), samples::now().time_since_epoch().count() * 1000);
}

}  // namespace
}  // namespace keyward::report
