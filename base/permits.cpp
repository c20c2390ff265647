#include "base/permits.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <iterator>
#include <list>

namespace keyward::base {

struct Permits::State {
  std::size_t free = 0;
  bool closed = false;
  std::list<Waiter*> queue;  ///< a list: thousands may wait, and each leaves from where it stands

  void release();
};

/// Stands in the queue for as long as it lives, wherever its coroutine ends.
struct Permits::Waiter {
  Waiter(std::shared_ptr<State> owner, boost::asio::any_io_executor executor, std::chrono::milliseconds patience)
      : state(std::move(owner)), wake(executor, patience) {
    state->queue.push_back(this);
    place = std::prev(state->queue.end());
  }
  ~Waiter() {
    if (queued) state->queue.erase(place);
    if (granted) state->release();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  std::shared_ptr<State> state;
  boost::asio::steady_timer wake;
  std::list<Waiter*>::iterator place;
  bool queued = true;
  bool granted = false;
};

void Permits::State::release() {
  if (queue.empty() || closed) {
    ++free;
    return;
  }
  Waiter* next = queue.front();
  queue.pop_front();
  next->queued = false;
  next->granted = true;
  next->wake.cancel();
}

Permits::Permit::~Permit() {
  if (state_) state_->release();
}

Permits::Permits(std::size_t places) : state_(std::make_shared<State>()) { state_->free = places; }

Permits::~Permits() {
  state_->closed = true;
  for (Waiter* waiter : state_->queue) waiter->wake.cancel();
}

Task<std::optional<Permits::Permit>> Permits::acquire(Deadline deadline) { return wait(state_, deadline); }

std::optional<Permits::Permit> Permits::try_acquire() { return take(state_); }

std::optional<Permits::Permit> Permits::take(const std::shared_ptr<State>& state) {
  if (state->free == 0 || state->closed) return std::nullopt;
  --state->free;
  return Permit(state);
}

Task<std::optional<Permits::Permit>> Permits::wait(std::shared_ptr<State> state, Deadline deadline) {
  std::optional<Permit> at_once = take(state);
  if (at_once) co_return std::move(at_once);
  boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  Waiter waiter(state, executor, deadline.remaining());
  boost::system::error_code ended;
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ended);
  if (!state->closed) co_await waiter.wake.async_wait(token);
  if (waiter.granted) {
    waiter.granted = false;
    co_return Permit(std::move(state));
  }
  if (!ended && !state->closed) co_return std::nullopt;
  throw boost::system::system_error(boost::asio::error::operation_aborted);
}

std::size_t Permits::free() const noexcept { return state_->free; }
std::size_t Permits::waiting() const noexcept { return state_->queue.size(); }

}  // namespace keyward::base
