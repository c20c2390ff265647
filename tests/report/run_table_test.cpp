#include "report/run_table.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <sstream>

#include "report/samples.hpp"
#include "report/user_events.hpp"

namespace keyward::report {
namespace {

Highlights sample_highlights() {
  Highlights highlights;
  const auto add = [&highlights](const rotation::UserReport& user) {
    for (const Event& event : user_events(samples::account(), user, rotation::Policy{}, samples::now()))
      highlights.add(event);
  };
  add(samples::decided(samples::user("svc-export", {samples::key("AKIAEXAMPLEEXAMPLE7Q", 94)})));
  add(samples::decided(samples::user("etl", {samples::key("AKIAEXAMPLEEXAMPLE8R", 87)})));
  rotation::UserReport failed = samples::decided(samples::user("backup", {samples::key("AKIAEXAMPLEEXAMPLE9S", 91)}),
                                                 rotation::OutcomeStatus::failed);
  failed.outcomes[0].error =
      base::Error{base::ErrorKind::denied, "iam:CreateAccessKey", "AccessDenied", "9d1c", "User is not authorized"};
  add(failed);
  add(samples::decided(samples::user("lost", {samples::key("AKIAEXAMPLEEXAMPLE0T", 91)}),
                       rotation::OutcomeStatus::recovery_needed));
  return highlights;
}

std::string run_as(Output output, const RunSummary& summary = samples::summary()) {
  std::ostringstream out;
  print_run(out, summary, sample_highlights(), {"/state/runs/r/report.html", "/state/runs/r/events.jsonl"}, output);
  return out.str();
}

TEST(RunTable, TellsWhatIsMissingThenWhatFailedThenWhatWasDone) {
  EXPECT_EQ(run_as({}), R"(NOT COVERED: 1 of 3 accounts. Nothing is known about their keys.
  777788889999  data-eu
                sts:AssumeRole arn:aws:iam::777788889999:role/keyward-rotate: AccessDenied: not
                authorized
  -> Deploy the member role in this account and let it trust this caller, or exclude the account.

RECOVERY NEEDED 1
  111122223333  prod-payments  lost    …LE0T  rotate: RECOVERY NEEDED
  -> A new key exists whose secret is not stored. Run keyward again at once: it settles this first.

FAILED 1
  111122223333  prod-payments  backup  …LE9S  rotate: FAILED
                iam:CreateAccessKey: AccessDenied: User is not authorized (request 9d1c)
  -> Allow the member role the call that the error names.

ROTATED 1
  ACCOUNT       NAME           USER        KEY    WHY                     DUE
  111122223333  prod-payments  svc-export  …LE7Q  94 d old, used 2 d ago  2026-11-17

WARNED 1
  ACCOUNT       NAME           USER        KEY    WHY                     DUE
  111122223333  prod-payments  etl         …LE8R  rotate, 87 d old        2026-11-24

Run         20261121T023000Z-7f3a  o-ab12cd34ef  2026-11-21 02:30 UTC  4 m 10 s
Coverage    2 of 3 accounts, 1 NOT COVERED; 1 not taking part
Keys        4 keys of 3 users, 1 out of policy
Changes     1 rotated, 0 deactivated, 0 deleted
Notices     1 sent, 0 failed
Limits      0 held back; max_changes 500
API calls   5 (1 throttled, 2 retried)
Exit code   4, partial: something failed or was not covered
Report      /state/runs/r/report.html
Events      /state/runs/r/events.jsonl
Next        keyward run    again, once the accounts named under NOT COVERED can be reached
)");
}

/// A run through accounts in dry run and accounts that are not.
std::string run_through(int dry_run, int enforced, Output output = {}) {
  Highlights highlights;
  const auto add = [&highlights](const accounts::Account& account, bool dry) {
    for (const Event& event : samples::account_events(account, dry)) highlights.add(event);
  };
  for (int i = 0; i < dry_run; ++i) add(samples::account("777788889999", "try"), true);
  for (int i = 0; i < enforced; ++i) add(samples::account(), false);
  std::ostringstream out;
  print_run(out, samples::summary_of(dry_run, enforced), highlights, {"report.html", "events.jsonl"}, output);
  return out.str();
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(RunTable, DryRunIsTheFirstThingSaid) {
  const std::string text = run_through(2, 0);
  EXPECT_TRUE(text.starts_with("DRY RUN: nothing was changed. What follows is what a run would do.\n")) << text;
  EXPECT_TRUE(has(text, "\nWOULD ROTATE 2\n")) << text;
  EXPECT_TRUE(has(text, "\nDUE SOON 2\n"));
  EXPECT_TRUE(has(text, "none (dry run): would be 2 rotated"));
  EXPECT_FALSE(has(text, "\nROTATED"));
  EXPECT_FALSE(has(text, "WARNED"));
}

TEST(RunTable, WithoutADryRunNothingSpeaksOfOne) {
  const std::string text = run_through(0, 2);
  EXPECT_TRUE(text.starts_with("ROTATED 2\n")) << text;
  EXPECT_TRUE(has(text, "\nWARNED 2\n"));
  EXPECT_TRUE(has(text, "Changes     2 rotated, 0 deactivated, 0 deleted\n"));
  for (const char* word : {"dry", "DRY", "would", "WOULD", "DUE SOON"}) EXPECT_FALSE(has(text, word)) << word;
}

TEST(RunTable, WhatWasDoneStandsApartFromWhatWasOnlyTold) {
  const std::string text = run_through(1, 2);
  EXPECT_TRUE(text.starts_with("PARTLY DRY RUN: 1 of 3 accounts in dry run; nothing was changed there.\n")) << text;
  EXPECT_FALSE(has(text, "DRY RUN: nothing was changed"));
  const std::size_t done = text.find("\nROTATED 2\n");
  const std::size_t told = text.find("In dry run, so only told (1 of 3 accounts):\nWOULD ROTATE 1\n");
  ASSERT_NE(done, std::string::npos) << text;
  ASSERT_NE(told, std::string::npos) << text;
  EXPECT_LT(text.find("777788889999", done), text.size());
  EXPECT_GT(text.find("777788889999"), told);
  EXPECT_LT(text.rfind("111122223333"), told);
  EXPECT_LT(text.find("\nWARNED 2\n"), told);
  EXPECT_GT(text.find("\nDUE SOON 1\n"), told);
  EXPECT_TRUE(has(text, "Changes     2 rotated, 0 deactivated, 0 deleted\n"));
  EXPECT_TRUE(has(text, "Dry run     1 of 3 accounts: would be 1 rotated, 0 deactivated, 0 deleted\n"));
}

TEST(RunTable, RowsForProgramsSayWhichAccountsWereInDryRun) {
  const auto document = boost::json::parse(run_through(1, 2, {Format::json}));
  EXPECT_FALSE(document.at("summary").at("dry_run").as_bool());
  EXPECT_EQ(document.at("summary").at("accounts_dry_run").as_int64(), 1);
  EXPECT_EQ(document.at("summary").at("accounts_enforced").as_int64(), 2);
  for (const auto& event : document.at("highlights").as_array()) {
    const bool dry = event.at("account").as_string() == "777788889999";
    EXPECT_EQ(event.as_object().contains("dry_run"), dry) << event;
    if (event.at("event").as_string() == "action") {
      EXPECT_EQ(event.at("outcome").as_string(), dry ? "dry_run" : "done");
    }
  }
  const std::string csv = run_through(1, 2, {Format::csv});
  EXPECT_TRUE(has(csv, ",rotate,expired_active_key,done,2026-11-17,,,false\r\n")) << csv;
  EXPECT_TRUE(has(csv, ",rotate,expired_active_key,dry_run,2026-11-17,,,true\r\n")) << csv;
}

TEST(RunTable, AForcedRotationInADryRunSpeaksOfItself) {
  RunSummary summary = samples::summary_of(1, 0);
  summary.command = "rotate";
  std::ostringstream out;
  print_run(out, summary, {}, {"report.html", "events.jsonl"}, {});
  EXPECT_TRUE(out.str().starts_with("DRY RUN: nothing was changed. What follows is what it would do.\n")) << out.str();
}

TEST(RunTable, RecoverInADryRunSaysThatItOnlyLists) {
  RunSummary summary = samples::summary_of(2, 0);
  summary.command = "recover";
  std::ostringstream out;
  print_run(out, summary, {}, {"report.html", "events.jsonl"}, {});
  EXPECT_TRUE(out.str().starts_with("NOTHING WAS CHANGED: interrupted rotations are only listed.\n")) << out.str();
}

TEST(RunTable, UsersThatCouldNotBeReadAreNamedFirstAndOnce) {
  RunSummary summary = samples::summary_of(0, 1);
  summary.users_unreadable = 1;
  summary.exit_code = 4;
  rotation::UserFacts unread = samples::user("unread", {});
  unread.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::unknown("iam:ListAccessKeys: AccessDenied");
  Highlights highlights;
  for (const Event& event : user_events(samples::account(), samples::decided(unread), rotation::Policy{}, samples::now()))
    highlights.add(event);
  std::ostringstream out;
  print_run(out, summary, highlights, {"report.html", "events.jsonl"}, {});
  const std::string text = out.str();
  EXPECT_TRUE(text.starts_with("NOT READ: 1 of 3 users.")) << text;
  EXPECT_TRUE(has(text, "1 user: unread\n"));
  EXPECT_FALSE(has(text, "NEEDS A PERSON"));
  EXPECT_TRUE(has(text, "Coverage    1 of 1 account, 1 user NOT READ\n")) << text;
  EXPECT_TRUE(has(text, "Next        keyward run    again, once the users that could not be read can be\n"));
}

TEST(RunTable, AWrongClockIsToldInWords) {
  RunSummary summary = samples::summary_of(0, 1);
  summary.clock_offset_seconds = 8610863;
  EXPECT_TRUE(has(run_as({}, summary), "Clock       this host's clock is 99 d 15 h behind AWS; AWS's time was used\n"));
  summary.clock_offset_seconds = 3;
  EXPECT_FALSE(has(run_as({}, summary), "Clock "));
}

TEST(RunTable, AReportThatWasNotWrittenIsNotNamed) {
  std::ostringstream out;
  print_run(out, samples::summary_of(0, 1), {}, {"", "events.jsonl"}, {});
  EXPECT_TRUE(has(out.str(), "Report      NOT WRITTEN; standard error says why\nEvents      events.jsonl\n")) << out.str();
}

TEST(RunTable, StopIsLoud) {
  RunSummary summary = samples::summary();
  summary.stopped_by = "limits.max_failed_accounts_percent: 12 of 40 accounts failed";
  EXPECT_TRUE(run_as({}, summary).starts_with("STOPPED: limits.max_failed_accounts_percent"));
}

TEST(RunTable, FitsTheTerminal) {
  for (const std::size_t width : {80u, 100u})
    EXPECT_LE(samples::widest_line(run_as({Format::table, Color::never, width})), width);
}

TEST(RunTable, WithoutATerminalNothingIsCut) {
  const std::string long_name(50, 'n');
  const std::string long_user = std::string(57, 'u') + "-abcdef";
  Highlights highlights;
  for (const auto status : {rotation::OutcomeStatus::done, rotation::OutcomeStatus::failed}) {
    rotation::UserReport user = samples::decided(samples::user(long_user.c_str(), {samples::key("AKIAEXAMPLEEXAMPLE7Q", 94)}), status);
    user.outcomes[0].decision.reason = rotation::Reason::forced_rotation;
    user.outcomes[0].decision.detail = std::string(80, 'w');
    for (const Event& event : user_events(samples::account("111122223333", long_name), user, rotation::Policy{}, samples::now()))
      highlights.add(event);
  }
  RunSummary summary = samples::summary_of(0, 1);
  summary.limits = {{"accounts_in_flight", 64}, {"max_changes", 500}, {"max_changes_per_account", 50}, {"max_failed_accounts_percent", 10}};
  std::ostringstream out;
  print_run(out, summary, highlights, {"report.html", "events.jsonl"}, {});
  const std::string text = out.str();
  EXPECT_TRUE(has(text, long_name + "  " + long_user + "  …LE7Q  a person asked for it: " + std::string(80, 'w'))) << text;
  EXPECT_TRUE(has(text, long_name + "  " + long_user + "  …LE7Q  rotate: FAILED")) << text;
  EXPECT_TRUE(has(text, "max_failed_accounts_percent 10")) << text;
}

TEST(RunTable, ColourOnlyWhenAskedAndNeverFromNames) {
  EXPECT_EQ(run_as({}).find('\x1b'), std::string::npos);
  EXPECT_NE(run_as({Format::table, Color::always}).find("\x1b[1;31m"), std::string::npos);
  EXPECT_EQ(run_as({Format::json, Color::always}).find('\x1b'), std::string::npos);
  // Taking the colours away gives the plain text: colour adds to words.
  std::string colored = run_as({Format::table, Color::always});
  for (std::size_t at = colored.find('\x1b'); at != std::string::npos; at = colored.find('\x1b'))
    colored.erase(at, colored.find('m', at) - at + 1);
  EXPECT_EQ(colored, run_as({}));
}

TEST(RunTable, LongSectionsSayHowManyAreLeftOut) {
  Highlights highlights;
  for (int i = 0; i < 1005; ++i) {
    Event event;
    event.time = samples::now();
    event.event = "decision";
    event.action = "warn";
    event.reason = "key_pending_rotation";
    highlights.add(event);
  }
  std::ostringstream out;
  print_run(out, samples::summary(), highlights, {"report.html", "events.jsonl"}, {});
  EXPECT_NE(out.str().find("WARNED 1005"), std::string::npos);
  EXPECT_NE(out.str().find("... and 990 more in report.html"), std::string::npos);
  std::ostringstream json;
  print_run(json, samples::summary(), highlights, {"report.html", "events.jsonl"}, {Format::json});
  EXPECT_EQ(boost::json::parse(json.str()).at("omitted").as_int64(), 5);
}

TEST(RunTable, MachineFormatsHoldSummaryAndHighlights) {
  const auto document = boost::json::parse(run_as({Format::json}));
  EXPECT_EQ(document.at("summary").at("run").as_string(), "20261121T023000Z-7f3a");
  EXPECT_EQ(document.at("highlights").at(0).at("outcome").as_string(), "recovery_needed");
  EXPECT_EQ(document.at("highlights").as_array().size(), 4u);
  std::istringstream lines(run_as({Format::jsonl}));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_NO_THROW(boost::json::parse(line));
  EXPECT_EQ(count, 5u);
  EXPECT_NE(run_as({Format::csv}).find("777788889999,data-eu,,,account,,,not_covered,"), std::string::npos);
}

/// A record of two of four shards of an organization.
RunSummary partly_merged() {
  RunSummary summary = samples::summary_of(0, 5);
  summary.merged_from = {"20261121T023000Z-0001", "20261121T023000Z-0004"};
  summary.shards_missing = {"2/4", "3/4"};
  summary.accounts_missing = 6;
  summary.exit_code = 4;
  return summary;
}

TEST(RunTable, AShardSaysWhichPartOfTheOrganizationItIs) {
  RunSummary summary = samples::summary_of(0, 5);
  summary.shard = ShardPart{2, 4, 10};
  const std::string text = run_as({}, summary);
  EXPECT_NE(text.find("Shard       2 of 4: 5 of 10 accounts; the others are not in this shard\nCoverage    5 of 5 accounts\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("NOT COVERED"), std::string::npos) << text;
}

TEST(RunTable, MissingShardsAreToldFirstInEveryForm) {
  const std::string text = run_as({}, partly_merged());
  EXPECT_TRUE(text.starts_with(R"(SHARDS MISSING: 2/4, 3/4, whose 6 accounts nothing is known about.
  -> Run them, then merge the records of all shards.
)")) << text;
  EXPECT_NE(text.find("\nMISSING     shards 2/4, 3/4, whose"), std::string::npos) << text;
  EXPECT_NE(text.find("\nNext        keyward report merge "), std::string::npos) << text;
  for (const Format format : {Format::json, Format::jsonl}) {
    const std::string json = run_as({format}, partly_merged());
    EXPECT_NE(json.find(R"("shards_missing":["2/4","3/4"])"), std::string::npos) << json;
  }
  const std::string csv = run_as({Format::csv}, partly_merged());
  EXPECT_NE(csv.find("\n,,,,shard,,,missing,,the record of shard 2/4 was not merged,,\r\n"), std::string::npos) << csv;
}

}  // namespace
}  // namespace keyward::report
