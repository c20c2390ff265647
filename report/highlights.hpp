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
  Section needs_human;  ///< decisions that keyward leaves to a person, facts it could not read
  Section failed;       ///< actions, notices and other failures
  Section rotated;      ///< also what a dry run would have done
  Section deactivated;
  Section deleted;
  Section warned;
  Section not_done;  ///< held back by a limit, or stale

  void add(const Event& event);
};

}  // namespace keyward::report
