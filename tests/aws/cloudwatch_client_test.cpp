#include "aws/cloudwatch_client.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "credential_fixture.hpp"

namespace keyward::aws {
namespace {

Measurement measurement() {
  return {"N/S",
          *base::parse_iso8601("2026-11-21T02:30:00Z"),
          {{"Mode", "enforce"}, {"Org", "o-1 &=é"}},
          {{"Runs", 1, "Count"}, {"Took", 250, "Seconds"}}};
}

struct CloudWatch : testing::Test {
  FakeWorld world;
  ScriptedCredentials identity{CredentialsPtr(long_term_credentials())};
  Caller caller{world.context, identity, world.region, Writes::refused};
  CloudWatchClient client{caller};

  base::Result<std::string> put() { return test::run(world.loop, client.put_metric_data(measurement())); }
};

TEST_F(CloudWatch, PutsEveryMetricWithItsTimeAndDimensions) {
  world.transport.answer(200,
                         "<PutMetricDataResponse><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PutMetricDataResponse>");
  const auto put_one = put();
  ASSERT_TRUE(put_one) << describe(put_one.error());
  EXPECT_EQ(*put_one, "r-1");
  const auto& request = world.transport.requests().at(0);
  EXPECT_EQ(request.url, "https://monitoring.eu-central-1.amazonaws.com/");
  EXPECT_NE(request.header("Authorization").find("/eu-central-1/monitoring/aws4_request"), std::string::npos);
  const std::string first = "MetricData.member.1.", second = "MetricData.member.2.";
  const auto dimensions = [](const std::string& of) {
    return "&" + of + "Dimensions.member.1.Name=Mode&" + of + "Dimensions.member.1.Value=enforce&" + of + "Dimensions.member.2.Name=Org&" +
           of + "Dimensions.member.2.Value=o-1+%26%3D%C3%A9";
  };
  const std::string at = "Timestamp=2026-11-21T02%3A30%3A00Z";
  EXPECT_EQ(request.body, "Action=PutMetricData&Version=2010-08-01&Namespace=N%2FS&" + first + "MetricName=Runs&" + first + "Value=1&" +
                              first + "Unit=Count&" + first + at + dimensions(first) + "&" + second + "MetricName=Took&" + second +
                              "Value=250&" + second + "Unit=Seconds&" + second + at + dimensions(second));
}

TEST_F(CloudWatch, CountsNothingTwice) {
  world.transport.fail(base::ErrorKind::ambiguous, "TimedOut");
  const auto lost = put();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, base::ErrorKind::ambiguous);
  EXPECT_EQ(world.transport.requests().size(), 1u);
}

TEST_F(CloudWatch, NamesWhatIsNotAllowed) {
  world.transport.answer(
      403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r-2</RequestId></ErrorResponse>");
  const auto refused = put();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::denied);
  EXPECT_EQ(refused.error().operation, "cloudwatch:PutMetricData");
}

// The members are those of the specification of the embedded metric format (aws-api.md, section 6.4).
TEST(EmbeddedMetrics, AreOneLineThatNamesItsMetricsAndDimensions) {
  Measurement measured = measurement();
  measured.dimensions["Org"] = "a\n\"b\"";
  const std::string line = embedded_metrics(measured);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(boost::json::parse(line), boost::json::parse(R"({"_aws": {"Timestamp": 1795228200000, "CloudWatchMetrics": [{"Namespace": "N/S",
    "Dimensions": [["Mode", "Org"]], "Metrics": [{"Name": "Runs", "Unit": "Count"}, {"Name": "Took", "Unit": "Seconds"}]}]},
    "Mode": "enforce", "Org": "a\n\"b\"", "Runs": 1, "Took": 250})"));
}

}  // namespace
}  // namespace keyward::aws
