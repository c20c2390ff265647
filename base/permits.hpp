#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "base/deadline.hpp"
#include "base/task.hpp"

namespace keyward::base {

/// A fixed number of places, handed out first come, first served: connections, descriptors, children of a task group.
/// For one event loop on one thread.
class Permits {
  struct State;

 public:
  /// One place; given back on destruction.
  class Permit {
   public:
    Permit(Permit&&) noexcept = default;
    Permit& operator=(Permit&& other) noexcept {
      std::swap(state_, other.state_);
      return *this;
    }
    ~Permit();

   private:
    friend class Permits;
    explicit Permit(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
  };

  explicit Permits(std::size_t places);
  /// Waiters end with operation_aborted; permits still held may outlive this object.
  ~Permits();
  Permits(const Permits&) = delete;
  Permits& operator=(const Permits&) = delete;

  /// Waits for a place. Nothing when the deadline passes first; throws operation_aborted when cancelled or when the
  /// object is destroyed meanwhile. A place never goes to a waiter who has left.
  Task<std::optional<Permit>> acquire(Deadline deadline = Deadline::never());

  /// A place if one is free at once; acquire() without a coroutine for it.
  std::optional<Permit> try_acquire();

  std::size_t free() const noexcept;
  std::size_t waiting() const noexcept;

 private:
  struct Waiter;
  static std::optional<Permit> take(const std::shared_ptr<State>& state);
  static Task<std::optional<Permit>> wait(std::shared_ptr<State> state, Deadline deadline);

  std::shared_ptr<State> state_;
};

}  // namespace keyward::base
