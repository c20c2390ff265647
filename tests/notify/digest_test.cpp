#include "notify/digest.hpp"

#include <gtest/gtest.h>

#include <set>

#include "notify/world.hpp"

namespace keyward::notify {
namespace {

using rotation::Action;
using rotation::OutcomeStatus;
using rotation::Reason;

NotifySettings settings() {
  NotifySettings result;
  result.allowed_domains = {"example.org"};
  return result;
}

/// What owners must hear, account by account.
struct Collected {
  std::vector<OwnerNotice> notices;
  std::set<RecipientProblem> problems;

  void add(const accounts::Account& in, const std::vector<rotation::UserReport>& users, Mode mode = Mode::enforce) {
    const rotation::Policy policy;
    const NotifySettings with = settings();
    OwnerNotices more = notices_for({in, policy, with, mode, today()}, users, *AddressBook::parse("", "owners.csv"));
    notices.insert(notices.end(), more.notices.begin(), more.notices.end());
    problems.merge(more.problems);
  }
  std::vector<RecipientDigest> digests() const { return digests_of(notices, today()); }
};

TEST(Digest, IsEmptyWhenNothingConcernsAnybody) {
  Collected collected;
  collected.add(account(), {user_with({outcome(Action::none, Reason::key_compliant)}), user_with({})});
  EXPECT_TRUE(collected.digests().empty());
  EXPECT_TRUE(collected.problems.empty());
}

TEST(Digest, SortsByUrgencyThenAccountThenUser) {
  Collected collected;
  const accounts::Account second = account("222233334444", "b", "aws+prod-pay@example.org");
  collected.add(second, {user_with({rotated()}, "zoe"), user_with({rotated()}, "adam")});
  collected.add(account(),
      {user_with({warning(Reason::key_pending_rotation, 14)}, "w14"),
       user_with({warning(Reason::key_pending_rotation, 1)}, "w1"), user_with({rotated()}, "max"),
       user_with({outcome(Action::hold, Reason::rolled_back)}, "hold"),
       user_with({outcome(Action::rotate, Reason::expired_active_key, OutcomeStatus::failed)}, "fail"),
       user_with({outcome(Action::remove, Reason::recovery_grace_period_end)}, "gone"),
       user_with({outcome(Action::rotate, Reason::expired_active_key, OutcomeStatus::recovery_needed)}, "lost")});
  const auto digests = collected.digests();
  ASSERT_EQ(digests.size(), 1u);
  std::vector<std::string> users;
  for (const Row& row : digests[0].rows) users.push_back(row.user);
  EXPECT_EQ(users, (std::vector<std::string>{"lost", "hold", "max", "adam", "zoe", "fail", "w1", "w14", "gone"}));
  EXPECT_EQ(digests[0].accounts.size(), 2u);
}

TEST(Digest, KeepsSixtyRowsAndCountsTheRest) {
  Collected collected;
  std::vector<rotation::UserReport> users;
  for (int i = 0; i < 75; ++i)
    users.push_back(user_with({warning(Reason::key_pending_rotation, 14)}, "u" + std::to_string(100 + i)));
  users.push_back(user_with({rotated()}, "zz-urgent"));
  collected.add(account(), users);
  const auto digests = collected.digests();
  ASSERT_EQ(digests.size(), 1u);
  EXPECT_EQ(digests[0].rows.size(), k_max_rows);
  EXPECT_EQ(digests[0].more, 16u);
  EXPECT_EQ(digests[0].rows.front().user, "zz-urgent");
}

TEST(Digest, SaysOfWhenItIsWhenItComesLate) {
  Collected collected;
  collected.add(account(), {user_with({warning(Reason::key_pending_rotation, 7)})});
  const std::string on_its_day = digests_of(collected.notices, today() + std::chrono::hours(1)).at(0).rows.at(0).what;
  const std::string later = digests_of(collected.notices, today() + std::chrono::days(2)).at(0).rows.at(0).what;
  EXPECT_EQ(later, "As of 2026-11-21: " + on_its_day);
}

TEST(OwnerNotices, OfOneOutcomeAreOneMatterForAllItsRecipients) {
  Collected collected;
  rotation::UserReport mine = user("mine", {{"owner", "jo@example.org"}});
  mine.outcomes = {rotated(), warning(Reason::key_pending_deletion, 3)};
  collected.add(account(), {mine});
  ASSERT_EQ(collected.notices.size(), 4u);
  EXPECT_NE(collected.notices[0].recipient, collected.notices[1].recipient);
  EXPECT_EQ(collected.notices[0].matter, collected.notices[1].matter);
  EXPECT_EQ(collected.digests().at(0).rows.at(0).matter, collected.notices[0].matter);
  EXPECT_NE(collected.notices[0].matter, collected.notices[2].matter);
}

TEST(OwnerNotices, KnowOfWhichActionTheyWarn) {
  const base::AccessKeyId key = *base::AccessKeyId::parse(k_old_key);
  const base::Instant due = today() + std::chrono::days(3);
  EXPECT_EQ(warned_action(warning(Reason::key_pending_deletion, 3)), (WarnedAction{key, Action::remove, due}));
  EXPECT_EQ(warned_action(warning(Reason::key_pending_deactivation, 3)), (WarnedAction{key, Action::deactivate, due}));
  EXPECT_EQ(warned_action(outcome(Action::wait, Reason::deletion_waits_for_warning)), (WarnedAction{key, Action::remove, today()}));
  EXPECT_EQ(warned_action(outcome(Action::wait, Reason::deactivation_waits_for_warning)),
            (WarnedAction{key, Action::deactivate, today()}));
  EXPECT_FALSE(warned_action(warning(Reason::key_pending_rotation, 3)));
  EXPECT_FALSE(warned_action(outcome(Action::deactivate, Reason::install_grace_period_end)));
  rotation::Outcome failed = warning(Reason::key_pending_deletion, 3);
  failed.status = OutcomeStatus::failed;
  EXPECT_FALSE(warned_action(failed));
}

TEST(Digest, SendsAnOwnerOnlyItsOwnUsersAndOneAddressOneDigest) {
  Collected collected;
  rotation::UserReport mine = user("mine", {{"owner", "jo@example.org"}});
  mine.outcomes = {rotated()};
  rotation::UserReport account_owners = user("both", {{"owner", "AWS+prod-pay@EXAMPLE.org"}});
  account_owners.outcomes = {rotated()};
  collected.add(account(), {mine, account_owners});
  const auto digests = collected.digests();
  ASSERT_EQ(digests.size(), 2u);
  EXPECT_EQ(digests[0].recipient.str(), "aws+prod-pay@example.org");
  EXPECT_EQ(digests[0].rows.size(), 2u);
  EXPECT_EQ(digests[1].recipient.str(), "jo@example.org");
  ASSERT_EQ(digests[1].rows.size(), 1u);
  EXPECT_EQ(digests[1].rows[0].user, "mine");
}

TEST(Digest, NeverMixesDryRunWithWhatHappened) {
  Collected collected;
  collected.add(account(), {user_with({rotated()})});
  collected.add(account("222233334444", "dry", "aws+prod-pay@example.org"),
      {user_with({outcome(Action::rotate, Reason::expired_active_key, OutcomeStatus::dry_run)})}, Mode::dry_run);
  const auto digests = collected.digests();
  ASSERT_EQ(digests.size(), 2u);
  EXPECT_EQ(digests[0].mode, Mode::enforce);
  EXPECT_EQ(digests[1].mode, Mode::dry_run);
}

TEST(Digest, ReportsAProblemOfTheAccountOnce) {
  Collected collected;
  collected.add(account("111122223333", "prod", "not an address"),
      {user_with({rotated()}, "a"), user_with({rotated()}, "b")});
  EXPECT_EQ(collected.problems.size(), 3u);  // the account's address, and nobody for a and b
}

}  // namespace
}  // namespace keyward::notify
