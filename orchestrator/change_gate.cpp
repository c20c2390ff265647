#include "orchestrator/change_gate.hpp"

namespace keyward::orchestrator {

void ChangeGate::open() { decide(State::open); }
void ChangeGate::refuse() { decide(State::refused); }

void ChangeGate::decide(State state) {
  if (state_ != State::closed) return;
  state_ = state;
  decided_.notify();
}

base::Task<bool> ChangeGate::pass() {
  while (state_ == State::closed) co_await decided_.wait();
  co_return state_ == State::open;
}

}  // namespace keyward::orchestrator
