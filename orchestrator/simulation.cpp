#include "orchestrator/simulation.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>
#include <tuple>
#include <utility>

#include "notify/recipients.hpp"
#include "notify/wording.hpp"
#include "orchestrator/change_budget.hpp"
#include "rotation/auditor.hpp"

namespace keyward::orchestrator {

using base::Instant;
using report::SimulatedDay;
using rotation::Action;
using rotation::ForecastStep;
using std::chrono::days;

namespace {

bool is_unreadable(const rotation::UserFacts& facts) {
  if (facts.exemption.is_unknown() || facts.keys.is_unknown()) return true;
  if (facts.exemption.is_known()) return false;
  return facts.ledger.is_unknown() ||
         std::ranges::any_of(facts.keys.value(), [](const rotation::KeyFacts& key) { return key.last_use.is_unknown(); });
}

void count(SimulatedDay& day, const ForecastStep& step) {
  if (step.held_back) {
    ++day.held_back;
    return;
  }
  switch (step.decision.action) {
    case Action::rotate: ++day.rotations; return;
    case Action::deactivate: ++day.deactivations; return;
    case Action::remove: ++day.deletions; return;
    case Action::warn: ++day.warnings; return;
    case Action::hold: day.needs_human += step.stands ? 0 : 1; return;
    default: return;
  }
}

/// What stands as it stood the day before was told then, but for a warning that an action waits for.
bool is_told(const ForecastStep& step, Instant at) {
  if (step.decision.action == Action::none) return false;
  const auto status = step.held_back ? rotation::OutcomeStatus::held_back : rotation::OutcomeStatus::done;
  const rotation::Outcome outcome = rotation::make_outcome(step.decision, status, at);
  return notify::concerns_people(outcome) && (!step.stands || notify::warned_action(outcome));
}

}  // namespace

std::chrono::days Simulation::early_enough(const rotation::Policy& policy) {
  return std::max(days(1), days(report::k_check_days) - policy.install_grace - policy.hold_while_in_use);
}

void Simulation::add(const AccountReport& report, const rotation::UserSelection& selection, const notify::AddressBook& book) {
  const AccountSettings& settings = report.settings;
  accounts_.push_back({report.account.id, settings.dry_run, {settings.policy, adoption_, settings.notify.require_warning, std::nullopt}});
  for (const rotation::UserReport& user : report.users) {
    SimulatedUser simulated{accounts_.size() - 1, user.facts, {}, {}};
    if (user.facts.exemption.is_known()) simulated.exempt_until = rotation::exempt_until(report.account.id, user.facts.name, selection, now_);
    for (const notify::MailAddress& address : notify::recipients_for(report.account, user.facts, settings.notify, book).addresses) {
      simulated.recipients.push_back(mailboxes_.try_emplace(notify::mailbox_key(address), mailboxes_.size()).first->second);
    }
    simulated.facts.tags = rotation::Fact<std::map<std::string, std::string>>::absent();  // no rule looks at them
    users_.push_back(std::move(simulated));
  }
}

int Simulation::exempt_users() const {
  return static_cast<int>(std::ranges::count_if(users_, [](const SimulatedUser& user) { return user.facts.exemption.is_known(); }));
}

int Simulation::unreadable_users() const {
  return static_cast<int>(std::ranges::count_if(users_, [](const SimulatedUser& user) { return is_unreadable(user.facts); }));
}

int Simulation::users_without_recipient() const {
  return static_cast<int>(std::ranges::count_if(users_, [](const SimulatedUser& user) { return user.recipients.empty(); }));
}

int Simulation::accounts_dry_run() const { return static_cast<int>(std::ranges::count(accounts_, true, &SimulatedAccount::dry_run)); }

std::vector<const Simulation::SimulatedUser*> Simulation::users_in_order() const {
  std::vector<const SimulatedUser*> ordered;
  ordered.reserve(users_.size());
  for (const SimulatedUser& user : users_) ordered.push_back(&user);
  std::ranges::sort(ordered, {}, [this](const SimulatedUser* user) { return std::tie(accounts_[user->account].id, user->facts.name); });
  return ordered;
}

/// One pass over the days.
struct Simulation::Play {
  const Simulation& of;
  std::vector<SimulatedDay> days_of;
  std::vector<Instant> oldest;            ///< creation of the oldest active key, by day
  std::vector<std::vector<std::uint32_t>> calendar;  ///< the users that a day has something to say about
  std::vector<int> told_on;               ///< the last day of each mailbox
  std::vector<int> over_90;               ///< by how many keys each day differs from the day before
  std::vector<int> out_of_policy;

  Play(const Simulation& simulation, int count) : of(simulation), oldest(static_cast<std::size_t>(count), Instant::max()) {
    const auto size = static_cast<std::size_t>(count);
    days_of.resize(size);
    for (std::size_t day = 0; day < size; ++day) days_of[day].at = of.now_ + days(day);
    calendar.resize(size);
    calendar.front().resize(of.users_.size());
    std::iota(calendar.front().begin(), calendar.front().end(), 0U);
    over_90.resize(size + 1);
    out_of_policy.resize(size + 1);
    told_on.assign(of.mailboxes_.size(), -1);
  }

  int length() const { return static_cast<int>(days_of.size()); }
  SimulatedDay& on(int day) { return days_of[static_cast<std::size_t>(day)]; }

  void tell(const SimulatedUser& user, int day) {
    for (const std::size_t mailbox : user.recipients) {
      if (std::exchange(told_on[mailbox], day) != day) ++on(day).mails;
    }
  }

  /// The user's keys are the same from one day to before another.
  void count_keys(const rotation::UserFacts& facts, const rotation::Policy& policy, int from, int to) {
    if (!facts.keys.is_known()) return;
    for (const rotation::KeyFacts& key : facts.keys.value()) {
      if (key.status != rotation::KeyStatus::active) continue;
      // A key only grows older: what is true of it on one day is true on the days after it.
      const auto first_day = [&](const auto& is_so) {
        const auto range = std::views::iota(from, to);
        return *std::ranges::partition_point(range, [&](int day) { return !is_so(on(day).at); });
      };
      const int over = first_day([&](Instant at) { return at + days(1) - key.created >= days(report::k_check_days + 1); });
      if (over < to) {
        ++over_90[static_cast<std::size_t>(over)];
        --over_90[static_cast<std::size_t>(to)];
      }
      if (!facts.exemption.is_absent()) continue;
      const int out = first_day([&](Instant at) { return rotation::out_of_policy(key, facts, policy, at); });
      if (out < to) {
        ++out_of_policy[static_cast<std::size_t>(out)];
        --out_of_policy[static_cast<std::size_t>(to)];
      }
      for (int day = from; day < to; ++day) {
        Instant& eldest = oldest[static_cast<std::size_t>(day)];
        eldest = std::min(eldest, key.created);
      }
    }
  }
};

std::vector<SimulatedDay> Simulation::run(int length, Variant variant) const {
  std::vector<rotation::ForecastSettings> settings;
  settings.reserve(accounts_.size());
  for (const SimulatedAccount& account : accounts_) {
    settings.push_back(account.settings);
    rotation::Policy& policy = settings.back().policy;
    if (variant == Variant::earlier) policy.rotate_after = std::min(policy.rotate_after, early_enough(policy));
  }
  std::vector<rotation::UserForecast> forecasts;
  forecasts.reserve(users_.size());
  const std::vector<const SimulatedUser*> users = users_in_order();
  forecasts.reserve(users.size());
  for (const SimulatedUser* user : users) forecasts.emplace_back(user->facts, now_);

  Play play(*this, length);
  for (int day = 0; day < length; ++day) {
    std::vector<std::uint32_t> due = std::move(play.calendar[static_cast<std::size_t>(day)]);
    std::ranges::sort(due);
    ChangeBudget budget(limits_.max_changes, limits_.max_changes_per_account);
    const base::AccountId* account = nullptr;
    const rotation::MayChange may_change = [&budget, &account] { return budget.take(*account); };
    for (const std::uint32_t number : due) {
      const SimulatedUser& user = *users[number];
      rotation::UserForecast& forecast = forecasts[number];
      rotation::ForecastSettings& of_account = settings[user.account];
      of_account.exempt_until = user.exempt_until;
      account = &accounts_[user.account].id;
      bool told = false;
      for (const ForecastStep& step : forecast.run(day, of_account, may_change)) {
        count(play.on(day), step);
        told = told || is_told(step, play.on(day).at);
      }
      if (told) play.tell(user, day);
      const int next = std::min(forecast.next_day().value_or(length), length);
      play.count_keys(forecast.facts(), of_account.policy, day, next);
      if (next < length) play.calendar[static_cast<std::size_t>(next)].push_back(number);
    }
  }
  std::partial_sum(play.over_90.begin(), play.over_90.end(), play.over_90.begin());
  std::partial_sum(play.out_of_policy.begin(), play.out_of_policy.end(), play.out_of_policy.begin());
  for (int day = 0; day < length; ++day) {
    play.on(day).over_90 = play.over_90[static_cast<std::size_t>(day)];
    play.on(day).out_of_policy = play.out_of_policy[static_cast<std::size_t>(day)];
    const Instant eldest = play.oldest[static_cast<std::size_t>(day)];
    if (eldest == Instant::max()) continue;
    play.on(day).oldest_days = static_cast<int>(std::chrono::floor<days>(play.on(day).at - eldest).count());
  }
  return std::move(play.days_of);
}

}  // namespace keyward::orchestrator
