#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "report/event.hpp"
#include "report/highlights.hpp"
#include "report/run_history.hpp"
#include "report/summary.hpp"

namespace keyward::report {

/// A covered account in which nothing could be changed.
inline constexpr const char* k_covered_dry_run = "covered, dry run";

/// How far ahead the dates of keys are told.
inline constexpr int k_days_ahead = 30;

/// Texts by number: of a hundred thousand keys most say the same.
class Texts {
 public:
  using Number = std::uint32_t;

  Number number_of(std::string_view text);
  const std::string& operator[](Number number) const { return *texts_[number]; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, Number, Hash, std::equal_to<>> numbers_;
  std::vector<const std::string*> texts_;
};

/// The last four characters of an access key id, without a string's weight.
class KeyTail {
 public:
  explicit KeyTail(std::string_view access_key_id);
  std::string_view str() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 4> text_{};
  std::uint8_t size_;
};

/// There may be 150,000 of them.
struct KeyRow {
  Texts::Number account, verdict, reason, last_used, next;
  int age = -1;  ///< days; -1: unknown
  std::string user;
  KeyTail last_four;
  bool active = false;
};

/// Steps of age in the heat map: three up to the rotation, one each up to deactivation and deletion, and what is older.
inline constexpr std::size_t k_age_steps = 6;
/// The days at which the steps after the first begin.
std::array<int, k_age_steps - 1> age_steps(const PolicyDays& policy);

struct AccountRow {
  std::string name, coverage;
  std::string unit;  ///< organizational unit, as in the event
  std::array<long long, k_age_steps> by_age{};  ///< active keys
  std::string last_user;  ///< a user's lines follow each other
  long long users = 0;
  long long keys = 0, active = 0, overdue = 0, inactive = 0;
  long long changed = 0, would_change = 0;
  int oldest = -1;  ///< days, of the active keys
};

using AccountEntry = std::map<std::string, AccountRow>::value_type;  ///< by account id

struct ComingDay {
  long long rotate = 0, deactivate = 0, remove = 0;
  std::vector<std::string> who;  ///< the first few
  long long total() const { return rotate + deactivate + remove; }
};

/// The age in days that `share` of the keys do not exceed; -1 without keys.
int age_quantile(const std::map<int, int>& keys_by_age, double share);
/// Keys of so many days and more.
long long keys_from(const std::map<int, int>& keys_by_age, int days);

/// What a page tells of a run: its events, counted. Names that are longer than AWS allows are cut: a page has a size.
struct RunFindings {
  /// More keys than this are counted but not listed: their page would be too large to open.
  static constexpr std::size_t k_most_keys = 150'000;

  RunSummary summary;
  RunHistory history;
  Highlights highlights;
  std::map<std::string, AccountRow> accounts;
  Texts texts;             ///< what the rows of keys say
  std::deque<KeyRow> keys;  ///< grows without a second copy of them all
  std::map<std::string, std::size_t> keys_with_change;  ///< access key id -> row, for keys whose decision is a change
  std::size_t keys_not_listed = 0;
  std::map<std::string, long long> verdicts;
  std::map<int, std::array<long long, 3>> active_by_age;  ///< days -> in policy, out of policy, exempt or unknown
  std::map<base::Instant, ComingDay> coming;              ///< midnight -> what is due on that day

  explicit RunFindings(RunSummary run, RunHistory earlier = {});

  void add(const Event& event);

  long long verdict(const std::string& name) const;
  long long all_keys() const;
  /// All active keys by age in days.
  std::map<int, int> ages() const;
  /// Keys that the policy judges: active, not exempt, known.
  long long judged() const;
  std::string account_label(const std::string& account) const;


 private:
  void count(const Event& event);
  AccountRow& account_of(const Event& event);
  void add_account(const Event& event);
  void add_action(const Event& event);
  void add_key(const Event& event);
  void add_coming(const Event& event);
};

}  // namespace keyward::report
