#include "orchestrator/journal.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/files.hpp"
#include "support/scarce_disk.hpp"
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

TEST(Journal, WhatWasDoneStaysUntilItIsOwedToSomebody) {
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
    ASSERT_TRUE(journal.owe({}, k_at));  // this run has not looked at the account, so it has nothing to tell
  }
  EXPECT_EQ(left(folder).size(), 1u);
  {
    Journal journal = open(folder);
    journal.end(entries[0], ended(entries[0], OutcomeStatus::done));
    ASSERT_TRUE(journal.owe({}, k_at));
  }
  EXPECT_TRUE(left(folder).empty());
}

const notify::MailAddress k_jo = *notify::MailAddress::parse("jo@example.org");
const notify::MailAddress k_ann = *notify::MailAddress::parse("ann@example.org");
const std::set<std::string> k_words{"222222222222/a", "222222222222/b"};
const notify::WarnedAction k_warned{k_old, Action::deactivate, k_at + std::chrono::days(3)};

notify::OwnerNotice notice(const notify::MailAddress& to, std::string matter, base::Instant at = k_at) {
  notify::OwnerNotice one{.recipient = to,
                          .mode = notify::Mode::enforce,
                          .matter = k_account.str() + "/" + std::move(matter),
                          .user = k_user,
                          .row = {},
                          .partition = "aws",
                          .rotation_days = 90,
                          .install_grace_days = 10,
                          .recovery_grace_days = 11,
                          .warns_of = k_warned,
                          .owed_since = at,
                          .written = at};
  one.row.urgency = notify::Urgency::soon;
  one.row.account_id = k_account.str();
  one.row.account_name = "prod \"M\xC3\xBCnchen\"";
  one.row.user = k_user.str();
  one.row.what = "will be switched off";
  one.row.fetch_command = "aws secretsmanager …";
  return one;
}

/// What a run that neither does nor finds anything new is owed to others.
std::vector<notify::OwnerNotice> owed(const Journal& journal) {
  std::vector<notify::OwnerNotice> all;
  for (const Journal::Creditor& creditor : journal.creditors()) {
    for (notify::OwnerNotice& one : journal.owed(creditor)) all.push_back(std::move(one));
  }
  return all;
}
std::vector<notify::OwnerNotice> owed(const test::TemporaryDirectory& folder) { return owed(open(folder)); }

std::vector<std::string> recipients(const std::vector<notify::OwnerNotice>& notices) {
  std::vector<std::string> names;
  for (const notify::OwnerNotice& one : notices) names.push_back(one.recipient.str());
  return names;
}

TEST(Journal, WhatIsOwedSurvivesWithAllThatAMessageNeeds) {
  const test::TemporaryDirectory folder;
  const notify::OwnerNotice written = notice(k_jo, "m");
  ASSERT_TRUE(open(folder).owe({written}, k_at));
  const auto read = owed(folder);
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].recipient, k_jo);
  EXPECT_EQ(read[0].mode, notify::Mode::enforce);
  EXPECT_EQ(read[0].matter, written.matter);
  EXPECT_EQ(read[0].row.urgency, notify::Urgency::soon);
  EXPECT_EQ(read[0].row.account_id, written.row.account_id);
  EXPECT_EQ(read[0].row.account_name, written.row.account_name);
  EXPECT_EQ(read[0].row.user, written.row.user);
  EXPECT_EQ(read[0].row.what, written.row.what);
  EXPECT_EQ(read[0].row.fetch_command, written.row.fetch_command);
  EXPECT_EQ(read[0].partition, "aws");
  EXPECT_EQ(read[0].recovery_grace_days, 11);
  EXPECT_EQ(read[0].warns_of, k_warned);
  EXPECT_EQ(read[0].owed_since, k_at);
}

TEST(Journal, WhatOneRecipientGotIsOwedToTheOthersOnly) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.owe({notice(k_jo, "a"), notice(k_jo, "b"), notice(k_ann, "a")}, k_at));
    ASSERT_TRUE(journal.received({k_jo, notify::Mode::enforce}, k_words, k_at));
    // Killed here.
  }
  EXPECT_EQ(recipients(owed(folder)), std::vector<std::string>{"ann@example.org"});
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.owe({}, k_at));
    ASSERT_TRUE(journal.received({*notify::MailAddress::parse("Ann@Example.org"), notify::Mode::dry_run}, k_words, k_at));
    EXPECT_EQ(owed(journal).size(), 1u);
    ASSERT_TRUE(journal.received({*notify::MailAddress::parse("Ann@Example.org"), notify::Mode::enforce}, k_words, k_at));
    ASSERT_TRUE(journal.tidy());
  }
  EXPECT_TRUE(owed(folder).empty());
}

TEST(Journal, NamesEverybodyWhoIsOwedSomethingOnce) {
  const test::TemporaryDirectory folder;
  Journal journal = open(folder);
  const notify::MailAddress awkward = *notify::MailAddress::parse("jo@example.org.uk");
  notify::OwnerNotice dry = notice(k_jo, "a");
  dry.mode = notify::Mode::dry_run;
  notify::OwnerNotice shouted = notice(*notify::MailAddress::parse("JO@example.org"), "c");
  ASSERT_TRUE(journal.owe({notice(k_jo, "a"), notice(k_jo, "b"), dry, shouted, notice(awkward, "a"), notice(k_ann, "a")}, k_at));
  std::map<std::pair<std::string, notify::Mode>, std::size_t> counted;
  for (const Journal::Creditor& creditor : journal.creditors()) {
    const bool is_new = counted.emplace(std::pair(mailbox_key(creditor.recipient), creditor.mode), journal.owed(creditor).size()).second;
    EXPECT_TRUE(is_new) << creditor.recipient.str();
  }
  using enum notify::Mode;
  EXPECT_EQ(counted, (std::map<std::pair<std::string, notify::Mode>, std::size_t>{{{"ann@example.org", enforce}, 1},
                                                                                  {{"jo@example.org", enforce}, 3},
                                                                                  {{"jo@example.org", dry_run}, 1},
                                                                                  {{"jo@example.org.uk", enforce}, 1}}));
}

TEST(Journal, WhatIsSaidAgainReplacesWhatIsStillOwedAndIsOwedAsLong) {
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(open(folder).owe({notice(k_jo, "a")}, k_at));
  notify::OwnerNotice newer = notice(k_jo, "a", k_at + std::chrono::days(1));
  newer.row.what = "sooner";
  ASSERT_TRUE(open(folder).owe({newer}, k_at + std::chrono::days(1)));
  const auto read = owed(folder);
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].row.what, "sooner");
  EXPECT_EQ(read[0].owed_since, k_at);
  EXPECT_EQ(read[0].written, k_at + std::chrono::days(1));
}

TEST(Journal, WhatNoChannelTakesIsOverdueAfterThreeDaysAndGivenUpAfterTwoWeeks) {
  using std::chrono::days;
  using std::chrono::minutes;
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(open(folder).owe({notice(k_jo, "a")}, k_at));
  // A daily job comes some minutes early.
  for (const auto& [after, overdue, given_up] : {std::tuple(days(2) + minutes(0), 0u, 0u), std::tuple(days(3) - minutes(5), 1u, 0u),
                                                 std::tuple(days(14) + minutes(0), 1u, 0u), std::tuple(days(14) + minutes(1), 0u, 1u),
                                                 std::tuple(days(15) + minutes(0), 0u, 0u)}) {
    Journal journal = open(folder);
    const Journal::Undelivered undelivered = journal.give_up(k_at + after);
    EXPECT_EQ(undelivered.overdue.size(), overdue) << after.count();
    EXPECT_EQ(undelivered.given_up.size(), given_up) << after.count();
    ASSERT_TRUE(journal.tidy());
  }
}

TEST(Journal, AWarningCountsOnceSomebodyGotItAndNotForEver) {
  const test::TemporaryDirectory folder;
  const auto warned = [&folder](Action action, base::Instant now) {
    return open(folder).was_warned(k_account, k_user, k_old, action, now);
  };
  ASSERT_TRUE(open(folder).owe({notice(k_jo, "a"), notice(k_ann, "a")}, k_at));
  EXPECT_FALSE(warned(Action::deactivate, k_at));
  ASSERT_TRUE(open(folder).received({k_jo, notify::Mode::enforce}, k_words, k_at));
  EXPECT_TRUE(warned(Action::deactivate, k_at));
  EXPECT_FALSE(warned(Action::remove, k_at));
  {
    Journal journal = open(folder);
    journal.give_up(k_at);
    ASSERT_TRUE(journal.tidy());
  }
  EXPECT_TRUE(warned(Action::deactivate, k_warned.due + std::chrono::days(14)));
  EXPECT_FALSE(warned(Action::deactivate, k_warned.due + std::chrono::days(15)));
}

TEST(Journal, WhatALongMessageOnlyCountsIsOwedOnAndIsNoWarning) {
  const test::TemporaryDirectory folder;
  notify::OwnerNotice told = notice(k_jo, "b");
  told.warns_of.reset();
  ASSERT_TRUE(open(folder).owe({notice(k_jo, "a"), told}, k_at));
  ASSERT_TRUE(open(folder).received({k_jo, notify::Mode::enforce}, {"222222222222/b"}, k_at));
  ASSERT_EQ(owed(folder).size(), 1u);
  EXPECT_EQ(owed(folder)[0].matter, "222222222222/a");
  EXPECT_FALSE(open(folder).was_warned(k_account, k_user, k_old, Action::deactivate, k_at));
}

TEST(Journal, WhatADryRunToldIsNoWarning) {
  const test::TemporaryDirectory folder;
  notify::OwnerNotice one = notice(k_jo, "a");
  one.mode = notify::Mode::dry_run;
  ASSERT_TRUE(open(folder).owe({one}, k_at));
  ASSERT_TRUE(open(folder).received({k_jo, notify::Mode::dry_run}, k_words, k_at));
  EXPECT_TRUE(owed(folder).empty());
  EXPECT_FALSE(open(folder).was_warned(k_account, k_user, k_old, Action::deactivate, k_at));
}

TEST(Journal, ALineForWhichThereWasNoRoomTakesNoOtherWithIt) {
  const test::TemporaryDirectory folder;
  {
    Journal journal = open(folder);
    ASSERT_TRUE(journal.begin(begun(Action::rotate)));
    const auto size = std::filesystem::file_size(folder.path("journal.jsonl"));
    {
      const test::ScarceDisk full(size + 20);
      EXPECT_FALSE(journal.owe({notice(k_jo, "a")}, k_at));
      EXPECT_FALSE(journal.begin(begun(Action::deactivate)));
    }
    EXPECT_EQ(std::filesystem::file_size(folder.path("journal.jsonl")), size);
    ASSERT_TRUE(journal.begin(begun(Action::remove)));
  }
  const Journal next = open(folder);
  EXPECT_FALSE(next.damaged());
  EXPECT_EQ(next.left_by_earlier_runs(k_account, k_user).size(), 2u);
}

TEST(Journal, SaysThatItIsDamagedButNotThatARunWasKilled) {
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(open(folder).owe({notice(k_jo, "a")}, k_at));
  std::ofstream(folder.path("journal.jsonl"), std::ios::app) << "{\"state\":\"op";
  EXPECT_FALSE(open(folder).damaged());
  std::ofstream(folder.path("journal.jsonl"), std::ios::app) << "{\"state\":\"open\",\"kind\":\"notice\"}\n";
  EXPECT_TRUE(open(folder).damaged());
  EXPECT_EQ(owed(folder).size(), 1u);
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
      const auto given_up = journal.owe({}, k_at + std::chrono::days(days));
      ASSERT_TRUE(given_up);
      EXPECT_EQ(given_up->size(), stays ? 0u : 1u);
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
      ASSERT_TRUE(journal.owe({}, k_at));
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

TEST(Journal, WhatIsOwedMovesWithTheAccountToo) {
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(open(folder).owe({notice(k_jo, "a"), notice(k_ann, "a")}, k_at));
  ASSERT_TRUE(open(folder).received({k_ann, notify::Mode::enforce}, k_words, k_at));
  EXPECT_TRUE(owed(*Journal::open(shard(folder, "1/2"))).empty());
  const auto moved = Journal::open(shard(folder, "2/2"));
  EXPECT_EQ(recipients(owed(*moved)), std::vector<std::string>{"jo@example.org"});
  EXPECT_TRUE(moved->was_warned(k_account, k_user, k_old, Action::deactivate, k_at));
  std::filesystem::remove_all(folder.path("shards"));
  EXPECT_TRUE(owed(folder).empty());
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
