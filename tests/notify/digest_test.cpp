#include "notify/digest.hpp"

#include <gtest/gtest.h>

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

Digest digest() { return Digest(*AddressBook::parse("", "owners.csv")); }

void add(Digest& to, const accounts::Account& in, const std::vector<rotation::UserReport>& users,
         Mode mode = Mode::enforce, const Digest::ShouldMail& should_mail = {}) {
  const rotation::Policy policy;
  const NotifySettings with = settings();
  to.add({in, policy, with, mode}, users, should_mail);
}

TEST(Digest, IsEmptyWhenNothingConcernsAnybody) {
  Digest collected = digest();
  add(collected, account(), {user_with({outcome(Action::none, Reason::key_compliant)}), user_with({})});
  EXPECT_TRUE(std::move(collected).finish().empty());
  EXPECT_TRUE(collected.problems().empty());
}

TEST(Digest, SortsByUrgencyThenAccountThenUser) {
  Digest collected = digest();
  const accounts::Account second = account("222233334444", "b", "aws+prod-pay@example.org");
  add(collected, second, {user_with({rotated()}, "zoe"), user_with({rotated()}, "adam")});
  add(collected, account(),
      {user_with({warning(Reason::key_pending_rotation, 14)}, "w14"),
       user_with({warning(Reason::key_pending_rotation, 1)}, "w1"), user_with({rotated()}, "max"),
       user_with({outcome(Action::hold, Reason::rolled_back)}, "hold"),
       user_with({outcome(Action::rotate, Reason::expired_active_key, OutcomeStatus::failed)}, "fail"),
       user_with({outcome(Action::remove, Reason::recovery_grace_period_end)}, "gone"),
       user_with({outcome(Action::rotate, Reason::expired_active_key, OutcomeStatus::recovery_needed)}, "lost")});
  const auto digests = std::move(collected).finish();
  ASSERT_EQ(digests.size(), 1u);
  std::vector<std::string> users;
  for (const Row& row : digests[0].rows) users.push_back(row.user);
  EXPECT_EQ(users, (std::vector<std::string>{"lost", "hold", "max", "adam", "zoe", "fail", "w1", "w14", "gone"}));
  EXPECT_EQ(digests[0].accounts.size(), 2u);
}

TEST(Digest, KeepsSixtyRowsAndCountsTheRest) {
  Digest collected = digest();
  std::vector<rotation::UserReport> users;
  for (int i = 0; i < 75; ++i)
    users.push_back(user_with({warning(Reason::key_pending_rotation, 14)}, "u" + std::to_string(100 + i)));
  users.push_back(user_with({rotated()}, "zz-urgent"));
  add(collected, account(), users);
  const auto digests = std::move(collected).finish();
  ASSERT_EQ(digests.size(), 1u);
  EXPECT_EQ(digests[0].rows.size(), k_max_rows);
  EXPECT_EQ(digests[0].more, 16u);
  EXPECT_EQ(digests[0].rows.front().user, "zz-urgent");
}

TEST(Digest, AsksBeforeAnythingIsAdded) {
  Digest collected = digest();
  std::vector<std::string> asked;
  add(collected, account("111122223333", "prod", "not an address"),
      {user_with({outcome(Action::hold, Reason::rolled_back), outcome(Action::none, Reason::key_compliant)})},
      Mode::enforce, [&](const rotation::UserReport& report, const rotation::Outcome&) {
        asked.push_back(report.facts.name.str());
        return false;
      });
  EXPECT_EQ(asked, std::vector<std::string>{"svc-export"});
  EXPECT_TRUE(collected.problems().empty());  // nobody had to be found
  EXPECT_TRUE(std::move(collected).finish().empty());
}

TEST(Digest, SendsAnOwnerOnlyItsOwnUsersAndOneAddressOneDigest) {
  Digest collected = digest();
  rotation::UserReport mine = user("mine", {{"owner", "jo@example.org"}});
  mine.outcomes = {rotated()};
  rotation::UserReport account_owners = user("both", {{"owner", "AWS+prod-pay@EXAMPLE.org"}});
  account_owners.outcomes = {rotated()};
  add(collected, account(), {mine, account_owners});
  const auto digests = std::move(collected).finish();
  ASSERT_EQ(digests.size(), 2u);
  EXPECT_EQ(digests[0].recipient.str(), "aws+prod-pay@example.org");
  EXPECT_EQ(digests[0].rows.size(), 2u);
  EXPECT_EQ(digests[1].recipient.str(), "jo@example.org");
  ASSERT_EQ(digests[1].rows.size(), 1u);
  EXPECT_EQ(digests[1].rows[0].user, "mine");
}

TEST(Digest, NeverMixesDryRunWithWhatHappened) {
  Digest collected = digest();
  add(collected, account(), {user_with({rotated()})});
  add(collected, account("222233334444", "dry", "aws+prod-pay@example.org"),
      {user_with({outcome(Action::rotate, Reason::expired_active_key, OutcomeStatus::dry_run)})}, Mode::dry_run);
  const auto digests = std::move(collected).finish();
  ASSERT_EQ(digests.size(), 2u);
  EXPECT_EQ(digests[0].mode, Mode::enforce);
  EXPECT_EQ(digests[1].mode, Mode::dry_run);
}

TEST(Digest, ReportsAProblemOfTheAccountOnce) {
  Digest collected = digest();
  add(collected, account("111122223333", "prod", "not an address"),
      {user_with({rotated()}, "a"), user_with({rotated()}, "b")});
  EXPECT_EQ(collected.problems().size(), 3u);  // the account's address, and nobody for a and b
}

}  // namespace
}  // namespace keyward::notify
