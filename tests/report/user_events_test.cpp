#include "report/user_events.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "report/event_log.hpp"
#include "report/samples.hpp"

namespace keyward::report {
namespace {

using rotation::Action;
using rotation::KeyStatus;
using rotation::Outcome;
using rotation::OutcomeStatus;
using rotation::Policy;
using rotation::UserReport;

constexpr const char* k_old = "AKIAEXAMPLEEXAMPLE7Q";
constexpr const char* k_new = "AKIAEXAMPLEEXAMPLE8R";

std::vector<Event> events_of(const UserReport& report) {
  return user_events(samples::account(), report, Policy{}, samples::now());
}

TEST(UserEvents, QuietKeyIsOneDecisionWithItsFactsAndNextDate) {
  const auto events = events_of(samples::decided(samples::user("svc", {samples::key(k_old, 50)})));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(
      format_event(events[0], ""),
      R"({"time":"2026-11-21T02:30:00Z","event":"decision","account":"111122223333","account_name":"prod-payments","user":"svc",)"
      R"("access_key_id":"AKIAEXAMPLEEXAMPLE7Q","key_status":"active","verdict":"ok","age_days":50,"last_used":"2026-11-19T02:30:00Z",)"
      R"("last_used_service":"s3","last_used_region":"eu-central-1","action":"none","reason":"key_compliant","due":"2026-12-31T02:30:00Z",)"
      R"("next":"rotate","next_at":"2026-12-31T02:30:00Z"})");
}

TEST(UserEvents, RotationIsADecisionAndAnActionWithWhatComesAfter) {
  UserReport report = samples::decided(samples::user("svc", {samples::key(k_old, 90)}));
  report.outcomes[0].new_key = base::AccessKeyId::parse(k_new);
  report.outcomes[0].request_id = "4b8e";
  const auto events = events_of(report);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event, "decision");
  EXPECT_EQ(events[0].verdict, "out_of_policy");
  EXPECT_EQ(events[0].age_days, 90);
  EXPECT_EQ(events[1].event, "action");
  EXPECT_EQ(events[1].verdict, "");
  EXPECT_EQ(events[1].outcome, "done");
  EXPECT_EQ(events[1].new_access_key_id, k_new);
  EXPECT_EQ(events[1].request_id, "4b8e");
  EXPECT_EQ(events[1].next, "deactivate");
  EXPECT_EQ(events[1].next_at, samples::now() + std::chrono::days(10));
}

TEST(UserEvents, DryRunActionAnnouncesNothingAfterIt) {
  const auto events =
      events_of(samples::decided(samples::user("svc", {samples::key(k_old, 90)}), OutcomeStatus::dry_run));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].outcome, "dry_run");
  EXPECT_EQ(events[1].next, "");
}

TEST(UserEvents, FailureCarriesTheErrorAndItsRequestId) {
  UserReport report = samples::decided(samples::user("svc", {samples::key(k_old, 90)}), OutcomeStatus::failed);
  report.outcomes[0].error = base::Error{base::ErrorKind::denied, "iam:CreateAccessKey", "AccessDenied", "9d1c", "no"};
  const auto events = events_of(report);
  EXPECT_EQ(events[1].error, "iam:CreateAccessKey: AccessDenied: no (request 9d1c)");
  EXPECT_EQ(events[1].request_id, "9d1c");
  EXPECT_EQ(events[1].next, "");
}

TEST(UserEvents, WarningIsNoActionButItsFailedNoteIs) {
  UserReport report = samples::decided(samples::user("svc", {samples::key(k_old, 87)}));
  ASSERT_EQ(report.outcomes[0].decision.action, Action::warn);
  auto events = events_of(report);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].next, "rotate");
  report.outcomes[0].status = OutcomeStatus::failed;
  report.outcomes[0].error = base::Error{base::ErrorKind::denied, "iam:TagUser", "AccessDenied", "", "no"};
  events = events_of(report);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event, "decision");
  EXPECT_EQ(events[0].outcome, "failed");
  EXPECT_EQ(events[1].event, "action");
  EXPECT_EQ(events[1].outcome, "failed");
}

TEST(UserEvents, EveryKeyIsDescribedOnceAlsoWithoutADecision) {
  rotation::UserFacts facts = samples::user("svc", {samples::key(k_old, 95), samples::key(k_new, 5)});
  rotation::Ledger ledger;
  ledger.rotation = rotation::Rotation{base::AccessKeyId::parse(k_new).value(), base::AccessKeyId::parse(k_old).value(),
                                       samples::now() - std::chrono::days(5)};
  facts.ledger = rotation::Fact<rotation::Ledger>::known(ledger);
  const auto events = events_of(samples::decided(facts));
  const auto described = [&events](const char* id) {
    return std::ranges::count_if(events, [id](const Event& e) { return e.access_key_id == id && !e.verdict.empty(); });
  };
  EXPECT_EQ(described(k_old), 1);
  EXPECT_EQ(described(k_new), 1);
  EXPECT_EQ(events.front().next, "deactivate");
  EXPECT_EQ(events.back().event, "key");
  EXPECT_EQ(events.back().access_key_id, k_new);
}

TEST(UserEvents, InactiveKeyIsDeletedNext) {
  const auto events = events_of(samples::decided(samples::user("svc", {samples::key(k_old, 100, KeyStatus::inactive)})));
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].verdict, "inactive");
  EXPECT_EQ(events[0].next, "delete");
  EXPECT_EQ(events[0].reason, "first_seen_inactive");
  EXPECT_EQ(events.size(), 2u);  // the note on the user is a change too
  const auto young = events_of(samples::decided(samples::user("svc", {samples::key(k_old, 50, KeyStatus::inactive)})));
  ASSERT_EQ(young.size(), 1u);
  EXPECT_EQ(young[0].verdict, "inactive");
  EXPECT_EQ(young[0].next, "delete");
}

TEST(UserEvents, ExemptAndUnknownAreToldApart) {
  rotation::UserFacts exempt = samples::user("fax", {samples::key(k_old, 400)});
  exempt.exemption = rotation::Fact<rotation::ExemptionFact>::known({"vendor appliance"});
  auto events = events_of(samples::decided(exempt));
  EXPECT_EQ(events.back().verdict, "exempt");
  EXPECT_EQ(events.front().detail, "vendor appliance");

  rotation::UserFacts unreadable = samples::user("fax", {samples::key(k_old, 400)});
  unreadable.exemption = rotation::Fact<rotation::ExemptionFact>::unknown("AccessDenied");
  events = events_of(samples::decided(unreadable));
  EXPECT_EQ(events.back().verdict, "unknown");

  rotation::UserFacts keys_unknown = samples::user("fax", {});
  keys_unknown.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::unknown("AccessDenied");
  events = events_of(samples::decided(keys_unknown));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].verdict, "unknown");
  EXPECT_EQ(events[0].access_key_id, "");
}

TEST(UserEvents, NeverUsedIsNotTheSameAsUnknownUse) {
  rotation::KeyFacts key = samples::key(k_old, 50);
  key.last_use = rotation::Fact<rotation::KeyUse>::absent();
  EXPECT_EQ(events_of(samples::decided(samples::user("svc", {key})))[0].last_used, "never");
  key.last_use = rotation::Fact<rotation::KeyUse>::unknown("AccessDenied");
  EXPECT_EQ(events_of(samples::decided(samples::user("svc", {key})))[0].last_used, "unknown");
  key.last_use = {};  // nobody asked
  EXPECT_EQ(events_of(samples::decided(samples::user("svc", {key})))[0].last_used, "");
}

}  // namespace
}  // namespace keyward::report
