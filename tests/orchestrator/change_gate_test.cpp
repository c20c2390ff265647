#include "orchestrator/change_gate.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

namespace keyward::orchestrator {
namespace {

base::Task<void> wait_for(ChangeGate& gate, std::vector<bool>& passed) {
  const bool answer = co_await gate.pass();
  passed.push_back(answer);
}

std::vector<bool> answers_to_two(void (ChangeGate::*first)(), void (ChangeGate::*second)()) {
  boost::asio::io_context loop;
  ChangeGate gate;
  std::vector<bool> passed;
  const auto rethrow = [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  };
  boost::asio::co_spawn(loop, wait_for(gate, passed), rethrow);
  boost::asio::co_spawn(loop, wait_for(gate, passed), rethrow);
  loop.poll();
  EXPECT_TRUE(passed.empty()) << "nobody has decided yet";
  (gate.*first)();
  (gate.*second)();
  loop.restart();
  loop.poll();
  EXPECT_EQ(passed.size(), 2u);
  boost::asio::co_spawn(loop, wait_for(gate, passed), rethrow);
  loop.restart();
  loop.poll();
  return passed;
}

TEST(ChangeGate, TheFirstDecisionCountsForThoseWhoWaitAndThoseWhoComeLater) {
  EXPECT_EQ(answers_to_two(&ChangeGate::open, &ChangeGate::refuse), (std::vector<bool>{true, true, true}));
  EXPECT_EQ(answers_to_two(&ChangeGate::refuse, &ChangeGate::open), (std::vector<bool>{false, false, false}));
}

TEST(ChangeGate, WhoIsCancelledDoesNotPass) {
  boost::asio::io_context loop;
  ChangeGate gate;
  std::vector<bool> passed;
  boost::asio::cancellation_signal signal;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, wait_for(gate, passed),
                        boost::asio::bind_cancellation_slot(signal.slot(), [&failure](std::exception_ptr thrown) { failure = thrown; }));
  loop.poll();
  signal.emit(boost::asio::cancellation_type::all);
  loop.restart();
  loop.poll();
  EXPECT_TRUE(passed.empty());
  ASSERT_TRUE(failure);
  EXPECT_THROW(std::rethrow_exception(failure), boost::system::system_error);
}

}  // namespace
}  // namespace keyward::orchestrator
