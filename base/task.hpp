#pragma once

#include <boost/asio/awaitable.hpp>

namespace keyward::base {

/// A coroutine of the program's single thread. Write one `co_await` per statement with named arguments (style.md).
template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace keyward::base
