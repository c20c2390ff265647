#include "orchestrator/lambda_loop.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "support/fake_transport.hpp"
#include "support/run.hpp"

namespace keyward::orchestrator {
namespace {

using base::Task;

class LambdaLoop : public testing::Test {
 protected:
  void event(const std::string& id, std::string_view payload) {
    transport.answer(200, payload, {{"Lambda-Runtime-Aws-Request-Id", id}, {"Lambda-Runtime-Deadline-Ms", "1"}});
  }
  ExitCode serve_all(LambdaHandler handler) { return test::run(loop, serve(runtime, std::move(handler), log, life)); }
  /// Path and error type of everything that was posted.
  std::vector<std::string> posted() const {
    std::vector<std::string> posts;
    for (const auto& request : transport.requests()) {
      if (request.method == "GET") continue;
      posts.push_back(request.url.substr(request.url.find("/invocation") + 12) + " " + request.header("Lambda-Runtime-Function-Error-Type"));
    }
    return posts;
  }

  boost::asio::io_context loop;
  test::FakeTransport transport;
  aws::LambdaRuntime runtime{transport, "127.0.0.1:1"};
  std::ostringstream out;
  base::Log log{base::LogLevel::info, base::LogFormat::text, out};
  LambdaLife life;
};

Task<LambdaAnswer> answer_by_payload(const aws::Invocation& invocation) {
  if (invocation.payload.view() == "throw") throw std::runtime_error("of wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  if (invocation.payload.view() == "fail") co_return lambda_failure("Function.Partial", "half");
  co_return LambdaAnswer{"{}", ""};
}

TEST_F(LambdaLoop, GoesOnAfterFailuresAndThrows) {
  event("a", "throw");
  transport.answer(202, "");
  event("b", "fail");
  transport.answer(202, "");
  event("c", "fine");
  transport.answer(202, "").fail(base::ErrorKind::transient);
  EXPECT_EQ(serve_all(answer_by_payload), ExitCode::internal_error) << "Lambda hands out no more events";
  EXPECT_EQ(posted(), (std::vector<std::string>{"a/error Function.InternalError", "b/error Function.Partial", "c/response "}));
  EXPECT_EQ(transport.requests().at(1).body,
            R"x({"errorMessage":"internal error: of (removed)","errorType":"Function.InternalError","stackTrace":[]})x");
}

TEST_F(LambdaLoop, TakesNoFurtherEventWhenItIsToStop) {
  event("a", "fine");
  transport.answer(202, "");
  event("b", "fine");
  const auto stopped_meanwhile = [this](const aws::Invocation& invocation) {
    EXPECT_FALSE(life.idle);
    life.stopping = true;
    return answer_by_payload(invocation);
  };
  EXPECT_EQ(serve_all(stopped_meanwhile), ExitCode::done);
  EXPECT_EQ(posted(), std::vector<std::string>{"a/response "});
}

TEST_F(LambdaLoop, EndsOnlyWhenLambdaAsksForANewProcess) {
  event("a", "fine");
  transport.answer(413, "");
  event("b", "fine");
  transport.answer(500, "");
  event("c", "never asked for");
  EXPECT_EQ(serve_all(answer_by_payload), ExitCode::internal_error);
  EXPECT_EQ(posted(), (std::vector<std::string>{"a/response ", "b/response "}));
  EXPECT_NE(out.str().find("answer_not_taken"), std::string::npos);
}

}  // namespace
}  // namespace keyward::orchestrator
