#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "rotation/decision.hpp"
#include "rotation/explanation.hpp"

namespace keyward::rotation {

/// What the rules note down while they decide. Without a list of lines nothing is built for it, because simulations decide
/// millions of times.
class Recorder {
 public:
  Recorder(base::Instant now, std::vector<RuleLine>* lines) : now_(now), lines_(lines) {}

  /// From `at` on a comparison with a date comes out differently.
  void turns(base::Instant at) {
    if (at > now_) until_ = std::min(until_.value_or(at), at);
  }
  /// Before this moment time alone changes nothing in what was decided; nothing: it never does.
  std::optional<base::Instant> until() const noexcept { return until_; }

  void fired(Row row, const KeyFacts* key) {
    if (lines_ != nullptr) lines_->push_back({row, id_of(key), true, {}, std::nullopt});
  }
  /// `why`: a text, or what makes one.
  template <class Why>
  void passed(Row row, const KeyFacts* key, Why&& why, std::optional<base::Instant> from = std::nullopt) {
    if (lines_ == nullptr) return;
    if constexpr (std::is_invocable_v<Why>) {
      lines_->push_back({row, id_of(key), false, why(), from});
    } else {
      lines_->push_back({row, id_of(key), false, std::forward<Why>(why), from});
    }
  }
  /// A row that goes before all that fired so far.
  void overruled(Row row, const KeyFacts* key, std::optional<base::Instant> from) {
    if (lines_ == nullptr) return;
    for (RuleLine& line : *lines_) {
      if (!line.fired) continue;
      line.fired = false;
      line.why = "what began so recently is decided about from the next day on";
      line.from = from;
    }
    fired(row, key);
  }

 private:
  static std::optional<base::AccessKeyId> id_of(const KeyFacts* key) {
    return key == nullptr ? std::nullopt : std::optional(key->id);
  }
  base::Instant now_;
  std::vector<RuleLine>* lines_;
  std::optional<base::Instant> until_;
};

/// The rules of docs/policy.md (decision.hpp: decide()).
std::vector<Decision> apply_rules(const UserFacts& facts, const Policy& policy, base::Instant now, Recorder& recorder);

/// Which dates count as reached.
bool reached(base::Instant due, base::Instant now);
int first_warning(const Policy& policy);
/// Due, or close enough that its owner is told about it.
bool near(base::Instant due, const Policy& policy, base::Instant now);

}  // namespace keyward::rotation
