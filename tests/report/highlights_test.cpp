#include "report/highlights.hpp"

#include <gtest/gtest.h>

#include "report/samples.hpp"
#include "report/user_events.hpp"

namespace keyward::report {
namespace {

using rotation::OutcomeStatus;

Highlights of(const rotation::UserReport& user, bool dry_run = false) {
  Highlights highlights;
  for (Event& event : user_events(samples::account(), user, rotation::Policy{}, samples::now())) {
    event.dry_run = dry_run;
    highlights.add(event);
  }
  return highlights;
}

std::size_t all(const Highlights& h) {
  return h.recovery.total() + h.unread.total() + h.needs_human.total() + h.failed.total() + h.not_done.total() + h.rotated.total() +
         h.deactivated.total() + h.deleted.total() + h.warned.total() + h.only_told();
}

rotation::UserReport warned(OutcomeStatus status) {
  return samples::decided(samples::user("etl", {samples::key("AKIAEXAMPLEEXAMPLE8R", 87)}), status);
}

TEST(Highlights, AWarningIsToldOnceWhateverBecameOfIt) {
  for (const OutcomeStatus status :
       {OutcomeStatus::done, OutcomeStatus::dry_run, OutcomeStatus::stale, OutcomeStatus::held_back, OutcomeStatus::failed}) {
    EXPECT_EQ(all(of(warned(status))), 1u) << to_string(status);
  }
  EXPECT_EQ(of(warned(OutcomeStatus::done)).warned.total(), 1u);
  EXPECT_EQ(of(warned(OutcomeStatus::failed)).failed.total(), 1u);
  EXPECT_EQ(of(warned(OutcomeStatus::stale)).not_done.total(), 1u);
}

TEST(Highlights, WhatADryRunTellsStandsApart) {
  EXPECT_EQ(of(warned(OutcomeStatus::dry_run), true).due_soon.total(), 1u);
  EXPECT_EQ(of(warned(OutcomeStatus::done), true).due_soon.total(), 1u);  // a warning without a record changes nothing
  const rotation::UserFacts overdue = samples::user("svc", {samples::key("AKIAEXAMPLEEXAMPLE8R", 94)});
  EXPECT_EQ(of(samples::decided(overdue, OutcomeStatus::dry_run), true).would_rotate.total(), 1u);
  EXPECT_EQ(of(samples::decided(overdue, OutcomeStatus::done)).rotated.total(), 1u);
  EXPECT_EQ(of(samples::decided(overdue, OutcomeStatus::done)).only_told(), 0u);
}

TEST(Highlights, WhatWasNotDeliveredHasFailed) {
  const auto failed = [](const char* outcome) {
    Event event;
    event.event = "notice";
    event.outcome = outcome;
    Highlights highlights;
    highlights.add(event);
    return highlights.failed.total();
  };
  EXPECT_EQ(failed("sent"), 0u);
  for (const char* outcome : {"rejected", "unavailable", "uncertain"}) EXPECT_EQ(failed(outcome), 1u) << outcome;
}

}  // namespace
}  // namespace keyward::report
