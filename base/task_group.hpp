#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/task.hpp"

namespace keyward::base {

/// Children that run side by side, at most so many at once. Exists only inside run_group(), which joins them, so no
/// child outlives what the group's owner lent it.
class TaskGroup {
 public:
  struct State;
  explicit TaskGroup(std::shared_ptr<State> state);

  /// Waits for a free place, then starts the child. Throws operation_aborted when the caller or the group is cancelled;
  /// the child is then not started. A child owns what it uses, or uses what outlives run_group().
  Task<void> spawn(Task<void> child);
  /// Asks every child to end, and lets no new one start.
  void cancel();
  /// Children running now.
  std::size_t running() const noexcept;

 private:
  static Task<void> start(std::shared_ptr<State> state, Task<void> child);
  std::shared_ptr<State> state_;
};

/// Runs `body`, which starts children in the group it is given, and returns when all of them have ended.
/// - A child that throws does not stop the others; its exception is thrown here once all have ended (the first one, and
///   before it the body's own).
/// - When the caller is cancelled or the body throws, the children are cancelled and still waited for.
/// `body` may be a lambda with captures that calls a coroutine, but not one that is a coroutine itself.
Task<void> run_group(std::size_t max_children, std::function<Task<void>(TaskGroup&)> body);

}  // namespace keyward::base
