#include "orchestrator/run_memory.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "support/temporary_directory.hpp"

namespace keyward::orchestrator {
namespace {

using notify::Mode;

const base::Instant k_monday = *base::parse_iso8601("2026-11-16T02:30:00Z");
const base::Instant k_tuesday = k_monday + std::chrono::days(1);
const base::AccountId k_account = *base::AccountId::parse("222222222222");
const base::AccountId k_other = *base::AccountId::parse("333333333333");
const std::string k_matter = "222222222222/alice/AKIA/hold";

TEST(RunMemory, TellsAStandingMatterOnceAndAgainAfterItWasGone) {
  const test::TemporaryDirectory folder;
  for (const bool stands : {true, true, false, true}) {
    static bool was_told = false;
    RunMemory memory = RunMemory::load(StateFolders(folder.path()));
    memory.audited(k_account, Mode::enforce, k_monday);
    if (stands) {
      EXPECT_EQ(memory.is_news(k_matter, Mode::enforce), !was_told);
    }
    was_told = stands;
    ASSERT_TRUE(memory.save(StateFolders(folder.path())));
  }
}

TEST(RunMemory, WhatADryRunToldDoesNotCountForARunThatActs) {
  const test::TemporaryDirectory folder;
  {
    RunMemory memory;
    memory.audited(k_account, Mode::dry_run, k_monday);
    EXPECT_TRUE(memory.is_news(k_matter, Mode::dry_run));
    ASSERT_TRUE(memory.save(StateFolders(folder.path())));
  }
  RunMemory memory = RunMemory::load(StateFolders(folder.path()));
  EXPECT_EQ(memory.last_audited(k_account, Mode::dry_run), k_monday);
  EXPECT_FALSE(memory.is_news(k_matter, Mode::dry_run));
  EXPECT_FALSE(memory.last_audited(k_account, Mode::enforce));
  EXPECT_TRUE(memory.is_news(k_matter, Mode::enforce));
}

TEST(RunMemory, KeepsTheMattersOfAccountsThatWereNotCovered) {
  const test::TemporaryDirectory folder;
  {
    RunMemory memory;
    memory.audited(k_account, Mode::enforce, k_monday);
    EXPECT_TRUE(memory.is_news(k_matter, Mode::enforce));
    memory.set_accounts(7);
    ASSERT_TRUE(memory.save(StateFolders(folder.path())));
  }
  {
    RunMemory memory = RunMemory::load(StateFolders(folder.path()));
    memory.audited(k_other, Mode::enforce, k_tuesday);
    ASSERT_TRUE(memory.save(StateFolders(folder.path())));
  }
  RunMemory memory = RunMemory::load(StateFolders(folder.path()));
  EXPECT_FALSE(memory.is_news(k_matter, Mode::enforce));
  EXPECT_EQ(memory.accounts(), 7u);
}

TEST(RunMemory, ADamagedFileIsAnEmptyMemory) {
  const test::TemporaryDirectory folder;
  for (const char* text : {"", "[]", "{\"version\": 99}", "{\"version\": 2, \"enforce\": {\"audited\": {\"222222222222\": 7}, \"told\": 1}}"}) {
    folder.write("memory.json", text);
    RunMemory memory = RunMemory::load(StateFolders(folder.path()));
    EXPECT_FALSE(memory.last_audited(k_account, Mode::enforce)) << text;
    EXPECT_TRUE(memory.is_news(k_matter, Mode::enforce)) << text;
  }
}

TEST(RunMemory, ThatItIsDamagedCanBeSaid) {
  const test::TemporaryDirectory folder;
  EXPECT_FALSE(RunMemory::load(StateFolders(folder.path())).damaged());
  for (const char* text : {"", "[]", "{\"version\": 99}"}) {
    folder.write("memory.json", text);
    EXPECT_TRUE(RunMemory::load(StateFolders(folder.path())).damaged()) << text;
  }
  folder.write("memory.json", "{\"version\": 2}");
  EXPECT_FALSE(RunMemory::load(StateFolders(folder.path())).damaged());
}

// By the hash of shard_test.cpp: k_account is in shards 2/2 and 3/3, k_other in 1/2 and 3/3.
StateFolders folders_of(const test::TemporaryDirectory& directory, std::string_view shard) {
  StateFolders folders(directory.path(), parse_shard(shard));
  std::filesystem::create_directories(folders.own);
  return StateFolders(directory.path(), parse_shard(shard));
}

void remember(const StateFolders& folders, base::Instant at, std::initializer_list<base::AccountId> accounts, bool stands, std::size_t count) {
  RunMemory memory = RunMemory::load(folders);
  for (const base::AccountId& account : accounts) {
    memory.audited(account, Mode::enforce, at);
    memory.visited(account, Mode::enforce, at);
  }
  if (stands) memory.is_news(k_matter, Mode::enforce);
  memory.set_accounts(count);
  ASSERT_TRUE(memory.save(folders));
}

TEST(RunMemory, OfAnAccountIsFoundHoweverTheAccountsWereDividedBefore) {
  const test::TemporaryDirectory folder;
  remember(folders_of(folder, ""), k_monday, {k_account, k_other}, true, 7);
  for (const char* division : {"2/2", "3/3", ""}) {
    RunMemory memory = RunMemory::load(folders_of(folder, division));
    EXPECT_EQ(memory.last_audited(k_account, Mode::enforce), k_monday) << division;
    EXPECT_EQ(memory.last_visit(k_account, Mode::enforce), k_monday) << division;
    EXPECT_FALSE(memory.is_news(k_matter, Mode::enforce)) << division;
    EXPECT_EQ(memory.accounts(), 7u) << division;
  }
  // What stood on Monday and stands no more on Tuesday is news when it comes back, in every division.
  remember(folders_of(folder, "2/2"), k_tuesday, {k_account}, false, 6);
  for (const char* division : {"2/2", "3/3", ""}) {
    RunMemory memory = RunMemory::load(folders_of(folder, division));
    EXPECT_EQ(memory.last_audited(k_account, Mode::enforce), k_tuesday) << division;
    EXPECT_TRUE(memory.is_news(k_matter, Mode::enforce)) << division;
    EXPECT_EQ(memory.accounts(), 6u) << division;
  }
  EXPECT_EQ(RunMemory::load(folders_of(folder, "")).last_audited(k_other, Mode::enforce), k_monday);
}

TEST(RunMemory, OfAShardIsOfItsAccountsOnly) {
  const test::TemporaryDirectory folder;
  remember(folders_of(folder, ""), k_monday, {k_account, k_other}, true, 7);
  remember(folders_of(folder, "1/2"), k_tuesday, {k_other}, false, 7);
  const auto text = base::read_whole(folder.path("shards/1-of-2/memory.json"));
  ASSERT_TRUE(text);
  EXPECT_EQ(text->find(k_account.str()), std::string::npos) << *text;
  EXPECT_NE(text->find(k_other.str()), std::string::npos) << *text;
}

TEST(RunMemory, AnAccountThatWasGoneThroughAndFailedStandsBehindOneThatWasNot) {
  const test::TemporaryDirectory folder;
  {
    RunMemory memory;
    memory.visited(k_account, Mode::enforce, k_monday);
    ASSERT_TRUE(memory.save(StateFolders(folder.path())));
  }
  const RunMemory memory = RunMemory::load(StateFolders(folder.path()));
  EXPECT_FALSE(memory.last_audited(k_account, Mode::enforce));
  EXPECT_EQ(memory.last_visit(k_account, Mode::enforce), k_monday);
  EXPECT_FALSE(memory.last_visit(k_account, Mode::dry_run));
  EXPECT_FALSE(memory.last_visit(k_other, Mode::enforce));
}

TEST(RunMemory, KnowsWhetherTheLastRunOfThisModeLeftSomebodyBehind) {
  const test::TemporaryDirectory folder;
  EXPECT_FALSE(RunMemory::load(StateFolders(folder.path())).left_behind(Mode::enforce)) << "nobody was gone through";
  RunMemory memory;
  memory.visited(k_account, Mode::enforce, k_monday);
  EXPECT_TRUE(memory.left_behind(Mode::enforce)) << "nobody said";
  for (const bool left : {true, false}) {
    memory.set_left_behind(Mode::enforce, left);
    ASSERT_TRUE(memory.save(StateFolders(folder.path())));
    EXPECT_EQ(RunMemory::load(StateFolders(folder.path())).left_behind(Mode::enforce), left);
    EXPECT_FALSE(RunMemory::load(StateFolders(folder.path())).left_behind(Mode::dry_run));
  }
}

TEST(RunMemory, WhomAnotherDivisionLeftBehindLaterIsNotForgotten) {
  const test::TemporaryDirectory folder;
  const auto remember_of = [&folder](const char* division, const base::AccountId& account, base::Instant at, bool left) {
    RunMemory memory;
    memory.visited(account, Mode::enforce, at);
    memory.set_left_behind(Mode::enforce, left);
    ASSERT_TRUE(memory.save(folders_of(folder, division)));
  };
  const auto left_behind = [&folder](const char* division) {
    return RunMemory::load(folders_of(folder, division)).left_behind(Mode::enforce);
  };
  remember_of("", k_account, k_monday, false);
  remember_of("2/2", k_account, k_tuesday, true);
  EXPECT_TRUE(left_behind(""));
  // What was before the last run of the whole organization is over.
  remember_of("", k_account, k_tuesday, false);
  EXPECT_FALSE(left_behind(""));
  EXPECT_TRUE(left_behind("2/2"));
  // Another shard of the same division goes to other accounts.
  remember_of("1/2", k_other, k_monday, false);
  EXPECT_FALSE(left_behind("1/2"));
}

}  // namespace
}  // namespace keyward::orchestrator
