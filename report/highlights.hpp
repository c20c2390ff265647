#pragma once

#include <cstddef>
#include <vector>

#include "report/event.hpp"

namespace keyward::report {

/// The events of one kind, the first `k_kept` of them in full: a run summary holds its memory however long the run was.
class Section {
 public:
  static constexpr std::size_t k_kept = 1000;

  void add(const Event& event) {
    if (kept_.size() < k_kept) kept_.push_back(event);
    ++total_;
  }
  const std::vector<Event>& kept() const noexcept { return kept_; }
  std::size_t total() const noexcept { return total_; }

 private:
  std::vector<Event> kept_;
  std::size_t total_ = 0;
};

/// What of a run's events people are told first. Each event lands in one section at most, the most pressing one.
struct Highlights {
  Section recovery;     ///< a key exists whose secret is not stored
  Section unread;       ///< decisions to leave a user alone because a fact could not be read
  Section needs_human;  ///< decisions that keyward leaves to a person
  Section interrupted;  ///< rotations that another run began and that are not settled yet
  Section failed;       ///< actions, notices and other failures
  Section not_done;     ///< held back by a limit, or stale
  Section rotated;
  Section deactivated;
  Section deleted;
  Section warned;
  Section would_rotate;  ///< in accounts in dry run, as all that follow
  Section would_deactivate;
  Section would_delete;
  Section due_soon;  ///< what would be warned of

  void add(const Event& event);
  /// Those of the accounts in dry run.
  std::size_t only_told() const noexcept {
    return would_rotate.total() + would_deactivate.total() + would_delete.total() + due_soon.total();
  }
};

}  // namespace keyward::report
