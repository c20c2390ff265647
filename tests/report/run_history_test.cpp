#include "report/run_history.hpp"

#include <gtest/gtest.h>

#include "report/samples.hpp"

namespace keyward::report {
namespace {

using std::chrono::days;

/// A run of so many days ago.
RunSummary run(int days_ago, std::vector<std::string> uncovered = {}) {
  RunSummary summary;
  summary.started = samples::now() - days(days_ago);
  summary.run = base::format_basic(summary.started) + "-0001";
  summary.command = "run";
  summary.organization = "o-1";
  for (const std::string& account : uncovered) summary.uncovered.push_back({account, "", "denied"});
  summary.outcomes = {{"rotate", {{"done", 2}, {"failed", 9}}}, {"delete", {{"done", 1}}}};
  return summary;
}

RunHistory history_of(const RunSummary& now, std::vector<RunSummary> earlier) {
  HistoryOf history(now);
  for (RunSummary& one : earlier) history.add(std::move(one));
  return history.finish();
}

base::Instant midnight(int days_ago) { return std::chrono::floor<days>(samples::now() - days(days_ago)); }

TEST(RunHistory, AddsUpWhatWasDoneDayByDayThisRunIncluded) {
  const RunHistory history = history_of(run(0), {run(1), run(1), run(30), run(31)});
  EXPECT_EQ(history.days.at(midnight(0)).rotated, 2);
  EXPECT_EQ(history.days.at(midnight(1)).rotated, 4);
  EXPECT_EQ(history.days.at(midnight(1)).deleted, 2);
  EXPECT_EQ(history.days.at(midnight(1)).deactivated, 0);
  EXPECT_TRUE(history.days.contains(midnight(30)));
  EXPECT_FALSE(history.days.contains(midnight(31)));
}

TEST(RunHistory, TellsSinceWhenAnAccountIsNotCovered) {
  const RunHistory history =
      history_of(run(0, {"new", "back", "always"}), {run(1, {"back", "always"}), run(2, {"always"}), run(3, {"back", "always"})});
  EXPECT_EQ(history.uncovered.at("new").started, run(0).started);
  EXPECT_FALSE(history.uncovered.at("new").or_longer);
  EXPECT_EQ(history.uncovered.at("back").started, run(1).started);
  EXPECT_FALSE(history.uncovered.at("back").or_longer);
  EXPECT_EQ(history.uncovered.at("always").started, run(3).started);
  EXPECT_TRUE(history.uncovered.at("always").or_longer);
  // Of the first run nobody knows what was before, and nobody claims it.
  EXPECT_FALSE(history_of(run(0, {"new"}), {}).uncovered.at("new").or_longer);
}

TEST(RunHistory, ComparesWithTheLastRunOfTheSameAccountsOnly) {
  RunSummary rotate = run(1);
  rotate.command = "rotate";
  RunSummary other = run(2);
  other.organization = "o-2";
  RunSummary shard = run(3);
  shard.shard = ShardPart{1, 2, 10};
  const RunHistory history = history_of(run(0), {rotate, other, shard, run(4), run(5)});
  ASSERT_TRUE(history.last);
  EXPECT_EQ(history.last->started, run(4).started);
  // What a person asked for was done all the same; elsewhere it was not done here.
  EXPECT_EQ(history.days.at(midnight(1)).rotated, 2);
  EXPECT_FALSE(history.days.contains(midnight(2)));
  EXPECT_FALSE(history.days.contains(midnight(3)));
  EXPECT_FALSE(history_of(rotate, {run(2)}).last);
}

TEST(RunHistory, ReadsRecordsBeforeItsRunAndCountsThoseItCannotRead) {
  const samples::Folder folder;
  const auto write = [&folder](const RunSummary& summary) {
    std::filesystem::create_directory(folder.path() / summary.run);
    ASSERT_TRUE(write_summary(folder.path() / summary.run / "run.json", summary));
  };
  for (const int days_ago : {-1, 0, 1, 2, 40}) write(run(days_ago));
  std::filesystem::create_directory(folder.path() / (base::format_basic(run(3).started) + "-0001"));  // killed
  const std::filesystem::path damaged = folder.path() / (base::format_basic(run(4).started) + "-0001");
  std::filesystem::create_directory(damaged);
  samples::put(damaged / "run.json", "{");
  std::filesystem::create_directory(folder / "notes");
  samples::put(folder / "notes" / "run.json", "not ours");
  const RunHistory history = read_history(folder.path(), run(0));
  EXPECT_EQ(history.not_read, 1u);
  EXPECT_EQ(history.days.size(), 3u);
  EXPECT_EQ(history.last->started, run(1).started);
  EXPECT_TRUE(read_history(folder / "missing", run(0)).days.contains(midnight(0)));
}

}  // namespace
}  // namespace keyward::report
