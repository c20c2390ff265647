#include "orchestrator/run_record.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "report/event_log.hpp"
#include "support/temporary_directory.hpp"

namespace keyward::orchestrator {
namespace {

const base::Instant k_now = *base::parse_iso8601("2026-11-21T02:30:00Z");

/// An account with a user whose key is due.
AccountReport worked(const char* id, Mode mode) {
  const accounts::Account account{*base::AccountId::parse(id), "name", "owner@example.org", accounts::AccountState::active, false, {}, {}};
  rotation::KeyFacts key{*base::AccessKeyId::parse("AKIAAAAAAAAAAAAAAAAA"), rotation::KeyStatus::active, k_now - std::chrono::days(94), {}};
  rotation::UserFacts facts{*base::UserName::parse("svc"), *base::Arn::parse(std::string("arn:aws:iam::") + id + ":user/svc"),
                            rotation::Fact<std::vector<rotation::KeyFacts>>::known({key}),
                            rotation::Fact<rotation::ExemptionFact>::absent(),
                            rotation::Fact<std::map<std::string, std::string>>::absent(),
                            rotation::Fact<rotation::Ledger>::absent(), std::nullopt};
  rotation::UserReport user{std::move(facts), {}};
  for (rotation::Decision& decision : rotation::decide(user.facts, rotation::Policy{}, k_now)) {
    rotation::Outcome outcome;
    outcome.status = writes(mode) ? rotation::OutcomeStatus::done : rotation::OutcomeStatus::dry_run;
    outcome.at = k_now;
    outcome.decision = std::move(decision);
    user.outcomes.push_back(std::move(outcome));
  }
  return {account, AccountSettings{}, mode, k_now, {std::move(user)}, {}, std::nullopt, false};
}

struct Recorded {
  report::RunSummary summary;
  std::vector<report::Event> events;
};

/// The record of a run that found the accounts in these modes.
Recorded recorded(const std::vector<Mode>& modes, bool configured_dry_run) {
  const test::TemporaryDirectory folder;
  report::RunSummary summary;
  summary.run = "20261121T023000Z-0001";
  summary.dry_run = configured_dry_run;
  auto record = RunRecord::open(folder.path(), summary);
  if (!record) throw std::runtime_error(base::describe(record.error()));
  constexpr std::array k_ids{"111111111111", "222222222222", "333333333333"};
  for (std::size_t i = 0; i < modes.size(); ++i) record->account_done(worked(k_ids.at(i), modes[i]), k_now);
  EXPECT_TRUE(record->finish());
  Recorded found{report::read_summary(record->folder() / "run.json").value(), {}};
  const auto read = report::read_events(record->folder() / "events.jsonl",
                                        [&](const report::Event& event) { found.events.push_back(event); });
  EXPECT_TRUE(read);
  return found;
}

TEST(RunRecord, KnowsTheAgeOfTheOldestActiveKeyOfThoseWhoAreNotExempt) {
  report::RunSummary summary;
  AccountReport report = worked("111111111111", Mode::enforce);
  const auto count_again = [&] {
    summary = {};
    count(summary, report, k_now + std::chrono::hours(23));
    return summary.oldest_active_key_days;
  };
  EXPECT_EQ(count_again(), 94) << "days that are over";
  rotation::UserFacts& facts = report.users[0].facts;
  rotation::KeyFacts inactive = facts.keys.value()[0];
  inactive.status = rotation::KeyStatus::inactive;
  inactive.created -= std::chrono::days(300);
  facts.keys = rotation::Fact<std::vector<rotation::KeyFacts>>::known({facts.keys.value()[0], inactive});
  EXPECT_EQ(count_again(), 94) << "an inactive key opens nothing";
  facts.exemption = rotation::Fact<rotation::ExemptionFact>::unknown("denied");
  EXPECT_EQ(count_again(), 94) << "unknown is not exempt";
  facts.exemption = rotation::Fact<rotation::ExemptionFact>::known({"member of a group"});
  EXPECT_EQ(count_again(), 0);
}

TEST(RunRecord, IsDryWhenNoAccountCouldBeChanged) {
  for (const bool configured : {true, false}) {
    const Recorded record = recorded({Mode::dry_run, Mode::dry_run}, configured);
    EXPECT_TRUE(record.summary.dry_run);
    EXPECT_EQ(report::extent_of(record.summary), report::Extent::dry_run);
    EXPECT_EQ(record.summary.accounts_dry_run, 2);
    EXPECT_EQ(record.summary.accounts_enforced, 0);
    for (const report::Event& event : record.events) EXPECT_TRUE(event.dry_run);
  }
}

TEST(RunRecord, IsNotDryWhenEveryAccountCouldBeChanged) {
  for (const bool configured : {true, false}) {
    const Recorded record = recorded({Mode::enforce, Mode::enforce}, configured);
    EXPECT_FALSE(record.summary.dry_run);
    EXPECT_EQ(report::extent_of(record.summary), report::Extent::enforced);
    EXPECT_EQ(record.summary.accounts_enforced, 2);
    for (const report::Event& event : record.events) EXPECT_FALSE(event.dry_run);
  }
}

TEST(RunRecord, IsNeitherWhenTheAccountsDiffer) {
  for (const bool configured : {true, false}) {
    const Recorded record = recorded({Mode::dry_run, Mode::enforce, Mode::dry_run}, configured);
    EXPECT_FALSE(record.summary.dry_run);
    EXPECT_EQ(report::extent_of(record.summary), report::Extent::mixed);
    EXPECT_EQ(record.summary.accounts_dry_run, 2);
    EXPECT_EQ(record.summary.accounts_enforced, 1);
    EXPECT_EQ(record.summary.outcomes.at("rotate"), (std::map<std::string, int>{{"done", 1}, {"dry_run", 2}}));
    for (const report::Event& event : record.events) EXPECT_EQ(event.dry_run, event.account != "222222222222") << event.event;
  }
}

TEST(RunRecord, WithoutAnAccountItIsAsConfigured) {
  EXPECT_TRUE(recorded({}, true).summary.dry_run);
  EXPECT_FALSE(recorded({}, false).summary.dry_run);
}

TEST(RunRecord, NamesTheReportOnlyWhenItWasWritten) {
  const test::TemporaryDirectory folder;
  report::RunSummary summary;
  for (const char* in_the_way : {"", "run.json", "report.html"}) {
    summary.run = std::string("20261121T023000Z-") + in_the_way;
    RunRecord record = RunRecord::open(folder.path(), summary).value();
    EXPECT_EQ(record.files().report, "");
    if (*in_the_way != 0) std::filesystem::create_directories(record.folder() / in_the_way / "occupied");
    EXPECT_EQ(record.finish().has_value(), *in_the_way == 0);
    EXPECT_EQ(record.files().report, *in_the_way == 0 ? (record.folder() / "report.html").string() : "") << in_the_way;
    EXPECT_EQ(record.files().events, (record.folder() / "events.jsonl").string());
  }
}

TEST(RunRecord, ListingInterruptedRotationsChangesNothing) {
  EXPECT_TRUE(recorded({Mode::list_interrupted}, false).summary.dry_run);
  EXPECT_FALSE(recorded({Mode::recover}, true).summary.dry_run);
}

}  // namespace
}  // namespace keyward::orchestrator
