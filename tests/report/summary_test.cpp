#include "report/summary.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "report/samples.hpp"

namespace keyward::report {
namespace {

TEST(Summary, ComesBackFromItsFile) {
  const samples::Folder folder;
  RunSummary summary = samples::summary();
  summary.policy = {45, 55, 65};
  summary.interrupted = true;
  summary.stopped_by = "limits.max_changes: 501 of 500";
  summary.active_keys_by_age = {{9, 2}, {94, 1}, {1000, 3}};
  summary.exemptions = {{"111122223333", "legacy-fax", "2027-03-31", "vendor appliance", "ciso@example.org"}};
  ASSERT_TRUE(write_summary(folder / "run.json", summary));
  EXPECT_EQ(samples::mode_of(folder / "run.json"), 0600u);
  const auto back = read_summary(folder / "run.json");
  ASSERT_TRUE(back) << base::describe(back.error());
  EXPECT_EQ(format_summary(*back), format_summary(summary));
  EXPECT_EQ(back->seed, 18446744073709551615u);
  EXPECT_EQ(back->uncovered.at(0).account, "777788889999");
  EXPECT_EQ(back->outcomes.at("rotate").at("done"), 1);
  EXPECT_EQ(back->finished, summary.finished);
  EXPECT_EQ(back->policy.remove, 65);
  EXPECT_EQ(back->active_keys_by_age, summary.active_keys_by_age);
  EXPECT_EQ(back->exemptions.at(0).owner, "ciso@example.org");
}

TEST(Summary, CoverageStandsInTheJsonByName) {
  const std::string json = format_summary(samples::summary());
  EXPECT_TRUE(json.starts_with(
      R"({"run":"20261121T023000Z-7f3a","command":"run","dry_run":false,"version":"0.1.0","started":"2026-11-21T02:30:00Z")"))
      << json;
  EXPECT_NE(json.find(R"("uncovered":[{"account":"777788889999","name":"data-eu",)"), std::string::npos) << json;
  EXPECT_TRUE(json.ends_with(R"("exit_code":4})")) << json;
}

TEST(Summary, WhatIsMissingKeepsItsDefaultAndWhatIsWrongIsNamed) {
  const auto old = parse_summary(R"({"run":"r","newer_member":[1]})");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->keys, 0);
  EXPECT_TRUE(old->dry_run);
  for (const char* text : {"", "[]", "{}", "{\"run\":\"r\"", R"({"run":5})", R"({"run":"r","keys":"many"})",
                           R"({"run":"r","keys":99999999999})", R"({"run":"r","uncovered":[1]})",
                           R"({"run":"r","started":"today"})", R"({"run":"r","outcomes":{"rotate":3}})", R"({"run":"r","active_keys_by_age":{"9x":1}})",
                           R"({"run":"r","exemptions":[{"user":1}]})"}) {
    const auto parsed = parse_summary(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, base::ErrorKind::invalid);
  }
  EXPECT_NE(parse_summary(R"({"run":"r","keys":"many"})").error().message.find("'keys'"), std::string::npos);
}

TEST(Summary, MissingFileIsNotFound) {
  const samples::Folder folder;
  EXPECT_EQ(read_summary(folder / "run.json").error().kind, base::ErrorKind::not_found);
}

TEST(AtomicFile, FailureLeavesTheOldContentAndNoTemporaryFile) {
  const samples::Folder folder;
  const auto file = folder / "run.json";
  ASSERT_TRUE(base::write_atomically(file, "old"));
  ASSERT_TRUE(base::write_atomically(file, "new"));
  EXPECT_EQ(samples::content(file), "new");
  std::filesystem::create_directories(folder / "taken" / "inside");
  EXPECT_FALSE(base::write_atomically(folder / "taken", "x"));  // a folder is in the way of the rename
  EXPECT_FALSE(std::filesystem::exists(folder / "taken.new"));
  EXPECT_FALSE(base::write_atomically(folder / "nowhere" / "run.json", "x"));
}

TEST(AtomicFile, LeftoverOfACrashIsReplacedAndALinkIsNotFollowed) {
  const samples::Folder folder;
  samples::put(folder / "run.json.new", "half a fi");
  ::chmod((folder / "run.json.new").c_str(), 0644);
  ASSERT_TRUE(base::write_atomically(folder / "run.json", "whole"));
  EXPECT_EQ(samples::content(folder / "run.json"), "whole");
  EXPECT_EQ(samples::mode_of(folder / "run.json"), 0600u);
  std::filesystem::create_symlink(folder / "elsewhere", folder / "run.json.new");
  EXPECT_FALSE(base::write_atomically(folder / "run.json", "again"));
  EXPECT_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

}  // namespace
}  // namespace keyward::report
