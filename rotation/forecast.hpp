#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rotation/decision.hpp"

// What keyward will do about a user's keys if nobody interferes. Pure; the rules are decide()'s.
namespace keyward::rotation {

/// What owners do with the new key of a rotation, and when the old one of two is announced to go.
enum class Adoption {
  prompt,  ///< they go over to the other key the next day
  late,    ///< they use the old key until it is deactivated, and go over then
  never,   ///< they use the old key until it is deactivated, and no other then
};

struct ForecastSettings {
  Policy policy;
  Adoption adoption = Adoption::prompt;
  bool require_warning = false;               ///< notify.require_warning
  std::optional<base::Instant> exempt_until;  ///< of an exempt user: first moment at which he takes part again
};

/// Asked before every change; false: a limit holds it back.
using MayChange = std::function<bool()>;

/// A decision of a coming run, and what became of it.
struct ForecastStep {
  Decision decision;
  bool held_back = false;                    ///< by a limit: decided about again the next day
  bool stands = false;                       ///< a hold, wait or held back change that the run before had, too
  std::optional<base::AccessKeyId> new_key;  ///< of a rotation: a made-up id
};

/// One user, run by run: one run a day, at the time of day of the first. Keys that were used in the last 30 days go on being
/// used as they were; the others stay unused.
class UserForecast {
 public:
  /// The facts as they are at `now`, read completely: what was not asked for counts as unknown.
  UserForecast(UserFacts facts, base::Instant now);

  /// The run of this day, 0 being the first: what it does to the user's keys and record is what later days see. Days may be
  /// left out before next_day().
  std::vector<ForecastStep> run(int day, const ForecastSettings& settings, const MayChange& may_change);

  /// The first day after the last run() on which a run has something to say that this one had not; nothing: never.
  const std::optional<int>& next_day() const noexcept { return next_day_; }

  /// As they are after the last run().
  const UserFacts& facts() const noexcept { return facts_; }

 private:
  /// How somebody uses a key.
  struct Habit {
    std::chrono::seconds ago{0};  ///< the last use before each run
    std::string service;
    std::string region;
  };
  /// What a run had to say that is not told again.
  struct Standing {
    Action action;
    Reason reason;
    std::optional<base::AccessKeyId> key;
    bool operator==(const Standing&) const = default;
  };

  base::Instant at(int day) const { return start_ + std::chrono::days(day); }
  int day_of(base::Instant moment) const;
  void settle_interrupted();
  void use_keys(base::Instant now);
  bool still_follows(const Decision& decision, const Policy& policy, base::Instant now) const;
  bool put_off(ForecastStep& step, bool first_run);
  bool perform(ForecastStep& step, const ForecastSettings& settings, base::Instant now);
  void carry_out(ForecastStep& step, const ForecastSettings& settings, base::Instant now);
  void rotate(ForecastStep& step, base::Instant now);
  void deactivate(const base::AccessKeyId& key, base::Instant now);
  void hand_over(const base::AccessKeyId& from);
  void stop_using(const base::AccessKeyId& key) { habits_.erase(key); }
  void remember_warning(const Decision& decision);

  UserFacts facts_;
  base::Instant start_;
  std::map<base::AccessKeyId, Habit> habits_;  ///< of keys in use
  std::set<std::pair<base::AccessKeyId, Action>> warned_;
  std::vector<Standing> standing_;
  std::optional<int> next_day_;
  int made_ = 0;
};

/// The steps of the coming runs that say something: what stands as it stood the day before is named once.
struct ForecastEvent {
  int day = 0;
  base::Instant at;
  ForecastStep step;
};
std::vector<ForecastEvent> forecast(const UserFacts& facts, const ForecastSettings& settings, base::Instant now, int days);

}  // namespace keyward::rotation
