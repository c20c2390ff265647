#include "orchestrator/account_queue.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace keyward::orchestrator {
namespace {

accounts::Account account(const std::string& id) {
  return {*base::AccountId::parse(id), "name", "owner@example.org", accounts::AccountState::active, false, {}, {}};
}

base::Task<void> take_all(AccountQueue& queue, std::vector<std::string>& taken) {
  for (;;) {
    const std::optional<accounts::Account> next = co_await queue.next();
    taken.push_back(next ? next->id.str() : "end");
    if (!next) co_return;
  }
}

TEST(AccountQueue, HandsOutInOrderWaitsForMoreAndEnds) {
  boost::asio::io_context loop;
  AccountQueue queue;
  std::vector<std::string> taken;
  queue.add(account("222222222222"));
  boost::asio::co_spawn(loop, take_all(queue, taken), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  const auto go_on = [&loop] {
    loop.restart();
    loop.poll();
  };
  go_on();
  EXPECT_EQ(taken, (std::vector<std::string>{"222222222222"}));
  queue.add(account("444444444444"));
  queue.add(account("333333333333"));
  go_on();
  EXPECT_EQ(taken, (std::vector<std::string>{"222222222222", "444444444444", "333333333333"}));
  EXPECT_EQ(queue.added(), 3);
  queue.add(account("555555555555"));
  queue.end();
  go_on();
  EXPECT_EQ(taken, (std::vector<std::string>{"222222222222", "444444444444", "333333333333", "555555555555", "end"}));
}

}  // namespace
}  // namespace keyward::orchestrator
