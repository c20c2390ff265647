#include "orchestrator/account_queue.hpp"

#include <utility>

namespace keyward::orchestrator {

void AccountQueue::add(accounts::Account account) {
  waiting_.push_back(std::move(account));
  ++added_;
  changed_.notify();
}

void AccountQueue::end() {
  ended_ = true;
  changed_.notify();
}

base::Task<std::optional<accounts::Account>> AccountQueue::next() {
  while (waiting_.empty() && !ended_) co_await changed_.wait();
  if (waiting_.empty()) co_return std::nullopt;
  accounts::Account account = std::move(waiting_.front());
  waiting_.pop_front();
  co_return std::optional<accounts::Account>(std::move(account));
}

}  // namespace keyward::orchestrator
