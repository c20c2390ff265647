#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "report/event.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// One thing that is not as it was at the end of an earlier run.
struct Difference {
  enum class Kind { not_covered, covered, new_key, key_gone, due, over };
  Kind kind = Kind::due;
  Event event;  ///< of now; of a key that is gone and of a matter that is over as it was then
};

std::string_view to_string(Difference::Kind kind) noexcept;

/// What changed since a run, from its record: one small entry for each of its keys is held in memory. What the run itself
/// did is no change.
class RunDiff {
 public:
  /// Errors: `not_found` without a record, `invalid` for one that cannot be read or holds a part of the accounts' users only.
  static base::Result<RunDiff> read(const std::filesystem::path& folder);

  const std::string& run() const noexcept { return run_; }
  base::Instant started() const noexcept { return started_; }

  /// A line about a user's key of now: a "decision" or a "key". In any order.
  void add(const Event& event);
  void add_covered(const std::string& account, const std::string& name);

  /// Accounts first, then keys by account. `now` names those that are not covered now.
  std::vector<Difference> differences(const RunSummary& now) const;

 private:
  /// A key, or a user where the line names no key.
  struct Then {
    std::string account;
    std::string user;
    std::string access_key_id;
    std::string action;  ///< what was to be done, or to be decided by a person; empty: nothing
    std::string reason;
  };

  void add_earlier(const Event& event);
  Event event_of(const Then& then) const;

  std::string run_;
  base::Instant started_;
  bool whole_ = true;  ///< it went through all accounts, and not through those of a plan
  std::map<std::string, Then> then_;
  std::set<std::string> covered_then_;
  std::set<std::string> changed_then_;              ///< keys that were not as its plan said: how they were is not known
  std::map<std::string, std::string> covered_now_;  ///< account id -> name
  std::map<std::string, Event> now_;                ///< what was not so then, by key
  std::set<std::string> seen_;                      ///< keys and users of now
  std::set<std::string> standing_;                  ///< keys and users whose matter is the one of then
  std::set<std::string> unread_;                    ///< "account/user" of whom something cannot be read now
};

}  // namespace keyward::report
