#include "life_histories.hpp"

#include <initializer_list>

namespace keyward::rotation::life {
namespace {

using rc::Gen;
using std::chrono::days;
namespace gen = rc::gen;

// RapidCheck lets numbers and lists grow from case to case. A history has its whole breadth from the first case on.

Gen<int> number(int least, int most) { return gen::resize(rc::kNominalSize, gen::inRange(least, most + 1)); }

template <class T>
Gen<std::vector<T>> up_to(int most, Gen<T> element) {
  return gen::resize(most, gen::container<std::vector<T>>(std::move(element)));
}

template <class T>
Gen<std::vector<T>> up_to_if(bool allowed, int most, Gen<T> element) {
  return up_to(allowed ? most : 0, std::move(element));
}

Gen<days> some_days(Gen<int> count) {
  return gen::map(std::move(count), [](int d) { return days(d); });
}

Gen<int> any_day() { return number(0, k_days - 1); }

Gen<Policy> policies() {
  const Gen<int> grace = gen::weightedOneOf<int>({{2, gen::just(10)}, {2, number(1, 20)}});
  return gen::build<Policy>(
      gen::set(&Policy::rotate_after, some_days(gen::weightedOneOf<int>({{3, gen::just(90)}, {2, number(15, 60)}, {1, number(61, 200)}}))),
      gen::set(&Policy::install_grace, some_days(grace)), gen::set(&Policy::recovery_grace, some_days(grace)),
      gen::set(&Policy::warn_days, gen::weightedElement<std::vector<int>>({{3, {14, 7, 3, 1}}, {1, {7, 1}}, {1, {10}}, {1, {1}}, {1, {}}})),
      gen::set(&Policy::hold_while_in_use, some_days(gen::weightedOneOf<int>({{3, gen::just(0)}, {1, number(1, 20)}}))),
      gen::set(&Policy::conflict, gen::weightedElement<ConflictRule>(
                                      {{4, ConflictRule::retire_lru}, {1, ConflictRule::delete_lru}, {1, ConflictRule::hold}})),
      gen::set(&Policy::unused_keys, gen::weightedElement<UnusedRule>({{2, UnusedRule::rotate}, {1, UnusedRule::retire}})));
}

Gen<Habit> habits() {
  return gen::build<Habit>(
      gen::set(&Habit::starts_after,
               gen::weightedOneOf<int>({{4, gen::just(0)}, {3, number(1, 30)}, {1, number(31, 120)}, {2, gen::just(k_never)}})),
      gen::set(&Habit::every, gen::weightedOneOf<int>({{4, gen::just(1)}, {2, number(2, 14)}, {1, number(15, 60)}})),
      gen::set(&Habit::stops_after, gen::weightedOneOf<int>({{2, gen::just(0)}, {2, number(1, 30)}, {2, gen::just(k_never)}})),
      gen::set(&Habit::service, gen::weightedElement<std::string>({{5, "s3"}, {1, "sts"}})));
}

Gen<FirstKey> first_keys(bool maybe_inactive) {
  const std::size_t inactive = maybe_inactive ? 1 : 0;
  return gen::build<FirstKey>(
      gen::set(&FirstKey::age, gen::weightedOneOf<int>({{2, number(0, 120)}, {1, number(0, 400)}})),
      gen::set(&FirstKey::status, gen::weightedElement<KeyStatus>({{5, KeyStatus::active}, {inactive, KeyStatus::inactive}})));
}

/// What people do comes in bursts: a key is switched off and on again some days later.
Gen<std::vector<Interference>> people(bool allowed) {
  const Gen<Interference> deed = gen::build<Interference>(
      gen::set(&Interference::day, number(0, 20)),
      gen::set(&Interference::deed, gen::weightedElement<Deed>({{4, Deed::activate},
                                                                {4, Deed::deactivate},
                                                                {2, Deed::remove},
                                                                {3, Deed::create},
                                                                {1, Deed::forget_record}})),
      gen::set(&Interference::key, number(0, 1)));
  using Burst = std::pair<int, std::vector<Interference>>;
  return gen::map(up_to_if<Burst>(allowed, 5, gen::pair(any_day(), up_to(6, deed))), [](const std::vector<Burst>& bursts) {
    std::vector<Interference> all;
    for (const auto& [day, deeds] : bursts) {
      for (Interference one : deeds) {
        one.day += day;
        all.push_back(one);
      }
    }
    return all;
  });
}

Gen<Span> spans(Gen<int> length) {
  return gen::build<Span>(gen::set(&Span::day, any_day()), gen::set(&Span::days, std::move(length)));
}

Gen<Blindness> blindness() {
  return gen::build<Blindness>(
      gen::set(&Blindness::span, spans(gen::weightedOneOf<int>({{3, number(1, 3)}, {1, number(4, 40)}}))),
      gen::set(&Blindness::what,
               gen::element(Unread::keys, Unread::record, Unread::exemption, Unread::use_of_older, Unread::use_of_newer)));
}

Gen<Death> deaths() {
  return gen::build<Death>(gen::set(&Death::day, any_day()), gen::set(&Death::after, number(1, 2)));
}

Gen<PolicyChange> policy_changes() {
  return gen::build<PolicyChange>(gen::set(&PolicyChange::day, any_day()), gen::set(&PolicyChange::policy, policies()));
}

}  // namespace

Gen<History> histories(Allowed allowed) {
  const Gen<int> gap = gen::weightedOneOf<int>({{3, number(1, 3)}, {2, number(4, 60)}});
  return gen::build<History>(
      gen::set(&History::policy, policies()),
      gen::set(&History::policy_changes, up_to_if(allowed.policy_changes, 2, policy_changes())),
      gen::set(&History::keys, up_to(allowed.keys, first_keys(allowed.people))),
      gen::set(&History::habits, up_to(4, habits())),
      gen::set(&History::people, people(allowed.people)),
      gen::set(&History::missed, up_to_if(allowed.missed_runs, 8, spans(gap))),
      gen::set(&History::blind, up_to_if(allowed.trouble, 5, blindness())),
      gen::set(&History::exempt, up_to_if(allowed.trouble, 2, spans(number(1, 60)))),
      gen::set(&History::refused, up_to_if(allowed.trouble, 3, spans(number(1, 10)))),
      gen::set(&History::deaths, up_to_if(allowed.trouble, 60, deaths())),
      gen::set(&History::forgetful, up_to_if(allowed.trouble, 4, any_day())),
      gen::set(&History::twice, up_to_if(allowed.missed_runs, 5, any_day())),
      gen::set(&History::start_minutes, up_to(7, number(0, 55))));
}

}  // namespace keyward::rotation::life
