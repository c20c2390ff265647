#include "report/merge.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <set>

#include "report/event_log.hpp"
#include "report/samples.hpp"

namespace keyward::report {
namespace {

const base::Instant k_now = *base::parse_iso8601("2026-11-21T02:30:00Z");

RunSummary shard(int index, int count) {
  RunSummary summary;
  summary.run = "run-" + std::to_string(index);
  summary.command = "run";
  summary.mode = "enforce";
  summary.version = "1";
  summary.organization = "o-1";
  summary.configuration = "digest";
  summary.started = k_now + std::chrono::seconds(index);
  summary.finished = k_now + std::chrono::minutes(index);
  summary.shard = ShardPart{index, count, 10};
  summary.limits = {{"max_changes", 500}, {k_shard_changes, 250}};
  summary.accounts_total = index + 1;
  summary.accounts_participating = index;
  return summary;
}

std::string refusal(const std::vector<RunSummary>& shards, Missing missing = Missing::refused) {
  const auto merged = merge_summaries(shards, missing);
  return merged ? "merged" : merged.error().code + ": " + merged.error().message;
}

TEST(Merge, WhatIsKnownToBeOfOneRunMayBeOfSeveralDaysAndConfigurations) {
  RunSummary one = shard(1, 2);
  RunSummary two = shard(2, 2);
  one.started += std::chrono::days(2);
  one.finished += std::chrono::days(2);
  one.configuration = "mended";
  one.version = "2";
  EXPECT_EQ(merge_summaries({one, two}, Missing::refused).error().code, "NotOneRun");
  const auto merged = merge_summaries({one, two}, Missing::refused, Kinship::known);
  ASSERT_TRUE(merged) << base::describe(merged.error());
  EXPECT_EQ(merged->configuration, "mended") << "the first one's";
  EXPECT_EQ(merged->started, two.started);
  EXPECT_EQ(merged->finished, one.finished);
  two.organization = "o-2";
  EXPECT_EQ(merge_summaries({one, two}, Missing::refused, Kinship::known).error().code, "NotOneRun");
}

TEST(Merge, AddsUpWhatShardsCounted) {
  RunSummary one = shard(1, 3);
  RunSummary two = shard(2, 3);
  RunSummary three = shard(3, 3);
  one.outcomes = {{"rotate", {{"done", 2}}}};
  one.dry_run = false;
  one.accounts_enforced = 1;
  two.outcomes = {{"rotate", {{"done", 1}, {"failed", 1}}}, {"delete", {{"done", 5}}}};
  two.accounts_dry_run = 2;
  two.clock_offset_seconds = -90;
  two.uncovered = {{"222222222222", "b", "denied"}};
  three.clock_offset_seconds = 60;
  three.uncovered = {{"111111111111", "a", "denied"}};
  three.accounts_skipped = {{"suspended by AWS", 1}};
  three.api_calls = {{"iam:ListUsers", 3}};
  three.exit_code = 4;
  one.active_keys_by_age = {{5, 1}, {40, 2}};
  two.active_keys_by_age = {{40, 1}, {95, 1}};
  one.oldest_active_key_days = 40;
  two.oldest_active_key_days = 95;
  // In any order.
  const auto merged = merge_summaries({three, one, two}, Missing::refused);
  ASSERT_TRUE(merged) << base::describe(merged.error());
  EXPECT_EQ(merged->merged_from, (std::vector<std::string>{"run-1", "run-2", "run-3"}));
  EXPECT_EQ(merged->started, one.started);
  EXPECT_EQ(merged->active_keys_by_age, (std::map<int, int>{{5, 1}, {40, 3}, {95, 1}}));
  EXPECT_EQ(merged->finished, three.finished);
  EXPECT_FALSE(merged->shard);
  EXPECT_EQ(merged->accounts_total, 9);
  EXPECT_EQ(merged->accounts_participating, 6);
  EXPECT_EQ(merged->accounts_missing, 0);
  EXPECT_EQ(extent_of(*merged), Extent::mixed);
  EXPECT_EQ(merged->outcomes.at("rotate"), (std::map<std::string, int>{{"done", 3}, {"failed", 1}}));
  EXPECT_EQ(merged->outcomes.at("delete").at("done"), 5);
  EXPECT_EQ(merged->clock_offset_seconds, -90);
  ASSERT_EQ(merged->uncovered.size(), 2u);
  EXPECT_EQ(merged->uncovered[0].account, "111111111111");
  EXPECT_EQ(merged->limits, (std::map<std::string, std::int64_t>{{"max_changes", 500}}));
  EXPECT_EQ(merged->api_calls.at("iam:ListUsers"), 3u);
  EXPECT_EQ(merged->exit_code, 4);
  EXPECT_EQ(merged->oldest_active_key_days, 95);
}

TEST(Merge, AddsUpEveryCountThereIs) {
  RunSummary one = samples::summary();
  one.shard = ShardPart{1, 2, 10};
  RunSummary two = one;
  two.shard = ShardPart{2, 2, 10};
  const auto merged = merge_summaries({one, two}, Missing::refused);
  ASSERT_TRUE(merged) << base::describe(merged.error());
  // Every number that a record holds, so that a count added later is not forgotten.
  const std::set<std::string> no_counts{"clock_offset_seconds", "seed", "exit_code", "accounts_missing", "oldest_active_key_days"};
  const boost::json::object before = boost::json::parse(format_summary(one)).as_object();
  const boost::json::object after = boost::json::parse(format_summary(*merged)).as_object();
  int counts = 0;
  for (const auto& [name, value] : before) {
    if (!value.is_int64() || no_counts.contains(std::string(name))) continue;
    ++counts;
    EXPECT_EQ(after.at(name).as_int64(), 2 * value.as_int64()) << std::string_view(name);
  }
  EXPECT_GE(counts, 15);
  for (const char* name : {"accounts_skipped", "decisions", "api_calls"}) {
    for (const auto& [what, value] : before.at(name).as_object())
      EXPECT_EQ(after.at(name).at(what).as_int64(), 2 * value.as_int64()) << name;
  }
  EXPECT_EQ(merged->uncovered.size(), 2 * one.uncovered.size());
}

TEST(Merge, RefusesWhatIsNotOneWholeRun) {
  EXPECT_EQ(refusal({shard(1, 2), shard(2, 2)}), "merged");
  EXPECT_NE(refusal({}).find("NothingToMerge"), std::string::npos);
  EXPECT_NE(refusal({shard(1, 2), shard(1, 2), shard(2, 2)}).find("shard 1/2 is there twice: runs run-1 and run-1"), std::string::npos);
  EXPECT_NE(refusal({shard(1, 4), shard(4, 4)}).find("shards 2/4, 3/4 are missing"), std::string::npos);
  EXPECT_NE(refusal({shard(1, 2), shard(2, 3)}).find("different divisions: 2 shards and 3 shards"), std::string::npos);
  const struct {
    std::string RunSummary::* member;
    const char* words;
  } cases[]{{&RunSummary::command, "different commands: run and other"},
            {&RunSummary::mode, "different modes: enforce and other"},
            {&RunSummary::organization, "different organizations: o-1 and other"},
            {&RunSummary::version, "different versions of keyward: 1 and other"},
            {&RunSummary::configuration, "different configurations, by their digests: digest and other"}};
  for (const auto& row : cases) {
    RunSummary two = shard(2, 2);
    two.*row.member = "other";
    for (const Missing missing : {Missing::refused, Missing::told}) {
      EXPECT_NE(refusal({shard(1, 2), two}, missing).find(row.words), std::string::npos) << refusal({shard(1, 2), two});
    }
  }
}

TEST(Merge, RefusesTheRecordOfAnEarlierDay) {
  RunSummary today = shard(2, 2);
  today.started = shard(1, 2).started + std::chrono::hours(11);
  EXPECT_EQ(refusal({shard(1, 2), today}), "merged") << "a scheduler tried it again";
  today.started = shard(1, 2).started + std::chrono::hours(24);
  for (const Missing missing : {Missing::refused, Missing::told}) {
    EXPECT_NE(refusal({shard(1, 2), today}, missing).find("NotOneRun: runs run-1 and run-2 are of different days: "), std::string::npos);
  }
}

TEST(Merge, AKeyWithoutASecretOutweighsASignal) {
  RunSummary stranded = shard(1, 2);
  stranded.exit_code = 9;
  RunSummary ended = shard(2, 2);
  ended.exit_code = 143;
  EXPECT_EQ(merge_summaries({stranded, ended}, Missing::refused)->exit_code, 9);
  stranded.exit_code = 4;
  EXPECT_EQ(merge_summaries({stranded, ended}, Missing::refused)->exit_code, 143);
}

TEST(Merge, ARunOfTheWholeOrganizationIsTheOnlyShardOfOne) {
  RunSummary whole = shard(1, 1);
  whole.shard.reset();
  EXPECT_EQ(refusal({whole}), "merged");
  EXPECT_NE(refusal({whole, shard(2, 2)}).find("different divisions"), std::string::npos);
}

TEST(Merge, WhatIsMissingIsToldAndIsPartial) {
  RunSummary one = shard(1, 4);
  RunSummary four = shard(4, 4);
  const auto merged = merge_summaries({one, four}, Missing::told);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->shards_missing, (std::vector<std::string>{"2/4", "3/4"}));
  EXPECT_EQ(merged->accounts_missing, 10 - 2 - 5);
  EXPECT_EQ(merged->exit_code, 4);
  four.exit_code = 9;
  EXPECT_EQ(merge_summaries({one, four}, Missing::told)->exit_code, 9);
}

TEST(Merge, AShardThatBeganNoAccountDoesNotMakeTheRunDry) {
  RunSummary one = shard(1, 2);
  one.accounts_enforced = 3;
  one.dry_run = false;
  RunSummary two = shard(2, 2);
  two.dry_run = true;
  EXPECT_FALSE(merge_summaries({one, two}, Missing::refused)->dry_run);
  one.accounts_enforced = 0;
  EXPECT_FALSE(merge_summaries({one, two}, Missing::refused)->dry_run);
  one.dry_run = true;
  EXPECT_TRUE(merge_summaries({one, two}, Missing::refused)->dry_run);
}

Event line(const std::string& account, const std::string& kind, const std::string& recipient = "") {
  Event event;
  event.time = k_now;
  event.event = kind;
  event.account = account;
  event.recipient = recipient;
  return event;
}

void put_record(const std::filesystem::path& folder, RunSummary summary, const std::vector<Event>& events) {
  std::filesystem::create_directory(folder);
  summary.events = static_cast<std::int64_t>(events.size());
  ASSERT_TRUE(write_summary(folder / "run.json", summary));
  EventLog log = EventLog::open(folder / "events.jsonl", summary.run).value();
  for (const Event& event : events) ASSERT_TRUE(log.append(event));
  ASSERT_TRUE(log.close());
}

TEST(Merge, EventsAreSortedByAccountAndStayInTheirOrderWithinOne) {
  const samples::Folder folder;
  put_record(folder / "one", shard(1, 2),
             {line("333333333333", "account"), line("333333333333", "key"), line("", "notice", "z@example.org")});
  put_record(folder / "two", shard(2, 2),
             {line("222222222222", "account"), line("222222222222", "decision"), line("111111111111", "account"),
              line("", "notice", "a@example.org"), line("222222222222", "failure")});
  const auto merged = merge_runs({folder / "one", folder / "two"}, folder / "out", "sum", Missing::refused);
  ASSERT_TRUE(merged) << base::describe(merged.error());
  EXPECT_EQ(merged->highlights.failed.total(), 1u);
  std::vector<std::string> order;
  ASSERT_TRUE(read_events(folder / "out" / "events.jsonl",
                          [&](const Event& event) { order.push_back(event.account + event.recipient + " " + event.event); }));
  EXPECT_EQ(order,
            (std::vector<std::string>{"111111111111 account", "222222222222 account", "222222222222 decision", "222222222222 failure",
                                      "333333333333 account", "333333333333 key", "a@example.org notice", "z@example.org notice"}));
  EXPECT_TRUE(samples::content(folder / "out" / "events.jsonl").find(R"("run":"sum")") != std::string::npos);
  EXPECT_EQ(read_summary(folder / "out" / "run.json")->run, "sum");
  EXPECT_TRUE(std::filesystem::exists(folder / "out" / "report.html"));
  EXPECT_EQ(merge_runs({folder / "one", folder / "two"}, folder / "out", "sum", Missing::refused).error().code, "OutNotEmpty");
}

TEST(Merge, ADamagedRecordIsNamedAndMakesNoWholeOne) {
  const samples::Folder folder;
  put_record(folder / "one", shard(1, 2), {line("333333333333", "account")});
  put_record(folder / "two", shard(2, 2), {line("222222222222", "account")});
  for (const char* text : {"no event\n", "{}\n", "{\"time\":\"2026-11-21T02:30:00Z\",\"event\":\"account\"}"}) {
    samples::put(folder / "two" / "events.jsonl", text);
    const samples::Folder out;
    const auto merged = merge_runs({folder / "one", folder / "two"}, out.path(), "sum", Missing::refused);
    ASSERT_FALSE(merged) << text;
    EXPECT_NE(merged.error().message.find((folder / "two").string()), std::string::npos) << merged.error().message;
    EXPECT_FALSE(std::filesystem::exists(out / "run.json"));
  }
  samples::put(folder / "two" / "events.jsonl", "");
  const auto emptied = merge_runs({folder / "one", folder / "two"}, folder / "out", "sum", Missing::refused);
  ASSERT_FALSE(emptied);
  EXPECT_NE(emptied.error().message.find("holds 0 events and the record says 1"), std::string::npos) << emptied.error().message;
  std::filesystem::remove_all(folder / "out");
  std::filesystem::remove(folder / "two" / "run.json");
  EXPECT_EQ(merge_runs({folder / "one", folder / "two"}, folder / "out", "sum", Missing::told).error().code, "NoRecord");
}

}  // namespace
}  // namespace keyward::report
