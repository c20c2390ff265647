#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <optional>
#include <tuple>
#include <utility>

#include "base/deadline.hpp"
#include "base/task.hpp"

namespace keyward::base {

namespace detail {

template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>& result) {
  T value = co_await std::move(task);
  result.emplace(std::move(value));
}

inline bool is_cancellation(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace detail

/// Runs a task that knows no deadline under one. Nothing when the deadline came first: the task was cancelled then, and
/// has ended when this returns. A task that ends with a value all the same is believed. Exceptions of the task and
/// cancellation of the caller pass through. Prefer calls that take the deadline themselves.
template <class T>
Task<std::optional<T>> with_deadline(Task<T> task, Deadline deadline) {
  boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  std::optional<T> result;
  boost::asio::steady_timer timer(executor, deadline.remaining());
  auto group = boost::asio::experimental::make_parallel_group(
      boost::asio::co_spawn(executor, detail::keep_result(std::move(task), result), boost::asio::deferred),
      timer.async_wait(boost::asio::deferred));
  auto first = boost::asio::experimental::wait_for_one();
  auto ends = co_await group.async_wait(first, boost::asio::use_awaitable);
  const std::exception_ptr failure = std::get<1>(ends);
  const bool timer_fired = !std::get<2>(ends);
  if (!failure || result) co_return std::move(result);
  if (timer_fired && detail::is_cancellation(failure)) co_return std::nullopt;
  std::rethrow_exception(failure);
}

}  // namespace keyward::base
