#include "report/prometheus.hpp"

#include <fmt/format.h>

#include <array>

#include "report/text.hpp"

namespace keyward::report {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Writes families of gauges: HELP and TYPE once, then their samples.
class Exposition {
 public:
  explicit Exposition(Labels always) : always_(std::move(always)) {}

  void family(std::string_view name, std::string_view help) {
    name_ = name;
    text_ += "# HELP " + name_ + ' ' + std::string(help) + "\n# TYPE " + name_ + " gauge\n";
  }
  void sample(long long value, const Labels& labels = {}) { sample(std::to_string(value), labels); }
  void sample(const std::string& value, const Labels& labels) {
    std::string list;
    for (const Labels* some : {static_cast<const Labels*>(&always_), &labels}) {
      for (const auto& [label, content] : *some) list += (list.empty() ? "" : ",") + label + "=\"" + escaped(content) + '"';
    }
    text_ += name_ + (list.empty() ? "" : '{' + list + '}') + ' ' + value + '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  static std::string escaped(std::string_view content) {
    std::string text;
    for (const char c : printable(content)) {
      if (c == '\\' || c == '"') text += '\\';
      text += c;
    }
    return text;
  }
  Labels always_;
  std::string name_;
  std::string text_;
};

constexpr long long k_day = 24 * 60 * 60;
// Fixed, whatever the policy's days are: a dashboard's series must not change their names with a setting.
constexpr std::array<const char*, 4> k_buckets{"lt90", "90_100", "100_110", "ge110"};

std::size_t bucket_of(int age_days) { return age_days < 90 ? 0 : age_days < 100 ? 1 : age_days < 110 ? 2 : 3; }

long long seconds(base::Instant instant) { return instant.time_since_epoch().count(); }

void put_end_of_run(Exposition& text, base::Instant ended, int exit_code, std::optional<base::Instant> last_success) {
  text.family("keyward_last_run_timestamp_seconds", "When the last run ended.");
  text.sample(seconds(ended));
  if (last_success) {
    text.family("keyward_last_success_timestamp_seconds", "When a run last ended with exit code 0.");
    text.sample(seconds(*last_success));
  }
  text.family("keyward_run_exit_code", "Exit code of the last run.");
  text.sample(exit_code);
}

Labels shard_of(const RunSummary& summary) {
  if (!summary.shard) return {};
  return {{"shard", std::to_string(summary.shard->index) + '/' + std::to_string(summary.shard->count)}};
}

void put_accounts(Exposition& text, const RunSummary& summary) {
  long long skipped = 0;
  for (const auto& [reason, count] : summary.accounts_skipped) skipped += count;
  text.family("keyward_accounts", "Accounts of the organization: covered, failed (take part and were not covered), skipped (take no part).");
  text.sample(summary.accounts_covered, {{"state", "covered"}});
  text.sample(static_cast<long long>(summary.uncovered.size()) + summary.accounts_missing, {{"state", "failed"}});
  text.sample(skipped, {{"state", "skipped"}});
  const int participating = summary.accounts_participating + summary.accounts_missing;
  const double ratio = participating == 0 ? 1.0 : static_cast<double>(summary.accounts_covered) / participating;
  text.family("keyward_coverage_ratio", "Part of the accounts that take part which was covered, 0 to 1.");
  text.sample(fmt::format("{:.6f}", ratio), {});
  text.family("keyward_users_unreadable", "Users with a fact that could not be read.");
  text.sample(summary.users_unreadable);
}

void put_policy(Exposition& text, const RunSummary& summary) {
  text.family("keyward_oldest_active_key_age_seconds", "Age of the oldest active key, exempt users apart.");
  text.sample(summary.oldest_active_key_days * k_day);
  text.family("keyward_policy_rotate_after_seconds", "Age at which the policy gives a key a successor.");
  text.sample(summary.policy.rotate * k_day);
  text.family("keyward_policy_deactivate_after_seconds", "Age at which the policy switches an old key off.");
  text.sample(summary.policy.deactivate * k_day);
}

void put_work(Exposition& text, const RunSummary& summary) {
  std::map<std::string, std::map<std::string, int>> actions = summary.outcomes;
  for (const char* action : {"rotate", "deactivate", "delete"}) {
    for (const char* result : {"done", "failed"}) actions[action].try_emplace(result, 0);
  }
  text.family("keyward_actions", "Decisions of the last run, by action and what became of them.");
  for (const auto& [action, results] : actions) {
    for (const auto& [result, count] : results) text.sample(count, {{"action", action}, {"result", result}});
  }
  text.family("keyward_blocked_keys", "Keys that keyward leaves to a person.");
  text.sample(summary.needs_human);
  text.family("keyward_held_back_changes", "Changes that a limit held back.");
  text.sample(summary.held_back);
  text.family("keyward_recovery_needed", "Interrupted rotations that a person must end.");
  text.sample(summary.recovery_needed);
}

void put_calls(Exposition& text, const RunSummary& summary) {
  std::map<std::string, std::uint64_t> services;
  for (const auto& [action, requests] : summary.api_calls) services[action.substr(0, action.find(':'))] += requests;
  text.family("keyward_api_requests", "Requests of the last run to AWS, retries included.");
  for (const auto& [service, requests] : services) text.sample(std::to_string(requests), {{"service", service}});
  text.family("keyward_api_throttled_requests", "Requests of the last run that AWS throttled.");
  text.sample(std::to_string(summary.api_throttled), {});
}

}  // namespace

PrometheusWriter::PrometheusWriter(const RunSummary& summary, TextSink out, std::optional<base::Instant> last_success)
    : summary_(summary), out_(std::move(out)), last_success_(last_success) {
  for (const char* status : {"active", "inactive"}) keys_[status] = {};
  for (const char* verdict : {"ok", "out_of_policy", "inactive", "exempt", "unknown"}) verdicts_[verdict] = 0;
}

void PrometheusWriter::add(const Event& event) {
  if (event.event == "notice") {
    ++notices_[{event.action, event.outcome}];
  } else if (!event.verdict.empty() && !event.access_key_id.empty()) {
    ++verdicts_[event.verdict];
    if (event.age_days) ++keys_[event.key_status].at(bucket_of(*event.age_days));
  }
}

void PrometheusWriter::end() {
  Exposition text(shard_of(summary_));
  const bool succeeded = summary_.command == "run" && summary_.exit_code == 0;
  put_end_of_run(text, summary_.finished, summary_.exit_code, succeeded ? std::max(last_success_, std::optional(summary_.finished)) : last_success_);
  text.family("keyward_run_duration_seconds", "How long the last run took.");
  text.sample((summary_.finished - summary_.started).count());
  text.family("keyward_run_info", "Version and mode of the last run; always 1.");
  text.sample(1, {{"version", summary_.version}, {"mode", summary_.mode}});
  put_accounts(text, summary_);
  text.family("keyward_keys", "Access keys by age in days and status.");
  for (const auto& [status, ages] : keys_) {
    for (std::size_t i = 0; i < ages.size(); ++i) text.sample(ages[i], {{"bucket", k_buckets[i]}, {"status", status}});
  }
  text.family("keyward_keys_by_verdict", "Access keys by what the policy says of them.");
  for (const auto& [verdict, count] : verdicts_) text.sample(count, {{"verdict", verdict}});
  put_policy(text, summary_);
  put_work(text, summary_);
  text.family("keyward_notifications", "Notices of the last run, by channel and result.");
  for (const auto& [notice, count] : notices_) text.sample(count, {{"channel", notice.first}, {"result", notice.second}});
  text.family("keyward_notifications_failed", "Notices of the last run that did not reach anybody, and owners that were not found.");
  text.sample(summary_.notices_failed);
  put_calls(text, summary_);
  out_(text.take());
}

std::string prometheus_of_failed_start(base::Instant now, int exit_code, std::optional<base::Instant> last_success) {
  Exposition text({});
  put_end_of_run(text, now, exit_code, last_success);
  return text.take();
}

}  // namespace keyward::report
