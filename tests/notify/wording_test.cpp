#include "notify/wording.hpp"

#include <gtest/gtest.h>

#include <set>

#include "notify/world.hpp"
#include "support/every_reason.hpp"

namespace keyward::notify {
namespace {

using rotation::Action;
using rotation::OutcomeStatus;
using rotation::Reason;

Row row_of(const rotation::Outcome& outcome, Mode mode = Mode::enforce, const rotation::Policy& policy = {}) {
  return describe(account(), user_with({outcome}), outcome, policy, mode);
}

TEST(Wording, TellsOnlyWhatConcernsPeople) {
  struct Case {
    Action action;
    OutcomeStatus status;
    bool expected;
  };
  const Case cases[] = {
      {Action::none, OutcomeStatus::done, false},
      {Action::note, OutcomeStatus::done, false},
      {Action::note, OutcomeStatus::failed, false},
      {Action::wait, OutcomeStatus::done, false},
      {Action::warn, OutcomeStatus::done, true},
      {Action::warn, OutcomeStatus::dry_run, true},
      {Action::rotate, OutcomeStatus::done, true},
      {Action::rotate, OutcomeStatus::dry_run, true},
      {Action::rotate, OutcomeStatus::stale, false},
      {Action::rotate, OutcomeStatus::held_back, true},
      {Action::deactivate, OutcomeStatus::failed, true},
      {Action::remove, OutcomeStatus::done, true},
      {Action::hold, OutcomeStatus::done, true},
      {Action::rotate, OutcomeStatus::recovery_needed, true},
      {Action::none, OutcomeStatus::recovery_needed, true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(concerns_people(outcome(c.action, Reason::key_compliant, c.status)), c.expected)
        << static_cast<int>(c.action) << " " << static_cast<int>(c.status);
  }
}

TEST(Wording, HasWordsForEveryReasonAndEveryAction) {
  for (const Reason reason : test::every_reason()) {
    for (const Action action : {Action::rotate, Action::deactivate, Action::remove, Action::warn, Action::hold}) {
      for (const Mode mode : {Mode::enforce, Mode::dry_run}) {
        const Row row = row_of(outcome(action, reason), mode);
        const auto which = std::string(to_string(action)) + " " + std::string(to_string(reason));
        EXPECT_FALSE(row.what.empty()) << which;
        EXPECT_FALSE(row.todo.empty()) << which;
        // What a hold is about stands in `what`; `why` has the details of this one.
        EXPECT_EQ(row.why.empty(), action == Action::hold) << which;
        for (const std::string& text : {row.what, row.why, row.todo}) EXPECT_EQ(text.find('_'), std::string::npos) << text;
      }
    }
  }
}

TEST(Wording, AFailedRotationThatWasAskedForIsNotSaidToBeTriedAgain) {
  const auto todo = [](Reason reason) { return row_of(outcome(Action::rotate, reason, OutcomeStatus::failed)).todo; };
  EXPECT_NE(todo(Reason::expired_active_key).find("Every run"), std::string::npos);
  for (const Reason reason : {Reason::forced_rotation, Reason::compromised_key})
    EXPECT_EQ(todo(reason), "Nothing. Whoever asked for it has to ask again.");
}

TEST(Wording, EveryHoldIsToldInItsOwnWords) {
  std::set<std::string> told;
  for (const Reason reason : test::reasons_to_hold()) EXPECT_TRUE(told.insert(row_of(outcome(Action::hold, reason)).what).second);
  EXPECT_FALSE(told.contains(row_of(outcome(Action::hold, Reason::key_compliant)).what));
}

TEST(Wording, TellsTheOwnerOfANewKeyWhatToDoByWhenAndHowToFetchIt) {
  const Row row = row_of(rotated());
  EXPECT_EQ(row.what, "A new access key ending in Y222 was made. It replaces the key ending in Y111.");
  EXPECT_EQ(row.why, "Access keys are replaced at the age of 90 days.");
  EXPECT_EQ(
      row.todo,
      "Fetch the new key and install it wherever the old one is used, before 2026-12-01. On that day the old key is "
      "switched off; on 2026-12-11 it is deleted.");
  EXPECT_EQ(row.due, "2026-12-01");
  EXPECT_EQ(row.last_used, "2026-11-20 13:45 UTC, s3 in eu-central-1");
  EXPECT_EQ(row.urgency, Urgency::action);
  EXPECT_EQ(
      row.fetch_command,
      "aws secretsmanager get-secret-value --secret-id "
      "arn:aws:secretsmanager:eu-central-1:111122223333:secret:Account_111122223333_User_svc-export_AccessKey-a1B2c3 "
      "--region eu-central-1 --query SecretString --output text");
  EXPECT_EQ(row.access_key_id_field, "AccessKey");
  EXPECT_EQ(row.secret_access_key_field, "SecretKey");
}

TEST(Wording, WaitsForTheOldKeysAgeUnlessTheRotationWasForced) {
  rotation::UserReport young = user();
  young.facts.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::known({old_key(std::chrono::days(20))});
  EXPECT_EQ(describe(account(), young, rotated(), {}, Mode::enforce).due, "2027-02-09");  // its hundredth day
  rotation::Outcome forced = rotated();
  forced.decision.reason = Reason::forced_rotation;
  EXPECT_EQ(describe(account(), young, forced, {}, Mode::enforce).due, "2026-12-01");
}

TEST(Wording, SaysOfACompromisedKeyThatItOpensNothingAnyMore) {
  rotation::Outcome replaced = rotated();
  EXPECT_EQ(row_of(replaced).fetch_as, "Fetch it as svc-export; the old key opens it until it is switched off");
  replaced.decision.reason = Reason::compromised_key;
  const Row row = row_of(replaced);
  EXPECT_EQ(row.fetch_as, "Fetch it as svc-export, but not with the old key: that opens nothing any more");
  EXPECT_EQ(row.todo, "Fetch the new key and install it now: the old one is switched off already. It is deleted on 2026-12-01.");
  const Row off = row_of(outcome(Action::deactivate, Reason::compromised_key));
  EXPECT_NE(off.todo.find("Do not switch it on again"), std::string::npos) << off.todo;
}

TEST(Wording, EndsAHandoverWithTheDeletionOfTheOldKey) {
  rotation::KeyFacts kept = old_key(std::chrono::days(20));
  kept.id = *base::AccessKeyId::parse(k_new_key);
  rotation::UserReport replaced = user();
  const auto keys = [](std::vector<rotation::KeyFacts> some) { return rotation::Fact<std::vector<rotation::KeyFacts>>::known(std::move(some)); };
  replaced.facts.keys = keys({old_key(std::chrono::days(110)), kept});
  const rotation::Outcome gone = outcome(Action::remove, Reason::recovery_grace_period_end);
  EXPECT_EQ(describe(account(), replaced, gone, {}, Mode::enforce).todo,
            "Nothing: the handover to the key ending in Y222 is complete. The old key cannot be brought back.");
  kept.status = rotation::KeyStatus::inactive;
  replaced.facts.keys = keys({old_key(std::chrono::days(110)), kept});
  EXPECT_EQ(describe(account(), replaced, gone, {}, Mode::enforce).todo, "Nothing. The key cannot be brought back.");
}

TEST(Wording, SaysNothingHappenedInADryRun) {
  for (const Action action : {Action::rotate, Action::deactivate, Action::remove}) {
    const Row row = row_of(outcome(action, Reason::expired_active_key, OutcomeStatus::dry_run), Mode::dry_run);
    EXPECT_NE(row.what.find("would have been"), std::string::npos) << row.what;
    EXPECT_EQ(row.what.find(" was "), std::string::npos) << row.what;
    EXPECT_TRUE(row.todo.starts_with("Nothing today.")) << row.todo;
  }
  EXPECT_EQ(row_of(warning(Reason::key_pending_rotation, 7), Mode::dry_run).what,
            "The access key ending in Y111 would be replaced by a new one on 2026-11-28 (in 7 days).");
}

TEST(Wording, WarnsWithTheDateAndTheDaysLeft) {
  EXPECT_EQ(row_of(warning(Reason::key_pending_rotation, 14)).what,
            "The access key ending in Y111 will be replaced by a new one on 2026-12-05 (in 14 days).");
  EXPECT_EQ(row_of(warning(Reason::key_pending_deactivation, 1)).what,
            "The access key ending in Y111 will be switched off on 2026-11-22 (tomorrow).");
  EXPECT_EQ(row_of(warning(Reason::key_pending_deletion, 3)).what,
            "The access key ending in Y111, which is switched off, will be deleted on 2026-11-24 (in 3 days).");
  EXPECT_EQ(row_of(warning(Reason::key_pending_deletion, 3)).urgency, Urgency::soon);
  EXPECT_EQ(row_of(warning(Reason::key_pending_deletion, 7)).urgency, Urgency::later);
}

TEST(Wording, PrefersTheDecisionsOwnReasonToTheRule) {
  rotation::Outcome unused = warning(Reason::key_pending_deactivation, 10);
  EXPECT_EQ(row_of(unused).why, "A newer key replaced it, and both stay usable for 10 days.");
  unused.decision.detail = "the key was never used";
  EXPECT_EQ(row_of(unused).why, "The key was never used.");
}

TEST(Wording, OffersANewKeyOnlyWhereThereIsOne) {
  EXPECT_NE(row_of(outcome(Action::deactivate, Reason::install_grace_period_end)).todo.find("give it the new one"),
            std::string::npos);
  EXPECT_NE(row_of(outcome(Action::deactivate, Reason::unused_expired_key)).todo.find("give it another one"),
            std::string::npos);
}

TEST(Wording, ShowsNoSecretThatWasNotStored) {
  rotation::Outcome lost = rotated();
  lost.status = OutcomeStatus::recovery_needed;
  EXPECT_EQ(row_of(lost).fetch_command, "");
}

TEST(Wording, TellsWhenASwitchedOffKeyIsDeleted) {
  const Row row = row_of(outcome(Action::deactivate, Reason::install_grace_period_end));
  EXPECT_EQ(row.what, "The access key ending in Y111 was switched off.");
  EXPECT_EQ(row.due, "2026-12-01");
}

TEST(Wording, ShowsOfAnErrorOnlyKindCodeAndCall) {
  rotation::Outcome failed = outcome(Action::rotate, Reason::expired_active_key, OutcomeStatus::failed);
  failed.error =
      base::Error{base::ErrorKind::denied, "iam:CreateAccessKey arn:aws:iam::111122223333:role/r", "AccessDenied",
                  "req-1", "User arn:aws:sts::111122223333:assumed-role/r/s is not authorized"};
  const Row row = row_of(failed);
  EXPECT_EQ(row.why, "denied: AccessDenied (iam:CreateAccessKey)");
  EXPECT_EQ(row.what, "The access key ending in Y111 could not be replaced by a new one. Nothing was changed.");
}

TEST(Wording, DoesNotSayThatNothingWasChangedWhenItMayHaveBeen) {
  rotation::Outcome unrecorded = outcome(Action::deactivate, Reason::install_grace_period_end, OutcomeStatus::failed);
  unrecorded.error = base::Error{base::ErrorKind::denied, "iam:TagUser", "AccessDenied", "", ""};
  unrecorded.in_doubt = true;
  const Row row = row_of(unrecorded);
  EXPECT_EQ(row.what, "The access key ending in Y111 may be switched off already: that could not be made certain.");
  EXPECT_EQ(row.urgency, Urgency::failure);
}

TEST(Wording, NamesTheLooseKeyWhenRecoveryIsNeeded) {
  rotation::Outcome lost = outcome(Action::rotate, Reason::expired_active_key, OutcomeStatus::recovery_needed);
  lost.new_key = base::AccessKeyId::parse(k_new_key);
  const Row row = row_of(lost);
  EXPECT_EQ(row.urgency, Urgency::recovery);
  EXPECT_NE(row.what.find("ending in Y222"), std::string::npos);
  EXPECT_TRUE(row.todo.starts_with("Delete this new key by hand."));
}

TEST(Wording, NeverShowsAWholeKeyId) {
  for (const Action action : {Action::rotate, Action::deactivate, Action::remove, Action::warn, Action::hold}) {
    for (const OutcomeStatus status : {OutcomeStatus::done, OutcomeStatus::dry_run, OutcomeStatus::failed,
                                       OutcomeStatus::held_back, OutcomeStatus::recovery_needed}) {
      for (int reason = 0; reason <= static_cast<int>(rotation::k_last_reason); ++reason) {
        rotation::Outcome any = outcome(action, static_cast<Reason>(reason), status);
        any.new_key = base::AccessKeyId::parse(k_new_key);
        const Row row = row_of(any);
        const std::string all = row.what + row.why + row.todo + row.key + row.new_key;
        EXPECT_EQ(all.find("AKIA"), std::string::npos) << all;
        EXPECT_FALSE(row.what.empty() || row.todo.empty());
      }
    }
  }
}

TEST(Wording, ReducesHostileNamesToOneLine) {
  const rotation::Outcome any = warning(Reason::key_pending_rotation, 3);
  rotation::Outcome held = outcome(Action::hold, Reason::rolled_back);
  held.decision.detail = "line\r\nbreak";
  EXPECT_EQ(describe(account("111122223333", "prod\r\nBcc: x"), user_with({any}), any, {}, Mode::enforce).account_name,
            "prod Bcc: x");
  EXPECT_EQ(row_of(held).why, "Line break.");
}

TEST(Wording, TellsUnusedFromUnknown) {
  rotation::UserReport report = user();
  rotation::KeyFacts key = old_key(std::chrono::days(83));
  const rotation::Outcome any = warning(Reason::key_pending_rotation, 3);
  report.facts.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::known({key});
  EXPECT_EQ(describe(account(), report, any, {}, Mode::enforce).last_used, "");
  key.last_use = rotation::Fact<rotation::KeyUse>::absent();
  report.facts.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::known({key});
  EXPECT_EQ(describe(account(), report, any, {}, Mode::enforce).last_used, "never");
  key.last_use = rotation::Fact<rotation::KeyUse>::known({today(), "N/A", "N/A"});
  report.facts.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::known({key});
  EXPECT_EQ(describe(account(), report, any, {}, Mode::enforce).last_used, "2026-11-21 02:30 UTC");
}

}  // namespace
}  // namespace keyward::notify
