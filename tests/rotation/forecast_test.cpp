#include "rotation/forecast.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "life_histories.hpp"
#include "property.hpp"

namespace keyward::rotation {
namespace {

using base::Instant;
using std::chrono::days;

const Instant k_today = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + std::chrono::hours(2);

KeyFacts key(int number, int age, std::optional<int> used_days_ago) {
  const auto id = base::AccessKeyId::parse("AKIAEXAMPLE0000000" + std::to_string(number));
  const auto use = used_days_ago ? Fact<KeyUse>::known({k_today - days(*used_days_ago) - std::chrono::hours(3), "s3", "us-east-1"})
                                 : Fact<KeyUse>::absent();
  return {*id, KeyStatus::active, k_today - days(age), use};
}

UserFacts user(std::vector<KeyFacts> keys) {
  UserFacts facts{*base::UserName::parse("svc"), *base::Arn::parse("arn:aws:iam::111122223333:user/svc"), {}, {}, {}, {}, {}};
  facts.keys = Fact<std::vector<KeyFacts>>::known(std::move(keys));
  facts.exemption = Fact<ExemptionFact>::absent();
  facts.ledger = Fact<Ledger>::absent();
  return facts;
}

/// "rotate", and so on, by day.
std::multimap<int, std::string> days_of(const std::vector<ForecastEvent>& events) {
  std::multimap<int, std::string> found;
  for (const ForecastEvent& event : events) found.emplace(event.day, std::string(to_string(event.step.decision.action)));
  return found;
}

ForecastSettings with(Adoption adoption) { return {Policy{}, adoption, false, std::nullopt}; }

using ByDay = std::multimap<int, std::string>;

TEST(Forecast, AWholeLifeIsThatOfThePolicyPage) {
  const ByDay life{{76, "warn"}, {83, "warn"}, {87, "warn"}, {89, "warn"},  {90, "rotate"}, {93, "warn"}, {97, "warn"},
                   {99, "warn"}, {100, "deactivate"}, {103, "warn"}, {107, "warn"}, {109, "warn"}, {110, "delete"}};
  for (const Adoption adoption : {Adoption::prompt, Adoption::late, Adoption::never}) {
    EXPECT_EQ(days_of(forecast(user({key(1, 0, 1)}), with(adoption), k_today, 111)), life);
  }
}

TEST(Forecast, AReplacementThatNobodyUsesIsRetired) {
  const auto never = days_of(forecast(user({key(1, 90, 0)}), with(Adoption::never), k_today, 120));
  EXPECT_TRUE(never.contains(0));
  EXPECT_EQ(std::ranges::count(never, std::string("rotate"), &ByDay::value_type::second), 1);
  EXPECT_EQ(std::ranges::count(never, std::string("deactivate"), &ByDay::value_type::second), 2);
  const auto prompt = days_of(forecast(user({key(1, 90, 0)}), with(Adoption::prompt), k_today, 120));
  EXPECT_EQ(std::ranges::count(prompt, std::string("rotate"), &ByDay::value_type::second), 2);
}

TEST(Forecast, WhoGoesOverLateIsHeldWhileInUse) {
  ForecastSettings settings = with(Adoption::late);
  settings.policy.hold_while_in_use = days(5);
  const auto late = days_of(forecast(user({key(1, 90, 0)}), settings, k_today, 30));
  EXPECT_EQ(late.find(10)->second, "wait");
  EXPECT_EQ(late.find(15)->second, "deactivate");
  settings.adoption = Adoption::prompt;
  EXPECT_EQ(days_of(forecast(user({key(1, 90, 0)}), settings, k_today, 30)).find(10)->second, "deactivate");
}

TEST(Forecast, AnExemptUserTakesPartAgainOnTheDayAfterItsUntil) {
  UserFacts facts = user({key(1, 200, 0)});
  facts.exemption = Fact<ExemptionFact>::known({"exempt by configuration"});
  EXPECT_TRUE(forecast(facts, with(Adoption::prompt), k_today, 365).empty());
  ForecastSettings settings = with(Adoption::prompt);
  settings.exempt_until = k_today + days(20) - std::chrono::hours(2);
  EXPECT_EQ(forecast(facts, settings, k_today, 365).front().day, 20);
}

TEST(Forecast, WhatALimitHoldsBackComesTheNextDay) {
  UserForecast one(user({key(1, 90, 0)}), k_today);
  const auto refused = one.run(0, with(Adoption::prompt), [] { return false; });
  EXPECT_TRUE(refused.front().held_back);
  EXPECT_EQ(one.next_day(), 1);
  EXPECT_EQ(one.run(1, with(Adoption::prompt), [] { return true; }).front().new_key.has_value(), true);
}

TEST(Forecast, AnActionThatNobodyWasWarnedOfWaitsForOneRun) {
  ForecastSettings settings = with(Adoption::prompt);
  settings.policy.warn_days = {};
  settings.require_warning = true;
  const ByDay expected{{0, "rotate"}, {10, "wait"}, {11, "deactivate"}, {21, "wait"}, {22, "delete"}};
  EXPECT_EQ(days_of(forecast(user({key(1, 90, 0)}), settings, k_today, 30)), expected);
}

TEST(Forecast, LooksAtAFewDaysOfAYearOnly) {
  UserForecast one(user({key(1, 0, 1)}), k_today);
  int looks = 0;
  for (std::optional<int> day = 0; day && *day < 365; day = one.next_day()) {
    one.run(*day, with(Adoption::prompt), [] { return true; });
    ++looks;
  }
  // A life of 110 days has 13 days with something to say; the day after each change is looked at, too.
  EXPECT_LT(looks, 365 / 5);
}

// What a run says and does, for comparison.
std::string in_short(const ForecastStep& step) {
  const Decision& decision = step.decision;
  return std::string(to_string(decision.action)) + " " + std::string(to_string(decision.reason)) + " " + (decision.key ? decision.key->str() : "") +
         (step.stands ? " stands" : "") + (step.held_back ? " held back" : "");
}

std::vector<std::string> walked(const UserFacts& facts, const ForecastSettings& settings, Instant now, bool jumping) {
  UserForecast user(facts, now);
  std::vector<std::string> said;
  std::optional<int> day = 0;
  while (day && *day <= 400) {
    for (const ForecastStep& step : user.run(*day, settings, [] { return true; })) {
      if (step.decision.action != Action::none && !step.stands) said.push_back(std::to_string(*day) + " " + in_short(step));
    }
    day = jumping ? user.next_day() : std::optional(*day + 1);
  }
  return said;
}

TEST(ForecastProperties, LeavingOutDaysChangesNothing) {
  expect_property("the walk over the days that matter equals the walk over all", [] {
    const life::History history = *life::histories(life::k_anything);
    const life::Life life = life::simulate(history);
    RC_PRE(!life.runs.empty());
    const auto& run = life.runs[*rc::gen::inRange<std::size_t>(0, life.runs.size())];
    const ForecastSettings settings{run.policy, *rc::gen::element(Adoption::prompt, Adoption::late, Adoption::never), *rc::gen::arbitrary<bool>(),
                                    run.at + days(*rc::gen::inRange(1, 100))};
    RC_ASSERT(walked(run.facts, settings, run.at, true) == walked(run.facts, settings, run.at, false));
  });
}

}  // namespace
}  // namespace keyward::rotation
