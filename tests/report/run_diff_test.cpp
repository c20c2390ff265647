#include "report/run_diff.hpp"

#include <gtest/gtest.h>

#include "report/event_log.hpp"
#include "report/samples.hpp"

namespace keyward::report {
namespace {

constexpr const char* k_account = "111122223333";
constexpr const char* k_other = "444455556666";

Event covered(const char* account) {
  Event event;
  event.time = samples::now();
  event.event = "account";
  event.account = account;
  event.outcome = "covered";
  return event;
}

Event line(const char* kind, const char* user, const char* key, const char* action = "none", const char* reason = "key_compliant") {
  Event event;
  event.time = samples::now();
  event.event = kind;
  event.account = k_account;
  event.user = user;
  event.access_key_id = key;
  event.action = action;
  event.reason = reason;
  return event;
}

Event done(Event event) {
  event.event = "action";
  event.outcome = "done";
  return event;
}

RunSummary run_summary(const char* command = "run") {
  RunSummary summary;
  summary.run = "20261120T023000Z-0001";
  summary.command = command;
  return summary;
}

void record(const samples::Folder& folder, const std::vector<Event>& events, const RunSummary& summary = run_summary()) {
  ASSERT_TRUE(write_summary(folder / "run.json", summary));
  auto log = EventLog::open(folder / "events.jsonl", summary.run);
  ASSERT_TRUE(log);
  for (const Event& event : events) ASSERT_TRUE(log->append(event));
}

/// "due alice", in their order.
std::vector<std::string> told(const samples::Folder& folder, const std::vector<Event>& now, const RunSummary& summary = {}) {
  base::Result<RunDiff> diff = RunDiff::read(folder.path());
  EXPECT_TRUE(diff);
  diff->add_covered(k_account, "pay");
  for (const Event& event : now) diff->add(event);
  std::vector<std::string> words;
  for (const Difference& one : diff->differences(summary)) {
    words.push_back(std::string(to_string(one.kind)) + ' ' + (one.event.user.empty() ? one.event.account : one.event.user));
  }
  return words;
}

using Words = std::vector<std::string>;

TEST(RunDiff, TellsNewAndLostKeysWhatCameDueAndWhatIsOver) {
  const samples::Folder folder;
  record(folder, {covered(k_account), line("key", "alice", "A"), line("key", "bob", "B"),
                  line("decision", "carol", "C", "hold", "rolled_back"), line("decision", "dave", "D", "hold", "rolled_back")});
  EXPECT_EQ(told(folder, {line("decision", "alice", "A", "rotate", "expired_active_key"), line("key", "eve", "E"), line("key", "carol", "C"),
                          line("decision", "dave", "D", "hold", "rolled_back")}),
            (Words{"new_key eve", "key_gone bob", "due alice", "over carol"}));
}

TEST(RunDiff, WhatTheRunItselfDidIsNoChange) {
  const samples::Folder folder;
  Event rotated = done(line("action", "alice", "A", "rotate"));
  rotated.new_access_key_id = "A2";
  record(folder, {covered(k_account), line("decision", "alice", "A", "rotate"), rotated, line("decision", "bob", "B", "delete"),
                  done(line("action", "bob", "B", "delete"))});
  EXPECT_EQ(told(folder, {line("key", "alice", "A"), line("key", "alice", "A2")}), Words{});
}

TEST(RunDiff, NothingIsSaidOfKeysThatCannotBeSeenNowOrCouldNotThen) {
  const samples::Folder folder;
  record(folder, {covered(k_account), line("key", "alice", "A"), line("decision", "bob", "B", "rotate"), line("key", "bob", "B")});
  Event elsewhere = line("key", "eve", "E");
  elsewhere.account = k_other;
  EXPECT_EQ(told(folder, {line("decision", "alice", "", "hold", "fact_unknown"), line("decision", "bob", "", "hold", "fact_unknown"), elsewhere}),
            (Words{"due alice", "due bob"}));
}

TEST(RunDiff, TellsWhichAccountsAreCoveredAndWereNot) {
  const samples::Folder folder;
  record(folder, {covered(k_other)});
  RunSummary now;
  now.uncovered = {{k_other, "eu", "AccessDenied"}};
  EXPECT_EQ(told(folder, {}, now), (Words{std::string("not_covered ") + k_other, std::string("covered ") + k_account}));
}

TEST(RunDiff, APlanThatWasAppliedSaysNothingOfOtherAccounts) {
  const samples::Folder folder;
  RunSummary summary = run_summary("apply");
  summary.plan = "20261120T020000Z-0001";
  record(folder, {covered(k_other)}, summary);
  EXPECT_EQ(told(folder, {line("key", "alice", "A")}), Words{});
}

TEST(RunDiff, IsOnlyForRecordsOfWholeRuns) {
  const samples::Folder folder;
  EXPECT_FALSE(RunDiff::read(folder.path()));
  record(folder, {}, run_summary("rotate"));
  const base::Result<RunDiff> diff = RunDiff::read(folder.path());
  ASSERT_FALSE(diff);
  EXPECT_NE(diff.error().message.find("keyward rotate"), std::string::npos);
}

}  // namespace
}  // namespace keyward::report
