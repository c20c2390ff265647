#include "orchestrator/journal.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.hpp"
#include "support/temporary_directory.hpp"

namespace keyward::orchestrator {
namespace {

using base::AccessKeyId;
using rotation::Action;
using rotation::Outcome;
using rotation::OutcomeStatus;

const base::Instant k_at = *base::parse_iso8601("2026-11-21T02:30:00Z");
const base::AccountId k_account = *base::AccountId::parse("222222222222");
const base::UserName k_user = *base::UserName::parse("svc+build@example.org");
const AccessKeyId k_old = *AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA");
const AccessKeyId k_new = *AccessKeyId::parse("AKIABBBBBBBBBBBBBBBB");

JournalEntry begun(Action action) {
  JournalEntry entry{k_account, k_user, {}, k_at, "run-1", {}, {}};
  entry.decision.action = action;
  entry.decision.reason = rotation::Reason::expired_active_key;
  entry.decision.key = k_old;
  entry.decision.due = k_at;
  entry.decision.detail = "why not";
  return entry;
}

Outcome ended(const JournalEntry& entry, OutcomeStatus status) {
  Outcome outcome;
  outcome.decision = entry.decision;
  outcome.status = status;
  outcome.at = k_at + std::chrono::seconds(7);
  outcome.new_key = k_new;
  return outcome;
}

Journal open(const test::TemporaryDirectory& folder) {
  auto journal = Journal::open(StateFolders(folder.path()));
  if (!journal) throw std::runtime_error(base::describe(journal.error()));
  return std::move(*journal);
}

std::vector<JournalEntry> left(const test::TemporaryDirectory& folder) {
  return open(folder).left_by_earlier_runs(k_account, k_user);
}

TEST(Journal, ARunThatDiedLeavesWhatItBegan) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.begin(begun(Action::rotate)));
    EXPECT_TRUE(journal.left_by_earlier_runs(k_account, k_user).empty());
  }
  const auto entries = left(folder);
  ASSERT_EQ(entries.size(), 1u);
  const JournalEntry& entry = entries[0];
  EXPECT_EQ(entry.decision.action, Action::rotate);
  EXPECT_EQ(entry.decision.reason, rotation::Reason::expired_active_key);
  EXPECT_EQ(entry.decision.key, k_old);
  EXPECT_EQ(entry.decision.due, k_at);
  EXPECT_EQ(entry.decision.detail, "why not");
  EXPECT_EQ(entry.begun, k_at);
  EXPECT_EQ(entry.run, "run-1");
  EXPECT_FALSE(entry.done);
}

TEST(Journal, WhatWasDoneStaysUntilItWasTold) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    const JournalEntry entry = begun(Action::rotate);
    ASSERT_TRUE(journal.begin(entry));
    journal.end(entry, ended(entry, OutcomeStatus::done));
  }
  auto entries = left(folder);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].done, k_at + std::chrono::seconds(7));
  EXPECT_EQ(entries[0].new_key, k_new);
  {
    Journal journal = open(folder);
    journal.end(entries[0], ended(entries[0], OutcomeStatus::done));
    ASSERT_TRUE(journal.told({k_account}, k_at));  // no channel took it
  }
  entries = left(folder);
  ASSERT_EQ(entries.size(), 1u);
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.told({}, k_at));  // this run has not looked at the account, so it told nothing
  }
  EXPECT_EQ(left(folder).size(), 1u);
  {
    Journal journal = open(folder);
    journal.end(entries[0], ended(entries[0], OutcomeStatus::done));
    ASSERT_TRUE(journal.told({}, k_at));
  }
  EXPECT_TRUE(left(folder).empty());
}

TEST(Journal, WhatNobodyCouldBeToldOfIsGivenUpAfterTwoWeeks) {
  const test::TemporaryDirectory folder;
  const JournalEntry entry = begun(Action::rotate);
  for (const auto& [days, stays] : {std::pair(13, true), std::pair(15, false)}) {
    {
      Journal journal = open(folder);
      ASSERT_TRUE(journal.begin(entry));
      journal.end(entry, ended(entry, OutcomeStatus::done));
      ASSERT_TRUE(journal.told({k_account}, k_at + std::chrono::days(days)));
    }
    EXPECT_EQ(left(folder).size(), stays ? 1u : 0u);
  }
}

TEST(Journal, WhatWasBegunAndNeverLookedAtIsGivenUpAfterTwoWeeks) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.begin(begun(Action::rotate)));
  }
  for (const auto& [days, stays] : {std::pair(13, true), std::pair(15, false)}) {
    {
      Journal journal = open(folder);
      ASSERT_TRUE(journal.told({}, k_at + std::chrono::days(days)));
    }
    EXPECT_EQ(left(folder).size(), stays ? 1u : 0u);
  }
}

TEST(Journal, WhatWasNotDoneIsNotTold) {
  for (const OutcomeStatus status : {OutcomeStatus::failed, OutcomeStatus::stale}) {
    const test::TemporaryDirectory folder;
    {
      Journal journal = open(folder);
      const JournalEntry entry = begun(Action::deactivate);
      ASSERT_TRUE(journal.begin(entry));
      journal.end(entry, ended(entry, status));
    }
    EXPECT_TRUE(left(folder).empty()) << to_string(status);
  }
}

TEST(Journal, WhatIsInDoubtIsLeftToTheNextRun) {
  for (const bool needs_person : {false, true}) {
    const test::TemporaryDirectory folder;
    {
      Journal journal = open(folder);
      const JournalEntry entry = begun(Action::rotate);
      ASSERT_TRUE(journal.begin(entry));
      Outcome outcome = ended(entry, needs_person ? OutcomeStatus::recovery_needed : OutcomeStatus::failed);
      outcome.in_doubt = !needs_person;
      journal.end(entry, outcome);
      ASSERT_TRUE(journal.told({}, k_at));
    }
    const auto entries = left(folder);
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_FALSE(entries[0].done);
    EXPECT_TRUE(entries[0].only_look);
  }
}

TEST(Journal, ADeletionInDoubtIsToldWhenItIsCertain) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    const JournalEntry entry = begun(Action::remove);
    ASSERT_TRUE(journal.begin(entry));
    Outcome outcome = ended(entry, OutcomeStatus::failed);
    outcome.in_doubt = true;
    journal.end(entry, outcome);
  }
  const auto entries = left(folder);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_FALSE(entries[0].only_look);
}

TEST(Journal, KeysActionsAndUsersAreApart) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.begin(begun(Action::deactivate)));
    ASSERT_TRUE(journal.begin(begun(Action::remove)));
    JournalEntry other = begun(Action::remove);
    other.user = *base::UserName::parse("svc+build@example.orgs");
    ASSERT_TRUE(journal.begin(other));
  }
  EXPECT_EQ(left(folder).size(), 2u);
}

TEST(Journal, ACutOrForeignLineCostsOnlyItself) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.begin(begun(Action::rotate)));
  }
  std::ofstream(folder.path("journal.jsonl"), std::ios::app) << "[]\n{\"state\":\"open\",\"acc";
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.begin(begun(Action::remove)));
  }
  EXPECT_EQ(left(folder).size(), 2u);
}

TEST(Journal, AnActionThatCannotBeNotedIsRefused) {
  const test::TemporaryDirectory folder;
  const auto journal = Journal::open(StateFolders(folder.path("missing")));
  ASSERT_FALSE(journal);
  EXPECT_NE(base::describe(journal.error()).find("journal.jsonl"), std::string::npos);
}

TEST(Journal, OnlyWhatOwnersHearOfIsNoted) {
  rotation::Decision decision = begun(Action::warn).decision;
  EXPECT_FALSE(Journal::concerns(decision));
  decision.note = rotation::LedgerNote::announced;
  EXPECT_TRUE(Journal::concerns(decision));
  EXPECT_TRUE(Journal::concerns(begun(Action::remove).decision));
  decision = begun(Action::remove).decision;
  decision.key.reset();
  EXPECT_FALSE(Journal::concerns(decision));
}

// The account is in shard 2/2 (shard_test.cpp).
StateFolders shard(const test::TemporaryDirectory& folder, std::string_view name) {
  StateFolders folders(folder.path(), parse_shard(name));
  std::filesystem::create_directories(folders.own);
  return folders;
}

TEST(Journal, MovesWithItsAccountsWhenTheyAreDividedAnew) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.begin(begun(Action::rotate)));
  }
  EXPECT_TRUE(Journal::open(shard(folder, "1/2"))->left_by_earlier_runs(k_account, k_user).empty());
  for (int run = 0; run < 2; ++run) {
    const auto entries = Journal::open(shard(folder, "2/2"))->left_by_earlier_runs(k_account, k_user);
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].run, "run-1");
  }
  // The next run of the whole organization takes it back, and no copy stays behind.
  EXPECT_EQ(left(folder).size(), 1u);
  std::filesystem::remove(folder.path("journal.jsonl"));
  EXPECT_TRUE(Journal::open(shard(folder, "2/2"))->left_by_earlier_runs(k_account, k_user).empty());
}

TEST(Journal, AnEntryThatAKilledRunHadMovedHalfwayIsThereOnce) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.begin(begun(Action::rotate)));
  }
  // Open in both: killed between writing it here and closing it there.
  std::filesystem::create_directories(shard(folder, "2/2").own);
  std::filesystem::copy_file(folder.path("journal.jsonl"), folder.path("shards/2-of-2/journal.jsonl"));
  EXPECT_EQ(Journal::open(shard(folder, "2/2"))->left_by_earlier_runs(k_account, k_user).size(), 1u);
  std::filesystem::remove_all(folder.path("shards"));
  EXPECT_TRUE(left(folder).empty());
}

}  // namespace
}  // namespace keyward::orchestrator
