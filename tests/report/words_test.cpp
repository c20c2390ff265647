#include "report/words.hpp"

#include <gtest/gtest.h>

#include "report/samples.hpp"
#include "rotation/ledger.hpp"
#include "support/every_reason.hpp"

namespace keyward::report {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr const char* k_nothing = "nothing; the next daily run goes on from here";

TEST(Words, EveryReasonHasAPhrase) {
  ASSERT_GE(test::every_reason().size(), 23u);
  for (const rotation::Reason reason : test::every_reason()) {
    const std::string name(to_string(reason));
    EXPECT_NE(phrase(name), name);
    EXPECT_FALSE(has(phrase(name), "_")) << phrase(name);
  }
  EXPECT_EQ(phrase("reason_of_a_later_version"), "reason_of_a_later_version");
}

TEST(Words, EveryHoldSaysWhatToDo) {
  Event event;
  event.event = "decision";
  event.action = "hold";
  for (const rotation::Reason reason : test::reasons_to_hold()) {
    event.reason = to_string(reason);
    EXPECT_NE(advice(event), "") << event.reason;
  }
  event.action = "none";
  event.reason = "exemption_unreadable";
  EXPECT_NE(advice(event), "");
}

TEST(Words, ARecordThatCannotBeReadIsNoLackOfPermission) {
  Event event;
  event.event = "decision";
  event.action = "hold";
  event.reason = "fact_unknown";
  for (const char* value : {"v9 x", "v1 nonsense"}) {
    event.detail = rotation::parse_ledger(value).error().message;
    EXPECT_EQ(advice(event), "Look at that tag of the user: restore its value, or remove the tag.");
  }
  event.detail = "the access keys could not be read: iam:ListAccessKeys: AccessDenied";
  EXPECT_TRUE(has(advice(event), "permission"));
}

TEST(Words, WhatASkippedStepFoundChangedNeedNotBeTheKey) {
  Event event;
  event.event = "action";
  event.action = "rotate";
  event.outcome = "stale";
  EXPECT_EQ(matter(event), "rotate: skipped, facts had changed");
}

TEST(Words, ASecurityHubThatWasNotToldIsNoOwner) {
  Event event;
  event.event = "notice";
  event.outcome = "rejected";
  event.action = "ses";
  EXPECT_TRUE(has(advice(event), "The owner does not know."));
  event.action = "security_hub";
  EXPECT_TRUE(has(advice(event), "report.security_hub"));
}

TEST(Words, AFailedActionThatWasAskedForIsNotSaidToBeTriedAgain) {
  Event event;
  event.event = "action";
  event.outcome = "failed";
  event.action = "rotate";
  event.reason = "expired_active_key";
  EXPECT_TRUE(has(advice(event), "the next run tries again"));
  for (const char* reason : {"forced_rotation", "compromised_key"}) {
    event.reason = reason;
    EXPECT_TRUE(has(advice(event), "Give the command again once")) << reason;
  }
  event.action = "deactivate";
  EXPECT_TRUE(has(advice(event), "The key still works."));
}

TEST(Words, EveryActionHasAResultInEveryOutcome) {
  for (const char* action : {"rotate", "deactivate", "delete", "warn", "note"}) {
    for (const char* outcome : {"done", "dry_run", "stale", "held_back", "failed", "recovery_needed"}) {
      Event event;
      event.event = "action";
      event.action = action;
      event.outcome = outcome;
      EXPECT_FALSE(has(matter(event), "_")) << matter(event);
      EXPECT_NE(matter(event), std::string(action) + ": " + outcome);
    }
  }
}

TEST(LastUsed, TellsWhatCouldNotBeReadFromWhatNobodyAsked) {
  Event event;
  event.time = samples::now();
  const auto with = [&event](const char* text) {
    event.last_used = text;
    return report::last_used(event);
  };
  EXPECT_EQ(with(""), "-");
  EXPECT_EQ(with("unknown"), "?");
  EXPECT_EQ(with("never"), "never");
  EXPECT_EQ(with("2026-11-21T02:00:00Z"), "today");
  EXPECT_EQ(with("2026-11-19T02:00:00Z"), "2 d");
  event.reason = "expired_active_key";
  event.age_days = 94;
  for (const char* unknown : {"", "unknown"}) {
    event.last_used = unknown;
    EXPECT_EQ(why(event), "94 d old");
  }
}

TEST(Why, ARotationThatWasAskedForSaysWhatFor) {
  Event event;
  event.time = samples::now();
  event.reason = "forced_rotation";
  event.detail = "laptop lost";
  EXPECT_EQ(why(event), "a person asked for it: laptop lost");
  event.reason = "compromised_key";
  EXPECT_EQ(why(event), "reported as compromised: laptop lost");
}

TEST(Why, AKeyOutOfPolicyIsNeverSaidToBeInPolicy) {
  Event event;
  event.time = samples::now();
  event.reason = "key_compliant";
  event.verdict = "ok";
  EXPECT_EQ(why(event), "in policy");
  event.verdict = "out_of_policy";
  event.last_used = "2026-11-18T02:30:00Z";
  EXPECT_EQ(why(event), "waits for its date, used 3 d ago");
}

TEST(HostClock, SaysWhichIsAheadInTheLargestUnits) {
  EXPECT_EQ(host_clock(7500), "2 h 5 min behind AWS");
  EXPECT_EQ(host_clock(-7500), "2 h 5 min ahead of AWS");
  EXPECT_EQ(host_clock(8610863), "99 d 15 h behind AWS");
  EXPECT_EQ(host_clock(-86400), "1 d ahead of AWS");
  EXPECT_EQ(host_clock(61), "1 min 1 s behind AWS");
  EXPECT_EQ(host_clock(0), "as AWS's");
}

TEST(NextCommand, IsNothingOnlyWhenAllIsWell) {
  const RunSummary well = samples::summary_of(0, 2);
  EXPECT_EQ(next_command(well), k_nothing);
  const auto next = [&well](auto&& change) {
    RunSummary summary = well;
    change(summary);
    return next_command(summary);
  };
  EXPECT_TRUE(has(next([](RunSummary& s) { s.recovery_needed = 1; }), "RECOVERY NEEDED"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.stopped_by = "limits"; }), "safety stop"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.uncovered.push_back({"1", "", "why"}); }), "NOT COVERED"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.held_back = 3; }), "NOT DONE"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.outcomes["deactivate"]["failed"] = 1; }), "FAILED"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.users_unreadable = 1; }), "could not be read"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.notices_failed = 1; }), "mail"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.needs_human = 1; }), "NEEDS A PERSON"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.interrupted = true; }), "not begun"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.exit_code = 4; }), "standard error"));
  EXPECT_TRUE(has(next([](RunSummary& s) { s.accounts_participating = 0; }), "none takes part"));
  for (const std::string& text : {next([](RunSummary& s) { s.held_back = 3; }), next([](RunSummary& s) { s.exit_code = 4; })})
    EXPECT_FALSE(has(text, "nothing;")) << text;
}

TEST(NextCommand, NamesTheMostPressingAndTheCommandThatWasTyped) {
  RunSummary summary = samples::summary_of(0, 2);
  summary.outcomes["rotate"]["failed"] = 1;
  summary.notices_failed = 1;
  summary.needs_human = 1;
  EXPECT_EQ(next_command(summary), "keyward run    again, once the causes under FAILED are mended");
  summary.held_back = 1;
  EXPECT_EQ(next_command(summary), "keyward run    again, once it is understood what held back the changes under NOT DONE");
  summary.command = "rotate";
  summary.recovery_needed = 1;
  EXPECT_TRUE(next_command(summary).starts_with("keyward recover"));
}

TEST(NextCommand, AfterADryRunItIsTheNextAccount) {
  EXPECT_TRUE(has(next_command(samples::summary_of(2, 0)), "dry_run: false for the first account"));
  EXPECT_TRUE(has(next_command(samples::summary_of(1, 1)), "dry_run: false for the next account"));
  RunSummary failed = samples::summary_of(2, 0);
  failed.notices_failed = 1;
  EXPECT_TRUE(has(next_command(failed), "mail"));
}

TEST(NextCommand, APlanThatWasAppliedIsSpent) {
  RunSummary applied = samples::summary_of(0, 2);
  applied.command = "apply";
  applied.plan = "20261121T020000Z-0001";
  applied.exit_code = 0;
  EXPECT_TRUE(next_command(applied).starts_with("nothing"));
  applied.due_since_plan = 1;
  EXPECT_TRUE(next_command(applied).starts_with("keyward plan    again"));
  applied.due_since_plan = 0;
  applied.outcomes["rotate"]["stale"] = 1;
  EXPECT_TRUE(next_command(applied).starts_with("keyward plan    again"));
  applied.held_back = 1;
  EXPECT_TRUE(next_command(applied).starts_with("keyward plan    again, once it is understood"));
}

}  // namespace
}  // namespace keyward::report
