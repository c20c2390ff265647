#pragma once

#include <string>
#include <utility>
#include <variant>

namespace keyward::rotation {

/// A fact of the world: known, known to be absent, or unknown. Unknown is not "no": it forbids every destructive step.
template <class T>
class Fact {
 public:
  static Fact known(T value) { return Fact(State(std::in_place_index<0>, std::move(value))); }
  static Fact absent() { return Fact(State(std::in_place_index<1>)); }
  /// `why` is for people: the error of the call that should have told.
  static Fact unknown(std::string why) { return Fact(State(std::in_place_index<2>, std::move(why))); }

  Fact() : Fact(unknown("not read")) {}

  bool is_known() const noexcept { return state_.index() == 0; }
  bool is_absent() const noexcept { return state_.index() == 1; }
  bool is_unknown() const noexcept { return state_.index() == 2; }
  /// Only when is_known().
  const T& value() const { return std::get<0>(state_); }
  T& value() { return std::get<0>(state_); }
  /// Why it is not known; empty otherwise.
  std::string why() const { return is_unknown() ? std::get<2>(state_) : std::string(); }

 private:
  using State = std::variant<T, std::monostate, std::string>;
  explicit Fact(State state) : state_(std::move(state)) {}
  State state_;
};

}  // namespace keyward::rotation
