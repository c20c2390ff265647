#pragma once

#include <utility>

#include "support/run.hpp"

namespace keyward::notify {

/// Runs one coroutine on a loop of its own.
template <class T>
T run(base::Task<T> task) {
  boost::asio::io_context loop;
  return test::run(loop, std::move(task));
}

}  // namespace keyward::notify
