#include "base/condition.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace keyward::base {

Task<void> Condition::wait() {
  boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  if (!changed_) changed_.emplace(std::move(executor), boost::asio::steady_timer::time_point::max());
  const std::uint64_t before = changes_;
  boost::system::error_code ended;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ended);
  co_await changed_->async_wait(token);
  if (changes_ == before) throw boost::system::system_error(boost::asio::error::operation_aborted);
}

void Condition::notify() {
  ++changes_;
  if (changed_) changed_->cancel();
}

}  // namespace keyward::base
