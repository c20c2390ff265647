#include "base/time.hpp"

#include <gtest/gtest.h>

namespace keyward::base {
namespace {

using namespace std::chrono_literals;

const Instant k_moment = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + 3h + 4min + 5s;

TEST(Iso8601, ReadsEveryFormThatAwsAndMotoSend) {
  for (const char* text : {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.880133Z", "2026-01-02T03:04:05+00:00",
                           "2026-01-02T05:04:05+02:00", "2026-01-01T22:34:05-0430", "20260102T030405Z"}) {
    EXPECT_EQ(parse_iso8601(text), k_moment) << text;
  }
}

TEST(Iso8601, RefusesWhatIsNoDate) {
  for (const char* text : {"", "2026-01-02", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-02T24:00:00Z",
                           "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z", "N/A", "2026-01-02T03:04:05Zjunk"}) {
    EXPECT_EQ(parse_iso8601(text), std::nullopt) << text;
  }
}

TEST(HttpDate, ReadsBackWhatItWrites) {
  EXPECT_EQ(format_http_date(k_moment), "Fri, 02 Jan 2026 03:04:05 GMT");
  EXPECT_EQ(parse_http_date("Fri, 02 Jan 2026 03:04:05 GMT"), k_moment);
  EXPECT_EQ(parse_http_date("Fri, 02 Jan 2026 03:04:05 CET"), std::nullopt);
  EXPECT_EQ(parse_http_date("yesterday"), std::nullopt);
}

TEST(Time, WritesTheFormsThatAwsWants) {
  EXPECT_EQ(format_iso8601(k_moment), "2026-01-02T03:04:05Z");
  EXPECT_EQ(format_basic(k_moment), "20260102T030405Z");
  EXPECT_EQ(format_date(k_moment), "2026-01-02");
  EXPECT_EQ(parse_date("2026-01-02"), std::chrono::floor<std::chrono::days>(k_moment));
  EXPECT_EQ(parse_date("2026-02-29"), std::nullopt);
}

}  // namespace
}  // namespace keyward::base
