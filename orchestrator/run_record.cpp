#include "orchestrator/run_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/html_report.hpp"
#include "report/run_history.hpp"
#include "report/user_events.hpp"

namespace keyward::orchestrator {
namespace {

using rotation::Action;
using rotation::Outcome;
using rotation::OutcomeStatus;

void count(report::RunSummary& summary, const Outcome& outcome) {
  ++summary.decisions[std::string(to_string(outcome.decision.action))];
  ++summary.outcomes[std::string(to_string(outcome.decision.action))][std::string(to_string(outcome.status))];
  if (outcome.decision.action == Action::hold) ++summary.needs_human;
  if (outcome.status == OutcomeStatus::recovery_needed) ++summary.recovery_needed;
  if (outcome.status == OutcomeStatus::held_back) ++summary.held_back;
}

bool has_unreadable_fact(const rotation::UserReport& user) {
  for (const Outcome& outcome : user.outcomes) {
    const auto reason = outcome.decision.reason;
    if (reason == rotation::Reason::fact_unknown || reason == rotation::Reason::exemption_unreadable) return true;
  }
  return false;
}

}  // namespace

std::string make_run_id(base::Instant now, std::uint64_t random) {
  return fmt::format("{}-{:04x}", base::format_basic(now), random & 0xffff);
}

void count(report::RunSummary& summary, const AccountReport& report, base::Instant now) {
  ++(writes(report.mode) ? summary.accounts_enforced : summary.accounts_dry_run);
  summary.dry_run = summary.accounts_enforced == 0;
  summary.due_since_plan += report.due_since_plan;
  for (const rotation::UserReport& user : report.users) {
    ++summary.users;
    if (has_unreadable_fact(user)) ++summary.users_unreadable;
    for (const Outcome& outcome : user.outcomes) count(summary, outcome);
    if (!user.facts.keys.is_known()) continue;
    for (const rotation::KeyFacts& key : user.facts.keys.value()) {
      ++summary.keys;
      if (rotation::out_of_policy(key, user.facts, report.settings.policy, now)) ++summary.keys_out_of_policy;
      if (key.status != rotation::KeyStatus::active || user.facts.exemption.is_known()) continue;
      const auto age = std::chrono::floor<std::chrono::days>(now - key.created);
      summary.oldest_active_key_days = std::max(summary.oldest_active_key_days, static_cast<int>(age.count()));
    }
  }
}

void count(report::RunSummary& summary, const AccountCounts& accounts) {
  if (summary.shard) summary.shard->accounts_in_organization = static_cast<int>(accounts.in_organization);
  summary.organization = accounts.organization;
  summary.accounts_total = accounts.ours;
  summary.accounts_participating = accounts.participating;
  summary.accounts_skipped = accounts.skipped;
  summary.uncovered.insert(summary.uncovered.end(), accounts.in_unknown_state.begin(), accounts.in_unknown_state.end());
}

void count(report::RunSummary& summary, const Coverage& coverage) {
  summary.accounts_covered = coverage.covered;
  for (const NotCovered& account : coverage.not_covered) {
    summary.uncovered.push_back({account.account.id.str(), account.account.name, account.reason});
  }
  std::ranges::sort(summary.uncovered, {}, &report::Uncovered::account);
  summary.stopped_by = coverage.stopped_by;
}

ExitCode exit_code_of(const report::RunSummary& summary) {
  ExitCode code = ExitCode::done;
  const bool partial = !summary.uncovered.empty() || summary.users_unreadable > 0 || summary.notices_failed > 0 ||
                       report::failed_actions(summary) > 0;
  if (partial) code = worst(code, ExitCode::partial);
  if (summary.held_back > 0 || !summary.stopped_by.empty()) code = worst(code, ExitCode::safety_stop);
  if (summary.recovery_needed > 0) code = worst(code, ExitCode::recovery_needed);
  return code;
}

base::Result<RunRecord> RunRecord::open(const std::filesystem::path& state_dir, report::RunSummary summary) {
  const auto folder = state_dir / "runs" / summary.run;
  std::error_code failed;
  std::filesystem::create_directories(folder.parent_path(), failed);
  const bool made = !failed && std::filesystem::create_directory(folder, failed);
  if (!failed && !made) {
    return base::Error{base::ErrorKind::invalid, "state_dir", k_run_exists, "", "there is a run " + summary.run + " already"};
  }
  if (failed) {
    return base::Error{base::ErrorKind::invalid, "state_dir", "Unusable", "",
                       folder.string() + ": " + failed.message() + "; set state_dir to a folder that this user may write"};
  }
  base::Result<report::EventLog> events = report::EventLog::open(folder / "events.jsonl", summary.run);
  if (!events) return events.error();
  return RunRecord(folder, std::move(summary), std::move(*events));
}

void RunRecord::discard() {
  static_cast<void>(events_.close());
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RunRecord::append(const report::Event& event) {
  highlights_.add(event);
  const base::Result<void> written = events_.append(event);
  ++summary_.events;
  if (report::is_active_key(event)) ++summary_.active_keys_by_age[std::max(0, *event.age_days)];
  if (!written && !write_failure_) write_failure_ = written.error();
}

void RunRecord::append_users(const AccountReport& report, base::Instant now) {
  for (const rotation::UserReport& user : report.users) {
    for (report::Event& line : report::user_events(report.account, user, report.settings.policy, now)) {
      line.dry_run = !writes(report.mode);
      append(line);
    }
  }
}

void RunRecord::account_skipped(const AccountReport& report, base::Instant now) {
  for (const rotation::UserReport& user : report.users) {
    for (const Outcome& outcome : user.outcomes) count(summary_, outcome);
  }
  append_users(report, now);
}

void RunRecord::account_done(const AccountReport& report, base::Instant now) {
  count(summary_, report, now);
  const bool dry_run = !writes(report.mode);
  report::Event event;
  event.time = now;
  event.event = "account";
  event.account = report.account.id.str();
  event.account_name = report.account.name;
  for (const std::string& unit : report.account.path) event.organizational_unit += (event.organizational_unit.empty() ? "" : "/") + unit;
  event.dry_run = dry_run;
  event.outcome = report.failure || report.cut_short ? "failed" : "covered";
  if (report.failure) {
    event.error = base::describe(*report.failure);
    event.request_id = report.failure->request_id;
  }
  append(event);
  append_users(report, now);
  if (report.findings) append_findings(report, now);
  for (const rotation::UserReport& user : report.earlier) {
    for (report::Event& line : report::user_events(report.account, user, report.settings.policy, now)) {
      if (line.event != "action") continue;
      line.event = "earlier_action";
      append(line);
    }
  }
}

void RunRecord::append_findings(const AccountReport& report, base::Instant now) {
  const FindingsPushed& pushed = *report.findings;
  report::Event event;
  event.time = now;
  event.event = "notice";
  event.account = report.account.id.str();
  event.account_name = report.account.name;
  event.action = "security_hub";
  event.outcome = notify::to_string(pushed.refused == 0 ? notify::NoticeStatus::sent : notify::NoticeStatus::rejected);
  event.recipient = "Security Hub";
  event.subject = fmt::format("findings of account {}", report.account.id.str());
  event.detail = fmt::format("{} of keys out of policy, {} resolved, {} not taken", pushed.failed, pushed.resolved, pushed.refused);
  if (pushed.error) {
    event.error = base::describe(*pushed.error);
    event.request_id = pushed.error->request_id;
  }
  ++(pushed.refused == 0 ? summary_.notices_sent : summary_.notices_failed);
  append(event);
}

void RunRecord::told(const Told& told, base::Instant now) {
  if (told.not_kept && !write_failure_) write_failure_ = told.not_kept;
  for (const notify::Notice& notice : told.notices) {
    report::Event event;
    event.time = now;
    event.event = "notice";
    event.action = notice.channel;
    event.outcome = notify::to_string(notice.status);
    event.recipient = notice.recipient;
    event.subject = notice.subject;
    if (notice.error) event.error = base::describe(*notice.error);
    append(event);
    ++(notice.status == notify::NoticeStatus::sent ? summary_.notices_sent : summary_.notices_failed);
  }
  for (const notify::RecipientProblem& problem : told.problems) {
    report::Event event;
    event.time = now;
    event.event = "failure";
    event.account = problem.account.str();
    if (problem.user) event.user = problem.user->str();
    event.error = problem.message;
    append(event);
    ++summary_.notices_failed;
  }
}

report::RunFiles RunRecord::files() const {
  return {report_written_ ? (folder_ / "report.html").string() : "", (folder_ / "events.jsonl").string()};
}

base::Result<void> RunRecord::finish() {
  const base::Result<void> closed = events_.close();
  if (!closed && !write_failure_) write_failure_ = closed.error();
  const base::Result<void> summary = report::write_summary(folder_ / "run.json", summary_);
  if (!summary) return summary.error();
  const base::Result<void> html = report::write_report(folder_, report::read_history(folder_.parent_path(), summary_));
  if (!html) return html.error();
  report_written_ = true;
  if (write_failure_) return *write_failure_;
  return {};
}

}  // namespace keyward::orchestrator
