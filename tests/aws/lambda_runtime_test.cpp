#include "aws/lambda_runtime.hpp"

#include <gtest/gtest.h>

#include "support/fake_transport.hpp"
#include "support/run.hpp"

namespace keyward::aws {
namespace {

class LambdaRuntimeTest : public testing::Test {
 protected:
  base::Result<Invocation> next() { return test::run(loop, runtime.next()); }
  boost::asio::io_context loop;
  test::FakeTransport transport;
  LambdaRuntime runtime{transport, "127.0.0.1:9001"};
};

TEST_F(LambdaRuntimeTest, TakesAnEventAndWaitsAsLongAsItTakes) {
  transport.answer(200, R"({"a":1})",
                   {{"lambda-runtime-aws-request-id", "r-1"},
                    {"Lambda-Runtime-Deadline-Ms", "1542409706888"},
                    {"Lambda-Runtime-Invoked-Function-Arn", "arn:f"},
                    {"Lambda-Runtime-Trace-Id", "Root=1"}});
  const auto invocation = next();
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->request_id, "r-1");
  EXPECT_EQ(invocation->deadline.time_since_epoch(), std::chrono::milliseconds(1542409706888));
  EXPECT_EQ(invocation->function_arn, "arn:f");
  EXPECT_EQ(invocation->trace_id, "Root=1");
  EXPECT_EQ(invocation->payload.view(), R"({"a":1})");
  const auto& request = transport.requests().at(0);
  EXPECT_EQ(request.method + " " + request.url, "GET http://127.0.0.1:9001/2018-06-01/runtime/invocation/next");
  EXPECT_GE(request.timeout, std::chrono::hours(24 * 7));
}

TEST_F(LambdaRuntimeTest, AnEventWithoutIdOrDeadlineIsNone) {
  for (const char* deadline : {"", "soon", "-1", "12x", "99999999999999999999"}) {
    transport.answer(200, "{}", {{"Lambda-Runtime-Aws-Request-Id", "r-1"}, {"Lambda-Runtime-Deadline-Ms", deadline}});
    const auto invocation = next();
    ASSERT_FALSE(invocation) << deadline;
    EXPECT_EQ(invocation.error().code, "MalformedAnswer") << deadline;
  }
  transport.answer(200, "{}", {{"Lambda-Runtime-Deadline-Ms", "1542409706888"}});
  EXPECT_FALSE(next());
  transport.answer(403, "{}");
  EXPECT_EQ(next().error().code, "HTTP403");
}

TEST_F(LambdaRuntimeTest, TellsAnswersFailuresAndThatItCannotStart) {
  transport.otherwise(202, R"({"status":"OK"})");
  EXPECT_TRUE(test::run(loop, runtime.answer("r-1", R"({"exit_code":0})")));
  EXPECT_TRUE(test::run(loop, runtime.fail("r-2", {"Function.Partial", R"({"errorType":"Function.Partial"})"})));
  EXPECT_TRUE(test::run(loop, runtime.fail_start({"Function.Configuration", "{}"})));
  const auto& requests = transport.requests();
  EXPECT_EQ(requests.at(0).url, "http://127.0.0.1:9001/2018-06-01/runtime/invocation/r-1/response");
  EXPECT_EQ(requests.at(0).body, R"({"exit_code":0})");
  EXPECT_EQ(requests.at(0).header("Lambda-Runtime-Function-Error-Type"), "");
  EXPECT_EQ(requests.at(1).url, "http://127.0.0.1:9001/2018-06-01/runtime/invocation/r-2/error");
  EXPECT_EQ(requests.at(1).header("Lambda-Runtime-Function-Error-Type"), "Function.Partial");
  EXPECT_EQ(requests.at(2).url, "http://127.0.0.1:9001/2018-06-01/runtime/init/error");
}

TEST_F(LambdaRuntimeTest, AnAnswerThatIsNotTakenIsOfTheEventOrOfTheProcess) {
  transport.answer(413, "").answer(400, "").answer(500, "");
  EXPECT_EQ(test::run(loop, runtime.answer("r", "")).error().code, "TooLarge");
  EXPECT_EQ(test::run(loop, runtime.answer("r", "")).error().kind, base::ErrorKind::invalid);
  EXPECT_EQ(test::run(loop, runtime.answer("r", "")).error().kind, base::ErrorKind::internal);
}

TEST(RuntimeHost, IsWithoutThePort) {
  EXPECT_EQ(runtime_host("127.0.0.1:9001"), "127.0.0.1");
  EXPECT_EQ(runtime_host("169.254.100.1:9001"), "169.254.100.1");
  EXPECT_EQ(runtime_host("localhost"), "localhost");
  EXPECT_EQ(runtime_host("[::1]:9001"), "::1");
}

}  // namespace
}  // namespace keyward::aws
