#include "sandbox/faults.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <stdexcept>

namespace keyward::sandbox {
namespace {

using std::chrono::milliseconds;

Fault pick(Faults& faults, const char* action = "iam:CreateAccessKey", const char* target = "alice") {
  return faults.pick(action, "222222222222", target, Moment());
}

TEST(Faults, RulesSkipStrikeAndEnd) {
  Faults faults(1);
  faults.configure(boost::json::parse(R"({"rules": [
    {"action": "iam:*", "target": "ali", "fault": "drop_after", "skip": 1, "times": 2},
    {"action": "sts:AssumeRole", "account": "333333333333", "fault": "denied", "times": -1}]})")
                       .as_object());
  EXPECT_EQ(pick(faults, "iam:CreateAccessKey", "bob"), Fault::none);
  EXPECT_EQ(pick(faults), Fault::none);
  EXPECT_EQ(pick(faults), Fault::drop_after);
  EXPECT_EQ(pick(faults), Fault::drop_after);
  EXPECT_EQ(pick(faults), Fault::none);
  EXPECT_EQ(pick(faults, "sts:AssumeRole"), Fault::none);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(faults.pick("sts:AssumeRole", "333333333333", "", Moment()), Fault::denied);
}

TEST(Faults, StrikeAboutAsOftenAsTold) {
  Faults faults(1);
  faults.set_rates("throttle=0.2,error=0.1,drop=0.1");
  std::map<Fault, int> seen;
  for (int i = 0; i < 10'000; ++i) ++seen[pick(faults)];
  EXPECT_NEAR(seen[Fault::throttle], 2000, 200);
  EXPECT_NEAR(seen[Fault::error_before] + seen[Fault::error_after], 1000, 150);
  EXPECT_NEAR(seen[Fault::error_before], seen[Fault::error_after], 150);
  EXPECT_NEAR(seen[Fault::drop_before] + seen[Fault::drop_after], 1000, 150);
}

TEST(Faults, LatencyStaysInItsRange) {
  Faults faults(1);
  EXPECT_EQ(faults.latency(), milliseconds(0));
  faults.set_latency("40ms..90ms");
  for (int i = 0; i < 1000; ++i) {
    const milliseconds latency = faults.latency();
    EXPECT_GE(latency, milliseconds(40));
    EXPECT_LE(latency, milliseconds(90));
  }
}

TEST(Faults, RefuseWhatTheyDoNotKnow) {
  Faults faults(1);
  for (const char* rates : {"throttle", "throttle=x", "throttle=1.5", "storm=0.1"}) {
    EXPECT_THROW(faults.set_rates(rates), std::invalid_argument) << rates;
  }
  for (const char* latency : {"40", "90ms..40ms", "fast"}) {
    EXPECT_THROW(faults.set_latency(latency), std::invalid_argument) << latency;
  }
  for (const char* settings : {R"({"storm": 1})", R"({"rules": [{"fault": "storm"}]})",
                               R"({"rules": [{"fault": "empty", "often": 1}]})", R"({"rates": 3})"}) {
    EXPECT_THROW(faults.configure(boost::json::parse(settings).as_object()), std::invalid_argument) << settings;
  }
}

TEST(Duration, KnowsItsUnits) {
  EXPECT_EQ(parse_duration("300ms"), milliseconds(300));
  EXPECT_EQ(parse_duration("2s"), std::chrono::seconds(2));
  EXPECT_EQ(parse_duration("15m"), std::chrono::minutes(15));
  EXPECT_EQ(parse_duration("-4h"), std::chrono::hours(-4));
  EXPECT_EQ(parse_duration("1d"), std::chrono::hours(24));
  EXPECT_THROW(parse_duration("1 day"), std::invalid_argument);
}

}  // namespace
}  // namespace keyward::sandbox
