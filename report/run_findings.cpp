#include "report/run_findings.hpp"

#include <cmath>
#include <utility>

#include "report/text.hpp"
#include "report/words.hpp"

namespace keyward::report {
namespace {

// IAM allows 64 characters for a user, Organizations 50 for an account; the rest is for names of another day.
constexpr std::size_t k_longest_name = 128;
constexpr std::size_t k_longest_text = 2000;

/// Also of characters that take no place there may be no more than that.
std::string cut(const std::string& text, std::size_t longest) {
  if (text.size() <= longest) return text;
  return shorten(std::string_view(text).substr(0, longest * 4), longest);
}

}  // namespace

using std::chrono::days;

KeyTail::KeyTail(std::string_view access_key_id) : size_(static_cast<std::uint8_t>(std::min(access_key_id.size(), text_.size()))) {
  access_key_id.substr(access_key_id.size() - size_).copy(text_.data(), size_);
}

Texts::Number Texts::number_of(std::string_view text) {
  const auto known = numbers_.find(text);
  if (known != numbers_.end()) return known->second;
  const auto added = numbers_.emplace(std::string(text), static_cast<Number>(texts_.size())).first;
  texts_.push_back(&added->first);
  return added->second;
}

std::array<int, k_age_steps - 1> age_steps(const PolicyDays& policy) {
  return {policy.rotate / 3, policy.rotate * 2 / 3, policy.rotate, policy.deactivate, policy.remove};
}

RunFindings::RunFindings(RunSummary run, RunHistory earlier) : summary(std::move(run)), history(std::move(earlier)) {
  for (Uncovered& account : summary.uncovered) {
    account.name = cut(account.name, k_longest_name);
    account.reason = cut(account.reason, k_longest_text);
  }
  for (const Uncovered& account : summary.uncovered) {
    AccountRow& row = accounts[account.account];
    row.name = account.name;
    row.coverage = "NOT COVERED";
  }
}

void RunFindings::add(const Event& event) {
  const bool hostile = event.user.size() > k_longest_name || event.account_name.size() > k_longest_name ||
                       event.organizational_unit.size() > k_longest_text || event.error.size() > k_longest_text ||
                       event.detail.size() > k_longest_text;
  if (!hostile) {
    count(event);
    return;
  }
  Event shorter = event;
  shorter.user = cut(event.user, k_longest_name);
  shorter.account_name = cut(event.account_name, k_longest_name);
  shorter.organizational_unit = cut(event.organizational_unit, k_longest_text);
  shorter.error = cut(event.error, k_longest_text);
  shorter.detail = cut(event.detail, k_longest_text);
  count(shorter);
}

void RunFindings::count(const Event& event) {
  highlights.add(event);
  if (event.event == "account") add_account(event);
  if (event.event == "action") add_action(event);
  if (event.event == "decision" || event.event == "key") add_key(event);
  if (event.next_at) add_coming(event);
}

AccountRow& RunFindings::account_of(const Event& event) {
  AccountRow& row = accounts[event.account];
  if (row.name.empty()) row.name = event.account_name;
  return row;
}

void RunFindings::add_account(const Event& event) {
  if (event.outcome == "skipped") return;
  AccountRow& row = account_of(event);
  row.unit = event.organizational_unit;
  if (!row.coverage.empty()) return;
  row.coverage = event.outcome == "failed" ? "NOT COVERED" : event.dry_run ? k_covered_dry_run : event.outcome;
}

void RunFindings::add_action(const Event& event) {
  const bool change = event.action == "rotate" || event.action == "deactivate" || event.action == "delete";
  if (!change || (event.outcome != "done" && event.outcome != "dry_run")) return;
  ++(event.outcome == "done" ? account_of(event).changed : account_of(event).would_change);
  const auto row = keys_with_change.find(event.access_key_id);
  if (row == keys_with_change.end() || event.outcome != "done") return;
  std::string next = result_word(event);
  if (event.next_at) next += ", " + base::format_date(*event.next_at) + ' ' + event.next;
  keys[row->second].next = texts.number_of(next);
}

void RunFindings::add_key(const Event& event) {
  AccountRow& account = account_of(event);
  if (account.coverage.empty()) account.coverage = event.dry_run ? k_covered_dry_run : "covered";
  if (!event.user.empty() && account.last_user != event.user) {
    account.last_user = event.user;
    ++account.users;
  }
  if (event.access_key_id.empty() || event.verdict.empty()) return;
  const bool active = event.key_status == "active";
  const bool overdue = event.verdict == "out_of_policy";
  ++account.keys;
  account.active += active ? 1 : 0;
  account.inactive += event.key_status == "inactive" ? 1 : 0;
  account.overdue += overdue ? 1 : 0;
  ++verdicts[event.verdict];
  if (active && event.age_days) {
    account.oldest = std::max(account.oldest, *event.age_days);
    const int age = std::max(0, *event.age_days);
    ++active_by_age[age][overdue ? 1 : event.verdict == "ok" ? 0 : 2];
    const auto steps = age_steps(summary.policy);
    ++account.by_age[static_cast<std::size_t>(std::ranges::upper_bound(steps, age) - steps.begin())];
  }
  if (keys.size() >= k_most_keys) {
    ++keys_not_listed;
    return;
  }
  if (event.next == event.action) keys_with_change.emplace(event.access_key_id, keys.size());
  keys.push_back({texts.number_of(event.account), texts.number_of(verdict_word(event.verdict)),
                  texts.number_of(event.event == "key" ? "" : why(event)), texts.number_of(last_used(event)),
                  texts.number_of(next_step(event, summary.finished)), event.age_days.value_or(-1), event.user, KeyTail(event.access_key_id), active});
}

void RunFindings::add_coming(const Event& event) {
  const base::Instant at = *event.next_at;
  if (at <= summary.finished || at > summary.finished + days(k_days_ahead)) return;
  ComingDay& day = coming[std::chrono::floor<days>(at)];
  if (event.next == "rotate") ++day.rotate;
  if (event.next == "deactivate") ++day.deactivate;
  if (event.next == "delete") ++day.remove;
  if (day.who.size() < 3)
    day.who.push_back(event.user + " (" + (event.account_name.empty() ? event.account : event.account_name) + ")");
}

long long RunFindings::verdict(const std::string& name) const {
  const auto found = verdicts.find(name);
  return found == verdicts.end() ? 0 : found->second;
}

long long RunFindings::all_keys() const {
  long long sum = 0;
  for (const auto& [name, count] : verdicts) sum += count;
  return sum;
}

long long RunFindings::judged() const { return verdict("ok") + verdict("out_of_policy"); }

std::map<int, int> RunFindings::ages() const {
  std::map<int, int> by_age;
  for (const auto& [age, counts] : active_by_age) by_age[age] = static_cast<int>(counts[0] + counts[1] + counts[2]);
  return by_age;
}

int age_quantile(const std::map<int, int>& keys_by_age, double share) {
  const auto wanted = static_cast<long long>(std::ceil(share * static_cast<double>(keys_from(keys_by_age, 0))));
  long long seen = 0;
  for (const auto& [age, count] : keys_by_age) {
    seen += count;
    if (seen >= std::max<long long>(wanted, 1)) return age;
  }
  return -1;
}

long long keys_from(const std::map<int, int>& keys_by_age, int least) {
  long long keys = 0;
  for (auto age = keys_by_age.lower_bound(least); age != keys_by_age.end(); ++age) keys += age->second;
  return keys;
}

std::string RunFindings::account_label(const std::string& account) const {
  const auto found = accounts.find(account);
  return found == accounts.end() || found->second.name.empty() ? account : found->second.name;
}

}  // namespace keyward::report
