#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/task.hpp"

namespace keyward::test {

/// Runs the loop until the task has ended and returns its value or throws its exception. Other work of the loop
/// (servers) goes on meanwhile and stays.
template <class T>
T run(boost::asio::io_context& loop, base::Task<T> task) {
  std::optional<T> value;
  std::exception_ptr failure;
  bool ended = false;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
    failure = error;
    if (!error) value.emplace(std::move(result));
    ended = true;
  });
  loop.restart();
  while (!ended && loop.run_one() != 0) {
  }
  if (failure) std::rethrow_exception(failure);
  return std::move(value.value());
}

inline void run(boost::asio::io_context& loop, base::Task<void> task) {
  std::exception_ptr failure;
  bool ended = false;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) {
    failure = error;
    ended = true;
  });
  loop.restart();
  while (!ended && loop.run_one() != 0) {
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace keyward::test
