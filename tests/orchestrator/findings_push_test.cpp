#include "orchestrator/findings_push.hpp"

#include <gtest/gtest.h>

namespace keyward::orchestrator {
namespace {

using rotation::Fact;

const base::Instant k_now = *base::parse_iso8601("2026-11-21T02:30:00Z");
const char* const k_key = "AKIAAAAAAAAAAAAAAAAA";
const report::AsffSubject k_told{"111122223333", "svc", k_key, k_now - std::chrono::days(4)};

rotation::UserFacts facts(std::vector<rotation::KeyFacts> keys) {
  return {*base::UserName::parse("svc"),
          *base::Arn::parse("arn:aws:iam::111122223333:user/svc"),
          Fact<std::vector<rotation::KeyFacts>>::known(std::move(keys)),
          Fact<rotation::ExemptionFact>::absent(),
          Fact<std::map<std::string, std::string>>::absent(),
          Fact<rotation::Ledger>::absent(),
          std::nullopt};
}

rotation::KeyFacts key(int age_days, rotation::KeyStatus status = rotation::KeyStatus::active) {
  return {*base::AccessKeyId::parse(k_key), status, k_now - std::chrono::days(age_days), {}};
}

AccountReport report_of(std::vector<rotation::UserReport> users) {
  const accounts::Account account{*base::AccountId::parse("111122223333"), "name", "owner@example.org", accounts::AccountState::active, false, {}, {}};
  return {account, AccountSettings{}, Mode::enforce, k_now, std::move(users), {}, std::nullopt, false};
}

rotation::Outcome outcome(rotation::Action action, rotation::OutcomeStatus status) {
  rotation::Decision decision;
  decision.action = action;
  decision.reason = rotation::Reason::install_grace_period_end;
  decision.key = base::AccessKeyId::parse(k_key);
  return rotation::make_outcome(decision, status, k_now);
}

/// {out of policy, resolved, kept}.
std::vector<std::size_t> counts(const AccountReport& report, const std::vector<report::AsffSubject>& told) {
  const FindingsToPush push = findings_of(report, told, k_now);
  return {push.failed.size(), push.resolved.size(), push.kept.size()};
}

using Counts = std::vector<std::size_t>;

TEST(FindingsPush, TellsOfAKeyOutOfPolicyEveryTime) {
  const AccountReport report = report_of({{facts({key(94)}), {}}});
  EXPECT_EQ(counts(report, {}), (Counts{1, 0, 0}));
  EXPECT_EQ(counts(report, {k_told}), (Counts{1, 0, 0}));
  const FindingsToPush push = findings_of(report, {}, k_now);
  EXPECT_EQ(push.failed[0].subject.id(), k_told.id());
  EXPECT_EQ(base::format_date(push.failed[0].subject.since), "2026-11-17");
}

TEST(FindingsPush, ResolvesWhatIsInPolicyOrGone) {
  EXPECT_EQ(counts(report_of({{facts({key(10)}), {}}}), {k_told}), (Counts{0, 1, 0}));
  EXPECT_EQ(counts(report_of({{facts({key(94, rotation::KeyStatus::inactive)}), {}}}), {k_told}), (Counts{0, 1, 0}));
  EXPECT_EQ(counts(report_of({{facts({}), {}}}), {k_told}), (Counts{0, 1, 0})) << "the key is deleted";
  EXPECT_EQ(counts(report_of({}), {k_told}), (Counts{0, 1, 0})) << "the user is deleted";
  EXPECT_EQ(counts(report_of({}), {}), (Counts{0, 0, 0}));
}

TEST(FindingsPush, ResolvesWhatThisRunSwitchedOff) {
  using rotation::Action;
  using rotation::OutcomeStatus;
  const auto after = [](Action action, OutcomeStatus status) { return report_of({{facts({key(101)}), {outcome(action, status)}}}); };
  EXPECT_EQ(counts(after(Action::deactivate, OutcomeStatus::done), {k_told}), (Counts{0, 1, 0}));
  EXPECT_EQ(counts(after(Action::deactivate, OutcomeStatus::done), {}), (Counts{0, 0, 0}));
  EXPECT_EQ(counts(after(Action::remove, OutcomeStatus::done), {k_told}), (Counts{0, 1, 0}));
  EXPECT_EQ(counts(after(Action::deactivate, OutcomeStatus::failed), {k_told}), (Counts{1, 0, 0}));
  EXPECT_EQ(counts(after(Action::rotate, OutcomeStatus::done), {k_told}), (Counts{1, 0, 0})) << "the old key still works";
}

TEST(FindingsPush, ResolvesNothingThatCouldNotBeRead) {
  rotation::UserFacts no_keys = facts({});
  no_keys.keys = Fact<std::vector<rotation::KeyFacts>>::unknown("denied");
  EXPECT_EQ(counts(report_of({{no_keys, {}}}), {k_told}), (Counts{0, 0, 1}));
  rotation::UserFacts exempt_perhaps = facts({key(94)});
  exempt_perhaps.exemption = Fact<rotation::ExemptionFact>::unknown("denied");
  EXPECT_EQ(counts(report_of({{exempt_perhaps, {}}}), {k_told}), (Counts{0, 0, 1}));
  AccountReport cut_short = report_of({});
  cut_short.cut_short = true;
  EXPECT_EQ(counts(cut_short, {k_told}), (Counts{0, 0, 1}));
}

}  // namespace
}  // namespace keyward::orchestrator
