#include "orchestrator/lambda_answer.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "aws/lambda_runtime.hpp"

namespace keyward::orchestrator {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::size_t k_mebibyte = 1u << 20;

object read(const LambdaAnswer& answer) { return boost::json::parse(answer.body).as_object(); }

CommandResult result(ExitCode code) {
  CommandResult made;
  made.event = "run";
  made.code = code;
  made.content["run"] = object{{"run", "20261121T023000Z-4f2a"},
                               {"uncovered", array{object{{"account", "222222222222"}, {"name", "shop"}, {"reason", "AccessDenied"}}}}};
  return made;
}

TEST(Scrubbed, TakesOutWhatMayBeASecretAndNothingElse) {
  const std::string key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  EXPECT_EQ(scrubbed("secret " + key + ", id AKIAIOSFODNN7EXAMPLE."), "secret (removed), id AKIAIOSFODNN7EXAMPLE.");
  EXPECT_EQ(scrubbed(std::string(352, 'a')), "(removed)");
  for (const char* text : {"", "sts:AssumeRole arn:aws:iam::111122223333:role/keyward-rotate: AccessDenied", "/tmp/keyward/runs/20261121T023000Z-4f2a/run.json"}) {
    EXPECT_EQ(scrubbed(text), text);
  }
}

TEST(LambdaAnswer, OnlyWhatWasDoneWhollyIsAnAnswer) {
  const LambdaAnswer done = lambda_answer(result(ExitCode::done));
  EXPECT_EQ(done.failure, "");
  EXPECT_EQ(read(done).at("exit_code"), 0);
  EXPECT_EQ(read(done).at("meaning"), "done, every account covered");
  const std::pair<ExitCode, std::string> failures[]{
      {ExitCode::internal_error, "Function.InternalError"}, {ExitCode::usage, "Function.Configuration"},
      {ExitCode::partial, "Function.Partial"},              {ExitCode::preflight_failed, "Function.PreflightFailed"},
      {ExitCode::safety_stop, "Function.SafetyStop"},       {ExitCode::already_running, "Function.AlreadyRunning"},
      {ExitCode::recovery_needed, "Function.RecoveryNeeded"}, {ExitCode::terminated, "Function.Interrupted"}};
  for (const auto& [code, type] : failures) {
    const LambdaAnswer failed = lambda_answer(result(code));
    EXPECT_EQ(failed.failure, type);
    EXPECT_EQ(read(failed).at("errorType"), boost::json::string(type));
    EXPECT_EQ(read(failed).at("answer").at("exit_code"), static_cast<int>(code));
  }
}

TEST(LambdaAnswer, AFailureSaysWhatAPersonNeedsFirst) {
  CommandResult failed = result(ExitCode::recovery_needed);
  failed.said = {"keyward: said on the way"};
  failed.content["highlights"] = array{object{{"event", "action"}, {"account", "333333333333"}, {"user", "alice"}, {"action", "rotate"},
                                              {"error", "not stored"}, {"todo", "aws iam delete-access-key"}},
                                       object{{"event", "action"}, {"account", "444444444444"}, {"user", "bob"}, {"action", "rotate"}}};
  const object body = read(lambda_answer(std::move(failed)));
  EXPECT_EQ(body.at("errorMessage"),
            "exit code 9, recovery needed\nnot covered: 222222222222 shop: AccessDenied\n"
            "333333333333 alice rotate: not stored\naws iam delete-access-key\nkeyward: said on the way");
  EXPECT_EQ(body.at("stackTrace"), (array{"keyward: said on the way"}));
}

TEST(LambdaAnswer, NamesTenTroublesAndCountsTheOthers) {
  CommandResult failed = result(ExitCode::partial);
  array uncovered;
  for (int i = 0; i < 12; ++i) uncovered.push_back(object{{"account", std::to_string(i)}, {"name", ""}, {"reason", "r"}});
  failed.content["run"].as_object()["uncovered"] = uncovered;
  const std::string message(read(lambda_answer(std::move(failed))).at("errorMessage").as_string());
  EXPECT_NE(message.find("not covered: 9 "), std::string::npos);
  EXPECT_EQ(message.find("not covered: 10 "), std::string::npos);
  EXPECT_NE(message.find("and 2 more"), std::string::npos);
}

TEST(LambdaAnswer, WhatIsTooLongIsCutToTheSummary) {
  for (const ExitCode code : {ExitCode::done, ExitCode::partial}) {
    CommandResult large = result(code);
    large.content["events"] = array{std::string(4 * k_mebibyte, 'e')};
    large.content["accounts"] = array{std::string(3 * k_mebibyte, 'a')};
    const LambdaAnswer answer = lambda_answer(std::move(large));
    EXPECT_LE(answer.body.size(), aws::LambdaRuntime::k_max_answer);
    const object body = read(answer);
    const object& kept = code == ExitCode::done ? body : body.at("answer").as_object();
    EXPECT_FALSE(kept.contains("events"));
    EXPECT_TRUE(kept.contains("accounts") && kept.contains("run") && kept.contains("cut"));
  }
  CommandResult list = result(ExitCode::done);
  list.whole = true;
  list.content["accounts"] = array{std::string(7 * k_mebibyte, 'a')};
  EXPECT_EQ(lambda_answer(std::move(list)).failure, "Function.AnswerTooLarge") << "a part of it would leave accounts out";
}

}  // namespace
}  // namespace keyward::orchestrator
