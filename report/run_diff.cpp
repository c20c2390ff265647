#include "report/run_diff.hpp"

#include <algorithm>
#include <tuple>

#include "report/event_log.hpp"
#include "report/gaps.hpp"

namespace keyward::report {
namespace {

using base::Result;

bool is_change(const Event& event) { return event.action == "rotate" || event.action == "deactivate" || event.action == "delete"; }

/// Something was to be done about it, by keyward or by a person.
bool is_matter(const Event& event) { return event.event == "decision" && (is_change(event) || event.action == "hold"); }

bool is_line(const Event& event) { return event.event == "decision" || event.event == "key"; }

std::string user_of(const std::string& account, const std::string& user) { return account + '/' + user; }

std::string name_of(const Event& event) {
  return event.access_key_id.empty() ? user_of(event.account, event.user) : event.access_key_id;
}

base::Error unusable(const std::filesystem::path& folder, const std::string& why) {
  return base::Error{base::ErrorKind::invalid, "plan", "NoSuchRecord", "",
                     folder.string() + ": " + why + "; name a run of state_dir/runs, or the folder of its record"};
}

}  // namespace

std::string_view to_string(Difference::Kind kind) noexcept {
  switch (kind) {
    case Difference::Kind::not_covered: return "not_covered";
    case Difference::Kind::covered: return "covered";
    case Difference::Kind::new_key: return "new_key";
    case Difference::Kind::key_gone: return "key_gone";
    case Difference::Kind::due: return "due";
    case Difference::Kind::over: return "over";
  }
  return "over";
}

Result<RunDiff> RunDiff::read(const std::filesystem::path& folder) {
  const Result<RunSummary> summary = read_summary(folder / "run.json");
  if (!summary) {
    const bool none = summary.error().kind == base::ErrorKind::not_found;
    return unusable(folder, none ? "there is no record of a finished run" : base::describe(summary.error()));
  }
  if (summary->command != "run" && summary->command != "apply") {
    return unusable(folder, "this is the record of keyward " + summary->command + ", which does not go through all users");
  }
  RunDiff diff;
  diff.run_ = summary->run;
  diff.started_ = summary->started;
  diff.whole_ = summary->plan.empty();
  const Result<EventsRead> read = read_events(folder / "events.jsonl", [&diff](const Event& event) { diff.add_earlier(event); });
  if (!read) return unusable(folder, base::describe(read.error()));
  return diff;
}

void RunDiff::add_earlier(const Event& event) {
  if (event.event == "account" && event.outcome == "covered") covered_then_.insert(event.account);
  if (is_line(event)) {
    Then& then = then_[name_of(event)];
    then.account = event.account;
    then.user = event.user;
    then.access_key_id = event.access_key_id;
    if (is_matter(event)) {
      then.action = event.action;
      then.reason = event.reason;
    }
  }
  // Somebody changed it while the plan was waiting, and the record does not say to what.
  if (event.event == "action" && event.outcome == "stale") changed_then_.insert(event.access_key_id);
  if (event.event != "action" || event.outcome != "done") return;
  // So it was at the end of the run.
  if (event.action == "delete") then_.erase(event.access_key_id);
  if (const auto found = then_.find(event.access_key_id); found != then_.end() && is_change(event)) found->second.action.clear();
  if (!event.new_access_key_id.empty()) then_[event.new_access_key_id] = {event.account, event.user, event.new_access_key_id, {}, {}};
}

void RunDiff::add(const Event& event) {
  if (!is_line(event)) return;
  if (is_unread(event)) unread_.insert(user_of(event.account, event.user));
  const std::string name = name_of(event);
  const auto before = then_.find(name);
  const bool was_there = before != then_.end();
  seen_.insert(name);
  if (is_matter(event)) {
    const bool stands = was_there && before->second.action == event.action && before->second.reason == event.reason;
    if (stands) standing_.insert(name);
    if (!stands) now_[name] = event;
  } else if (!was_there && !event.access_key_id.empty()) {
    now_.emplace(name, event);
  }
}

void RunDiff::add_covered(const std::string& account, const std::string& name) { covered_now_.emplace(account, name); }

Event RunDiff::event_of(const Then& then) const {
  Event event;
  event.time = started_;
  event.event = "decision";
  event.account = then.account;
  if (const auto found = covered_now_.find(then.account); found != covered_now_.end()) event.account_name = found->second;
  event.user = then.user;
  event.access_key_id = then.access_key_id;
  event.action = then.action;
  event.reason = then.reason;
  return event;
}

std::vector<Difference> RunDiff::differences(const RunSummary& now) const {
  using Kind = Difference::Kind;
  std::vector<Difference> found;
  for (const Uncovered& account : now.uncovered) {
    if (covered_then_.contains(account.account)) found.push_back({Kind::not_covered, uncovered_event(account, now.finished)});
  }
  for (const auto& [account, name] : covered_now_) {
    if (!whole_ || covered_then_.contains(account)) continue;
    Event event;
    event.time = now.finished;
    event.event = "account";
    event.account = account;
    event.account_name = name;
    event.outcome = "covered";
    found.push_back({Kind::covered, std::move(event)});
  }
  const auto keys_begin = static_cast<std::ptrdiff_t>(found.size());
  for (const auto& [name, event] : now_) {
    const bool is_new = !then_.contains(name) && covered_then_.contains(event.account) && !event.access_key_id.empty();
    if (is_new) found.push_back({Kind::new_key, event});
    if (is_matter(event)) found.push_back({Kind::due, event});
  }
  for (const auto& [name, then] : then_) {
    if (!covered_now_.contains(then.account) || unread_.contains(user_of(then.account, then.user))) continue;
    if (changed_then_.contains(name)) continue;
    const bool there = seen_.contains(name) || then.access_key_id.empty();
    if (!then.action.empty() && !standing_.contains(name)) found.push_back({Kind::over, event_of(then)});
    if (!there && then.action != "delete") found.push_back({Kind::key_gone, event_of(then)});
  }
  std::sort(found.begin() + keys_begin, found.end(), [](const Difference& a, const Difference& b) {
    return std::tie(a.kind, a.event.account, a.event.user, a.event.access_key_id) <
           std::tie(b.kind, b.event.account, b.event.user, b.event.access_key_id);
  });
  return found;
}

}  // namespace keyward::report
