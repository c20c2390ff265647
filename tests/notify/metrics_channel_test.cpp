#include "notify/metrics_channel.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <sstream>

#include "notify/coroutines.hpp"
#include "notify/delivery.hpp"
#include "notify/hub.hpp"
#include "notify/world.hpp"

namespace keyward::notify {
namespace {

namespace json = boost::json;
using base::ErrorKind;
using Values = std::map<std::string, std::int64_t>;

const std::string k_taken =
    "<PutMetricDataResponse><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PutMetricDataResponse>";

std::string refusal(const std::string& code) { return "<ErrorResponse><Error><Code>" + code + "</Code></Error></ErrorResponse>"; }

RunDigest quiet_run() {
  RunDigest digest;
  digest.run = "20261121T023000Z-4f2a";
  digest.command = "run";
  digest.mode = "enforce";
  digest.organization = "o-exampleorgid";
  digest.finished = instant("2026-11-21T02:30:00Z");
  digest.started = digest.finished - std::chrono::seconds(250);
  digest.accounts = digest.accounts_covered = 9;
  return digest;
}

RunDigest busy_run() {
  RunDigest digest = quiet_run();
  digest.exit_code = 4;
  digest.accounts_covered = 7;
  digest.rotated = 1;
  digest.deactivated = 2;
  digest.deleted = 3;
  digest.keys_out_of_policy = 5;
  digest.failures = 6;
  digest.notices_failed = 8;
  digest.oldest_active_key_days = 95;
  return digest;
}

Values values(const RunDigest& digest) {
  Values found;
  for (const aws::Metric& metric : run_metrics(digest, "keyward").metrics) found.emplace(metric.name, metric.value);
  return found;
}

TEST(RunMetrics, AreWrittenAsZeroWhereNothingHappened) {
  EXPECT_EQ(values(quiet_run()), (Values{{"Runs", 1},
                                         {"RunDuration", 250},
                                         {"ExitCode", 0},
                                         {"AccountsCovered", 9},
                                         {"AccountsNotCovered", 0},
                                         {"KeysRotated", 0},
                                         {"KeysDeactivated", 0},
                                         {"KeysDeleted", 0},
                                         {"KeysOutOfPolicy", 0},
                                         {"OldestActiveKeyDays", 0},
                                         {"Failures", 0},
                                         {"NoticesFailed", 0}}));
}

TEST(RunMetrics, AreTheNumbersOfTheRun) {
  EXPECT_EQ(values(busy_run()), (Values{{"Runs", 1},
                                        {"RunDuration", 250},
                                        {"ExitCode", 4},
                                        {"AccountsCovered", 7},
                                        {"AccountsNotCovered", 2},
                                        {"KeysRotated", 1},
                                        {"KeysDeactivated", 2},
                                        {"KeysDeleted", 3},
                                        {"KeysOutOfPolicy", 5},
                                        {"OldestActiveKeyDays", 95},
                                        {"Failures", 6},
                                        {"NoticesFailed", 8}}));
  EXPECT_EQ(run_metrics(busy_run(), "x").at, busy_run().finished);
  EXPECT_EQ(run_metrics(busy_run(), "x").metric_namespace, "x");
}

// A zero would end the alarm about an old key in an account that could not be read.
TEST(RunMetrics, DoNotSayThatThereIsNoOldKeyWhereSomeWereNotSeen) {
  RunDigest digest = busy_run();
  digest.oldest_active_key_days = 0;
  EXPECT_FALSE(values(digest).contains("OldestActiveKeyDays"));
  digest.accounts_covered = digest.accounts;
  EXPECT_EQ(values(digest).at("OldestActiveKeyDays"), 0);
}

TEST(RunMetrics, HaveFewDimensionsWhateverStrangersWrite) {
  const RunEntry trouble{"NOT COVERED", "111122223333", "<b>=1+1\n\"x\"", "a,b\r\n", "", "", "", "not_covered", "{{x}}", false};
  RunDigest digest = busy_run();
  digest.troubles.assign(1000, trouble);
  digest.shard = "2/4";
  const aws::Measurement measured = run_metrics(digest, "keyward");
  const std::map<std::string, std::string> expected{{"Organization", "o-exampleorgid"}, {"Mode", "enforce"}};
  EXPECT_EQ(measured.dimensions, expected);
  EXPECT_EQ(aws::embedded_metrics(measured), aws::embedded_metrics(run_metrics(busy_run(), "keyward"))) << "not one byte of theirs";
  digest.mode = "mixed";
  EXPECT_EQ(run_metrics(digest, "keyward").dimensions.at("Mode"), "enforce") << "one series whichever accounts are still in dry run";
  digest.mode = "dry_run";
  EXPECT_EQ(run_metrics(digest, "keyward").dimensions.at("Mode"), "dry_run");
}

TEST(RunMetrics, HaveOnlyDimensionsThatCloudWatchTakes) {
  RunDigest digest = quiet_run();
  const auto organization = [&digest](std::string name) {
    digest.organization = std::move(name);
    return run_metrics(digest, "keyward").dimensions.at("Organization");
  };
  EXPECT_EQ(organization("o-\xc3\xbc\r\n\x01x"), "o-?? x");
  EXPECT_EQ(organization(""), "unknown");
  EXPECT_EQ(organization(" \n "), "unknown");
  EXPECT_EQ(organization(std::string(5000, 'x')).size(), 255u);
}

TEST(MetricsChannel, SpeaksOfTheDailyJobOnly) {
  Hub hub;
  const MetricsChannel channel(hub.cloudwatch, "keyward");
  std::ostringstream out;
  const EmbeddedMetricsChannel embedded(out, "keyward");
  for (const char* command : {"run", "rotate", "recover"}) {
    RunDigest digest = quiet_run();
    digest.command = command;
    EXPECT_EQ(channel.concerns(digest), std::string_view(command) == "run");
    EXPECT_EQ(embedded.concerns(digest), std::string_view(command) == "run");
  }
}

struct Told {
  explicit Told(const RunDigest& digest = busy_run(), std::function<void(test::FakeTransport&)> script = {}) {
    if (script) script(hub.transport);
    MetricsChannel channel(hub.cloudwatch, "keyward");
    notices = run(tell_all(digest, {&channel}));
  }
  std::size_t requests() const { return hub.transport.requests().size(); }
  NoticeStatus status() const { return notices.at(0).status; }

  Hub hub;
  std::vector<Notice> notices;
};

TEST(MetricsChannel, PutsAllInOneRequestAndInADryRunToo) {
  RunDigest digest = busy_run();
  digest.mode = "dry_run";
  const Told told(digest, [](auto& transport) { transport.answer(200, k_taken); });
  ASSERT_EQ(told.requests(), 1u);
  EXPECT_EQ(told.status(), NoticeStatus::sent);
  EXPECT_EQ(told.notices[0].reference, "r-1");
  EXPECT_EQ(told.notices[0].channel, "metrics");
  const std::string& body = told.hub.transport.requests()[0].body;
  EXPECT_NE(body.find("Namespace=keyward&"), std::string::npos);
  EXPECT_NE(body.find("MetricData.member.12.MetricName="), std::string::npos);
  EXPECT_EQ(body.find("MetricData.member.13."), std::string::npos);
  EXPECT_NE(body.find("Value=dry_run"), std::string::npos);
}

TEST(MetricsChannel, DoesNotRepeatWhatIsRefusedForGood) {
  for (const auto& [status, code] : {std::pair{403, "AccessDenied"}, {400, "InvalidParameterValue"}, {413, "RequestEntityTooLarge"}}) {
    const Told told(busy_run(), [&](auto& transport) { transport.answer(status, refusal(code)); });
    EXPECT_EQ(told.status(), NoticeStatus::rejected) << code;
    EXPECT_EQ(told.notices[0].error->code, code);
    EXPECT_EQ(told.requests(), 1u) << code;
  }
}

TEST(MetricsChannel, TriesAgainWhereItIsThrottled) {
  const Told told(busy_run(), [](auto& transport) { transport.answer(400, refusal("Throttling")).answer(200, k_taken); });
  EXPECT_EQ(told.status(), NoticeStatus::sent);
  EXPECT_EQ(told.requests(), 2u);
  EXPECT_EQ(told.hub.transport.requests()[0].body, told.hub.transport.requests()[1].body);
  const Told always(busy_run(), [](auto& transport) { transport.otherwise(400, refusal("Throttling")); });
  EXPECT_EQ(always.status(), NoticeStatus::unavailable);
  EXPECT_EQ(always.requests(), 3u);
}

TEST(MetricsChannel, DoesNotCountTwiceWhatGotNoAnswer) {
  const Told silent(busy_run(), [](auto& transport) { transport.fail(ErrorKind::ambiguous, "TimedOut").answer(200, k_taken); });
  EXPECT_EQ(silent.status(), NoticeStatus::uncertain);
  EXPECT_EQ(silent.requests(), 1u);
  const Told broken(busy_run(), [](auto& transport) { transport.answer(500, refusal("InternalServiceError")).answer(200, k_taken); });
  EXPECT_EQ(broken.status(), NoticeStatus::uncertain);
  EXPECT_EQ(broken.requests(), 1u);
}

TEST(EmbeddedMetricsChannel, WritesOneLine) {
  std::ostringstream out;
  EmbeddedMetricsChannel channel(out, "keyward");
  EXPECT_TRUE(run(channel.tell(busy_run())));
  const std::string line = out.str();
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const json::value document = json::parse(line);
  EXPECT_EQ(document.at("_aws").at("CloudWatchMetrics").at(0).at("Namespace").as_string(), "keyward");
  for (const json::value& metric : document.at("_aws").at("CloudWatchMetrics").at(0).at("Metrics").as_array()) {
    const std::string name(metric.at("Name").as_string());
    EXPECT_EQ(document.at(name).as_int64(), values(busy_run()).at(name));
  }
  EXPECT_EQ(document.at("Organization").as_string(), "o-exampleorgid");
}

TEST(EmbeddedMetricsChannel, SaysWhenTheLineDidNotGetOut) {
  std::ofstream full("/dev/full");
  ASSERT_TRUE(full);
  EmbeddedMetricsChannel channel(full, "keyward");
  const std::vector<Notice> notices = run(tell_all(busy_run(), {&channel}));
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].status, NoticeStatus::rejected);
  EXPECT_EQ(notices[0].error->code, "NotWritten");
}

}  // namespace
}  // namespace keyward::notify
