#include "orchestrator/run_memory.hpp"

#include <gtest/gtest.h>

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
    RunMemory memory = RunMemory::load(folder.path());
    memory.audited(k_account, Mode::enforce, k_monday);
    if (stands) {
      EXPECT_EQ(memory.is_news(k_matter, Mode::enforce), !was_told);
    }
    was_told = stands;
    ASSERT_TRUE(memory.save(folder.path(), {}));
  }
}

TEST(RunMemory, WhatADryRunToldDoesNotCountForARunThatActs) {
  const test::TemporaryDirectory folder;
  {
    RunMemory memory;
    memory.audited(k_account, Mode::dry_run, k_monday);
    EXPECT_TRUE(memory.is_news(k_matter, Mode::dry_run));
    ASSERT_TRUE(memory.save(folder.path(), {}));
  }
  RunMemory memory = RunMemory::load(folder.path());
  EXPECT_EQ(memory.last_audited(k_account, Mode::dry_run), k_monday);
  EXPECT_FALSE(memory.is_news(k_matter, Mode::dry_run));
  EXPECT_FALSE(memory.last_audited(k_account, Mode::enforce));
  EXPECT_TRUE(memory.is_news(k_matter, Mode::enforce));
}

TEST(RunMemory, WhatCouldNotBeToldIsToldByTheNextRun) {
  const test::TemporaryDirectory folder;
  {
    RunMemory memory;
    memory.audited(k_account, Mode::enforce, k_monday);
    memory.audited(k_other, Mode::enforce, k_monday);
    ASSERT_TRUE(memory.save(folder.path(), {}));
  }
  {
    RunMemory memory = RunMemory::load(folder.path());
    memory.audited(k_account, Mode::enforce, k_tuesday);
    memory.audited(k_other, Mode::enforce, k_tuesday);
    EXPECT_TRUE(memory.is_news(k_matter, Mode::enforce));
    ASSERT_TRUE(memory.save(folder.path(), {k_account}));
  }
  RunMemory memory = RunMemory::load(folder.path());
  EXPECT_EQ(memory.last_audited(k_account, Mode::enforce), k_monday);
  EXPECT_EQ(memory.last_audited(k_other, Mode::enforce), k_tuesday);
  EXPECT_TRUE(memory.is_news(k_matter, Mode::enforce));
}

TEST(RunMemory, KeepsTheMattersOfAccountsThatWereNotCovered) {
  const test::TemporaryDirectory folder;
  {
    RunMemory memory;
    memory.audited(k_account, Mode::enforce, k_monday);
    EXPECT_TRUE(memory.is_news(k_matter, Mode::enforce));
    memory.set_accounts(7);
    ASSERT_TRUE(memory.save(folder.path(), {}));
  }
  {
    RunMemory memory = RunMemory::load(folder.path());
    memory.audited(k_other, Mode::enforce, k_tuesday);
    ASSERT_TRUE(memory.save(folder.path(), {}));
  }
  RunMemory memory = RunMemory::load(folder.path());
  EXPECT_FALSE(memory.is_news(k_matter, Mode::enforce));
  EXPECT_EQ(memory.accounts(), 7u);
}

TEST(RunMemory, ADamagedFileIsAnEmptyMemory) {
  const test::TemporaryDirectory folder;
  for (const char* text : {"", "[]", "{\"version\": 99}", "{\"version\": 2, \"enforce\": {\"audited\": {\"222222222222\": 7}, \"told\": 1}}"}) {
    folder.write("memory.json", text);
    RunMemory memory = RunMemory::load(folder.path());
    EXPECT_FALSE(memory.last_audited(k_account, Mode::enforce)) << text;
    EXPECT_TRUE(memory.is_news(k_matter, Mode::enforce)) << text;
  }
}

}  // namespace
}  // namespace keyward::orchestrator
