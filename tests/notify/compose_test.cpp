#include "notify/compose.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "notify/world.hpp"

namespace keyward::notify {
namespace {

using rotation::Action;
using rotation::OutcomeStatus;
using rotation::Reason;

Letterhead letterhead() { return {*MailAddress::parse("keyward@example.org"), "20261121T023000Z-1", today()}; }

const TemplateSet& templates() {
  static const base::Result<TemplateSet> loaded = load_templates(NotifySettings{});
  return loaded.value();
}

RecipientDigest digest_of(const accounts::Account& in, const std::vector<rotation::UserReport>& users, Mode mode) {
  const rotation::Policy policy;
  const NotifySettings settings;
  const OwnerNotices owed = notices_for({in, policy, settings, mode, today()}, users, *AddressBook::parse("", "owners.csv"));
  return digests_of(owed.notices, today()).at(0);
}

std::vector<rotation::UserReport> enforce_users() {
  return {user_with({warning(Reason::key_pending_rotation, 7)}, "batch"), user_with({rotated()}),
          user_with({outcome(Action::hold, Reason::conflict_two_used_keys)}, "legacy"),
          user_with({outcome(Action::remove, Reason::recovery_grace_period_end)}, "old-one")};
}

/// Compares with tests/notify/golden/NAME. KEYWARD_UPDATE_GOLDEN=1 writes the file instead: read the difference then.
void expect_golden(const std::string& name, const std::string& actual) {
  const std::filesystem::path path = std::filesystem::path(KEYWARD_GOLDEN_DIR) / name;
  if (std::getenv("KEYWARD_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << actual;
  std::ifstream file(path, std::ios::binary);
  const std::string expected((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(actual, expected) << "differs from " << path;
}

TEST(Compose, WritesTheEnforceMailAsInTheGoldenFile) {
  const Message message =
      compose(digest_of(account("111122223333", "prod-pay M\xC3\xBCnchen"), enforce_users(), Mode::enforce),
              templates(), letterhead());
  EXPECT_EQ(message.subject,
            "[keyward] prod-pay M\xC3\xBCnchen (111122223333): 4 notices about access keys, 2 need you");
  EXPECT_EQ(message.rows, 4u);
  expect_golden("enforce.eml", to_mime(message));
}

TEST(Compose, WritesTheDryRunMailAsInTheGoldenFile) {
  const Message message = compose(
      digest_of(account(), {user_with({outcome(Action::rotate, Reason::expired_active_key, OutcomeStatus::dry_run)})},
                Mode::dry_run),
      templates(), letterhead());
  EXPECT_EQ(message.subject, "[DRY RUN] [keyward] prod-pay (111122223333): access key of svc-export ending in Y111");
  for (const std::string* part : {&message.text, &message.html}) {
    std::string shouted = *part;
    std::ranges::transform(shouted, shouted.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_NE(shouted.find("NOTHING WAS CHANGED"), std::string::npos);
    EXPECT_EQ(part->find("get-secret-value"), std::string::npos);
  }
  expect_golden("dry_run.eml", to_mime(message));
}

TEST(Compose, KeepsTheSubjectOfOneUsersKeyFromTheFirstWarningToTheDeletion) {
  for (const rotation::Outcome& step :
       {warning(Reason::key_pending_rotation, 7), rotated(), warning(Reason::key_pending_deactivation, 1),
        outcome(Action::deactivate, Reason::install_grace_period_end), outcome(Action::remove, Reason::recovery_grace_period_end)}) {
    const Message message = compose(digest_of(account(), {user_with({step})}, Mode::enforce), templates(), letterhead());
    EXPECT_EQ(message.subject, "[keyward] prod-pay (111122223333): access key of svc-export ending in Y111");
  }
  const auto both = {rotated(), warning(Reason::key_pending_deletion, 3)};
  EXPECT_EQ(compose(digest_of(account(), {user_with(both)}, Mode::enforce), templates(), letterhead()).subject,
            "[keyward] prod-pay (111122223333): access key of svc-export ending in Y111");
  // Two keys of one user are two threads, or none.
  rotation::Outcome of_the_new_key = warning(Reason::key_pending_rotation, 7);
  of_the_new_key.decision.key = base::AccessKeyId::parse(k_new_key);
  EXPECT_EQ(compose(digest_of(account(), {user_with({rotated(), of_the_new_key})}, Mode::enforce), templates(), letterhead()).subject,
            "[keyward] prod-pay (111122223333): access key of svc-export");
}

TEST(Compose, SaysTheMostUrgentInThePreheader) {
  const TemplateValues values = letter_of(digest_of(account(), enforce_users(), Mode::enforce), letterhead()).values;
  EXPECT_EQ(values.message.at("preheader"), "your decision is needed: The user has two access keys in use and both are overdue. And 3 more.");
  const Message one = compose(digest_of(account(), {user_with({rotated()})}, Mode::enforce), templates(), letterhead());
  const std::string first = "action needed: A new access key ending in Y222 was made. It replaces the key ending in Y111. Date: 2026-12-01.";
  EXPECT_LT(one.html.find(first), one.html.find("<h1"));
}

TEST(Compose, GivesTemplatesEveryFieldTheyMayName) {
  const TemplateValues values = letter_of(digest_of(account(), enforce_users(), Mode::enforce), letterhead()).values;
  EXPECT_EQ(values.message.size(), k_message_fields.size());
  for (const std::string_view name : k_message_fields) EXPECT_TRUE(values.message.contains(std::string(name))) << name;
  ASSERT_FALSE(values.actions.empty());
  EXPECT_EQ(values.actions[0].size(), k_action_fields.size());
  for (const std::string_view name : k_action_fields)
    EXPECT_TRUE(values.actions[0].contains(std::string(name))) << name;
}

/// golden/guidance.html has the head, the markup and all placeholders of the template that the AWS guidance ships.
TEST(Compose, FillsTheGuidancesTemplateAsItIs) {
  NotifySettings settings;
  settings.templates = KEYWARD_GOLDEN_DIR;
  settings.template_enforce = settings.template_audit = "guidance.html";
  const auto guidance = load_templates(settings);
  ASSERT_TRUE(guidance) << guidance.error().message;
  const Message message = compose(digest_of(account("111122223333", "R&D"), enforce_users(), Mode::enforce), *guidance, letterhead());
  EXPECT_EQ(message.html.find("{{"), std::string::npos);
  for (const char* filled :
       {"AWS Partition: aws<", "AWS Account ID: 111122223333<", "AWS Account Name: R&amp;D<", "Time of Detection: 2026-11-21T02:30:00Z<",
        "<br>&bull; Account 111122223333 (R&amp;D), user legacy: ", "<br>&bull; Account 111122223333 (R&amp;D), user old-one: ",
        "Rotation Period: 90<", "Installation Grace Period: 10<", "Recovery Grace Period: 10<", "Please ask keyward@example.org.<"}) {
    EXPECT_NE(message.html.find(filled), std::string::npos) << filled;
  }
  // It has no text part of its own.
  EXPECT_NE(message.text.find("get-secret-value"), std::string::npos);
}

TEST(Compose, HoldsNoLinkNoImageAndNoWholeKeyId) {
  const Message message = compose(digest_of(account(), enforce_users(), Mode::enforce), templates(), letterhead());
  for (const std::string* part : {&message.text, &message.html}) {
    for (const char* forbidden : {"http:", "https:", "href", "<img", "url(", "AKIA"}) {
      EXPECT_EQ(part->find(forbidden), std::string::npos) << forbidden;
    }
    EXPECT_NE(part->find("never asks for an access key"), std::string::npos);
    EXPECT_NE(part->find("--query SecretString --output text"), std::string::npos);
    EXPECT_NE(part->find("2026-11-20 13:45 UTC, s3 in eu-central-1"), std::string::npos);
  }
}

TEST(Compose, EscapesHostileNames) {
  const Message message =
      compose(digest_of(account("111122223333", "<script>alert(1)</script>{{sender_email}}\r\nBcc: x@example.org"),
                        enforce_users(), Mode::enforce),
              templates(), letterhead());
  EXPECT_EQ(message.html.find("<script"), std::string::npos);
  EXPECT_NE(message.html.find("&lt;script&gt;alert(1)&lt;/script&gt;{{sender_email}} Bcc: x@example.org"),
            std::string::npos);
  EXPECT_NE(message.text.find("<script>alert(1)</script>{{sender_email}} Bcc: x@example.org"), std::string::npos);
  const std::string mime = to_mime(message);
  EXPECT_EQ(mime.find("\nBcc:"), std::string::npos);
}

TEST(Compose, StaysBelowTheSizeAtWhichMailProgramsClip) {
  std::vector<rotation::UserReport> users;
  for (int i = 0; i < 80; ++i) users.push_back(user_with({rotated()}, "service-user-" + std::to_string(100 + i)));
  const Message message = compose(digest_of(account(), users, Mode::enforce), templates(), letterhead());
  EXPECT_NE(message.html.find("and 20 more, see the report of run 20261121T023000Z-1"), std::string::npos);
  EXPECT_NE(message.text.find("and 20 more, see the report of run 20261121T023000Z-1"), std::string::npos);
  EXPECT_LT(message.html.size(), 102'000u);
  EXPECT_EQ(message.rows, 80u);
  EXPECT_EQ(message.shown, 60u);

  for (rotation::UserReport& report : users) {
    report.outcomes[0].secret->arn += std::string(600, 'x');
  }
  const Message longer = compose(digest_of(account(), users, Mode::enforce), templates(), letterhead());
  EXPECT_LT(longer.html.size(), 102'000u);
  EXPECT_GT(longer.html.size(), 80'000u);
  EXPECT_EQ(longer.rows, 80u);
  EXPECT_NE(longer.html.find("and " + std::to_string(80 - longer.shown) + " more"), std::string::npos);
}

TEST(Compose, NamesSeveralAccountsAndPolicies) {
  RecipientDigest digest = digest_of(account(), enforce_users(), Mode::enforce);
  digest.accounts = {{"1", "a"}, {"2", "b"}, {"3", "c"}, {"4", "d"}, {"5", "e"}};
  digest.rotation_days = {30, 45, 90};
  digest.install_grace_days = {7, 10};
  const TemplateValues values = letter_of(digest, letterhead()).values;
  EXPECT_EQ(values.message.at("account_id"), "1, 2, 3 and 2 more");
  EXPECT_EQ(values.message.at("account_name"), "a, b, c and 2 more");
  EXPECT_EQ(values.message.at("rotation_period"), "30, 45 or 90");
  EXPECT_EQ(values.message.at("installation_grace_period"), "7 or 10");
  EXPECT_EQ(values.message.at("partition_name"), "aws");
  EXPECT_TRUE(values.message.at("headline").starts_with("5 AWS accounts: 4 notices"));
}

}  // namespace
}  // namespace keyward::notify
