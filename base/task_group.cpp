#include "base/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "base/permits.hpp"
#include "base/with_deadline.hpp"

namespace keyward::base {

namespace asio = boost::asio;
using Signal = std::shared_ptr<asio::cancellation_signal>;

struct TaskGroup::State {
  State(asio::any_io_executor executor, std::size_t max_children)
      : places(max_children), ended(executor, asio::steady_timer::time_point::max()) {}

  void cancel() {
    cancelled = true;
    const std::vector<Signal> signals = children;  // a child may end while it is told to
    for (const Signal& signal : signals) signal->emit(asio::cancellation_type::all);
  }

  Permits places;
  std::vector<Signal> children;
  std::exception_ptr failure;  ///< of the first child that failed
  asio::steady_timer ended;    ///< cancelled when the last child has ended
  bool cancelled = false;
};

namespace {

/// Runs when a child has ended.
struct ChildEnd {
  std::shared_ptr<TaskGroup::State> state;
  Signal signal;
  Permits::Permit place;

  void operator()(std::exception_ptr error) {
    const bool told_to_end = state->cancelled && error && detail::is_cancellation(error);
    if (error && !told_to_end && !state->failure) state->failure = error;
    std::erase(state->children, signal);
    if (state->children.empty()) state->ended.cancel();
  }
};

}  // namespace

TaskGroup::TaskGroup(std::shared_ptr<State> state) : state_(std::move(state)) {}

Task<void> TaskGroup::spawn(Task<void> child) { return start(state_, std::move(child)); }

Task<void> TaskGroup::start(std::shared_ptr<State> state, Task<void> child) {
  std::optional<Permits::Permit> place = co_await state->places.acquire();
  if (state->cancelled) throw boost::system::system_error(asio::error::operation_aborted);
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto signal = std::make_shared<asio::cancellation_signal>();
  state->children.push_back(signal);
  ChildEnd end{state, signal, std::move(*place)};
  asio::co_spawn(executor, std::move(child), asio::bind_cancellation_slot(signal->slot(), std::move(end)));
}

void TaskGroup::cancel() { state_->cancel(); }

std::size_t TaskGroup::running() const noexcept { return state_->children.size(); }

Task<void> run_group(std::size_t max_children, std::function<Task<void>(TaskGroup&)> body) {
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<TaskGroup::State>(executor, max_children);
  TaskGroup group(state);
  std::exception_ptr body_failure;
  try {
    co_await body(group);
  } catch (...) {
    body_failure = std::current_exception();
  }
  if (body_failure) state->cancel();

  // From here on a cancelled caller must not be thrown out before the children have ended.
  const bool throwing = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  bool caller_cancelled = false;
  boost::system::error_code ignored;
  while (!state->children.empty()) {
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await state->ended.async_wait(token);
    const asio::cancellation_state caller = co_await asio::this_coro::cancellation_state;
    if (caller.cancelled() != asio::cancellation_type::none && !caller_cancelled) {
      caller_cancelled = true;
      state->cancel();
    }
  }
  co_await asio::this_coro::throw_if_cancelled(throwing);
  if (body_failure) std::rethrow_exception(body_failure);
  if (state->failure) std::rethrow_exception(state->failure);
  if (caller_cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

}  // namespace keyward::base
