#include "sandbox/gate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include "sandbox_fixture.hpp"

namespace keyward::sandbox::testing {
namespace {

using Verdict = Gate::Verdict;

base::Task<void> one_request(Gate& gate, std::vector<std::string>& journal, std::string name, std::string app) {
  const Gate::Passage passage = gate.arrive({"iam:" + name, "222222222222", "alice", app});
  const Verdict before = co_await gate.pass(passage, Phase::before);
  if (before == Verdict::discard) {
    journal.push_back(name + " discarded");
    co_return;
  }
  journal.push_back(name + " executed");
  const Verdict after = co_await gate.pass(passage, Phase::after);
  journal.push_back(name + (after == Verdict::discard ? " unanswered" : " answered"));
}

base::Task<void> watch(Gate& gate, std::vector<std::string>& journal, std::string app) {
  const std::vector<Gate::Held> held = co_await gate.wait_for_held(app, std::chrono::minutes(1));
  journal.push_back("watcher of '" + app + "' saw " + std::to_string(held.size()));
}

class GateTest : public ::testing::Test {
 protected:
  void request(const std::string& name, const std::string& app = "") {
    boost::asio::co_spawn(loop, one_request(gate, journal, name, app), [](std::exception_ptr) {});
    settle();
  }
  void settle() {
    loop.restart();
    loop.poll();
  }
  void release(std::optional<std::uint64_t> id = std::nullopt, Verdict verdict = Verdict::go_on) {
    gate.release(id, verdict);
    settle();
  }
  std::vector<std::string> take() { return std::exchange(journal, {}); }

  using Lines = std::vector<std::string>;
  std::vector<std::string> journal;
  Gate gate;
  boost::asio::io_context loop;
};

TEST_F(GateTest, LetsEverythingThroughUntilItIsSet) {
  request("A");
  EXPECT_EQ(take(), (Lines{"A executed", "A answered"}));
  EXPECT_TRUE(gate.counted().empty());
}

TEST_F(GateTest, StopsTheChosenRequestAndAllLaterOnesBeforeTheyAreExecuted) {
  gate.set({2, Phase::before, ""});
  for (const char* name : {"A", "B", "C"}) request(name);
  EXPECT_EQ(take(), (Lines{"A executed", "A answered"}));
  ASSERT_EQ(gate.held("").size(), 2u);
  EXPECT_EQ(gate.held("")[0].passage.number, 2u);
  EXPECT_EQ(gate.held("")[0].passage.label.action, "iam:B");
  release(gate.held("")[1].id);
  EXPECT_EQ(take(), (Lines{"C executed", "C answered"}));
  release();
  EXPECT_EQ(take(), (Lines{"B executed", "B answered"}));
  EXPECT_EQ(gate.counted().size(), 3u);
}

TEST_F(GateTest, StopsTheChosenRequestAfterItWasExecuted) {
  gate.set({2, Phase::after, ""});
  for (const char* name : {"A", "B", "C"}) request(name);
  EXPECT_EQ(take(), (Lines{"A executed", "A answered", "B executed"}));
  ASSERT_EQ(gate.held("").size(), 2u);
  EXPECT_EQ(gate.held("")[0].phase, Phase::after);
  EXPECT_EQ(gate.held("")[1].phase, Phase::before);
  release(std::nullopt, Verdict::discard);
  EXPECT_EQ(take(), (Lines{"B unanswered", "C discarded"}));
  EXPECT_TRUE(gate.held("").empty());
}

TEST_F(GateTest, CountsOneApplicationOnlyWhenItIsNamed) {
  gate.set({1, Phase::before, "b"});
  request("A", "a");
  request("B", "b");
  EXPECT_EQ(take(), (Lines{"A executed", "A answered"}));
  EXPECT_EQ(gate.held("b").size(), 1u);
  EXPECT_TRUE(gate.held("a").empty());
  release();
}

TEST_F(GateTest, CountsOnlyFromNoNumber) {
  gate.set({0, Phase::before, ""});
  request("A");
  EXPECT_EQ(take(), (Lines{"A executed", "A answered"}));
  EXPECT_EQ(gate.counted().size(), 1u);
}

TEST_F(GateTest, WhatIsHeldStaysHeldWhenTheGateIsSetAnewOrLifted) {
  gate.set({1, Phase::before, ""});
  request("A");
  const std::uint64_t first = gate.held("")[0].id;
  gate.set({1, Phase::after, ""});
  EXPECT_EQ(gate.held("").size(), 1u);
  request("B");
  gate.lift();
  request("C");
  EXPECT_EQ(take(), (Lines{"B executed", "C executed", "C answered"}));
  ASSERT_EQ(gate.held("").size(), 2u);
  EXPECT_NE(gate.held("")[1].id, first);
  release();
  EXPECT_EQ(take(), (Lines{"A executed", "A answered", "B answered"}));
}

TEST_F(GateTest, ARequestOfAnEarlierCountDoesNotStopAtTheNextGate) {
  gate.set({1, Phase::before, ""});
  request("A");
  gate.set({1, Phase::after, ""});
  release();
  EXPECT_EQ(take(), (Lines{"A executed", "A answered"}));
}

TEST_F(GateTest, WakesWhoWaitsForSomethingHeld) {
  gate.set({1, Phase::before, ""});
  for (const char* app : {"", "b"}) boost::asio::co_spawn(loop, watch(gate, journal, app), [](std::exception_ptr) {});
  settle();
  EXPECT_EQ(take(), Lines{});
  request("A", "a");
  EXPECT_EQ(take(), Lines{"watcher of '' saw 1"});
  request("B", "b");
  EXPECT_EQ(take(), Lines{"watcher of 'b' saw 1"});
  release();
}

TEST_F(GateTest, SpeaksJson) {
  const auto ask = [&](const char* method, const char* target, const char* body) {
    WireReply reply;
    boost::asio::co_spawn(loop, handle_gate(gate, {method, target, {}, body}),
                          [&](std::exception_ptr, WireReply answered) { reply = std::move(answered); });
    settle();
    return reply;
  };
  EXPECT_EQ(ask("POST", "/_sandbox/gate", R"({"from": 1, "phase": "after", "app": "a"})").status, 200);
  request("CreateAccessKey", "a");
  const WireReply held = ask("GET", "/_sandbox/held?app=a&wait=5s", "");
  EXPECT_EQ(boost::json::parse(held.body), boost::json::parse(R"({"held": [
    {"action": "iam:CreateAccessKey", "account": "222222222222", "target": "alice", "app": "a", "id": 1, "number": 1,
     "phase": "after"}]})"));
  EXPECT_EQ(ask("POST", "/_sandbox/release", R"({"id": 1, "discard": true})").status, 200);
  EXPECT_EQ(take(), (Lines{"CreateAccessKey executed", "CreateAccessKey unanswered"}));
  EXPECT_EQ(ask("POST", "/_sandbox/release", R"({"id": 1})").status, 400);
  EXPECT_EQ(ask("POST", "/_sandbox/gate", R"({"phase": "during"})").status, 400);
  EXPECT_EQ(ask("POST", "/_sandbox/gate", R"({"number": 3})").status, 400);
  EXPECT_EQ(ask("GET", "/_sandbox/held?wait=1d", "").status, 400);
}

}  // namespace
}  // namespace keyward::sandbox::testing
