#include "orchestrator/findings_push.hpp"

#include <algorithm>
#include <set>

#include "aws/security_hub_client.hpp"
#include "orchestrator/findings_memory.hpp"
#include "orchestrator/version.hpp"
#include "report/user_events.hpp"

namespace keyward::orchestrator {
namespace {

using base::Result;
using base::Task;
using report::AsffSubject;
namespace json = boost::json;

bool ends_exposure(const report::Event& event) {
  return event.event == "action" && event.outcome == "done" && (event.action == "deactivate" || event.action == "delete");
}

/// What a run saw of an account's keys.
struct Seen {
  std::map<std::string, report::Event> keys;  ///< by access key id: the line that says what it is
  std::set<std::string> fixed;                ///< switched off or deleted by this run
  std::set<std::string> unread_users;
};

Seen look(const AccountReport& report, base::Instant now) {
  Seen seen;
  for (const rotation::UserReport& user : report.users) {
    if (!user.facts.keys.is_known()) seen.unread_users.insert(user.facts.name.str());
    for (report::Event& event : report::user_events(report.account, user, report.settings.policy, now)) {
      if (ends_exposure(event)) seen.fixed.insert(event.access_key_id);
      if (!event.verdict.empty() && !event.access_key_id.empty()) seen.keys[event.access_key_id] = std::move(event);
    }
  }
  return seen;
}

/// One finding on its way. Those of one key are the same subject.
struct Outgoing {
  AsffSubject subject;
  json::object finding;
  bool resolved = false;
};

/// How a call went. What was not taken is left in its batch.
struct Answer {
  std::optional<base::Error> error;
  bool entries_refused = false;  ///< the call was carried out, and a part of it was not taken
};

base::Error explained(base::Error error) {
  if (error.code == "InvalidAccessException") {
    error.message = "Security Hub is not enabled in this account and region; enable it, or set report.security_hub: false for the account";
  }
  return error;
}

Task<Answer> send(aws::SecurityHubClient& hub, std::vector<Outgoing>& batch) {
  json::array findings;
  for (const Outgoing& outgoing : batch) findings.push_back(outgoing.finding);
  Result<std::vector<aws::RefusedFinding>> refused = co_await hub.import_findings(std::move(findings));
  if (!refused) co_return Answer{explained(refused.error()), false};
  std::set<std::string> ids;
  for (const aws::RefusedFinding& finding : *refused) ids.insert(finding.id);
  std::erase_if(batch, [&ids](const Outgoing& outgoing) { return !ids.contains(outgoing.subject.id()); });
  if (batch.empty()) co_return Answer{};
  const aws::RefusedFinding& first = refused->front();
  base::Error error{base::ErrorKind::invalid, "securityhub:BatchImportFindings", first.code, "", first.id + ": " + first.message};
  co_return Answer{std::move(error), true};
}

/// Returns what was not taken. A call that failed as a whole was tried again by the one retry loop, where that helps.
Task<std::vector<Outgoing>> send_persistently(aws::SecurityHubClient& hub, std::vector<Outgoing> batch, FindingsPushed& pushed) {
  Answer answer = co_await send(hub, batch);
  if (answer.entries_refused) answer = co_await send(hub, batch);
  if (answer.error && !pushed.error) pushed.error = std::move(answer.error);
  co_return batch;
}

std::vector<Outgoing> outgoing_of(FindingsToPush& push, const report::AsffSource& source, int severe_after_days, base::Instant now) {
  std::vector<Outgoing> all;
  all.reserve(push.failed.size());
  for (FindingsToPush::Failed& failed : push.failed) {
    json::object finding = report::asff_failed(failed.subject, failed.event, severe_after_days, source);
    all.push_back({std::move(failed.subject), std::move(finding), false});
  }
  for (AsffSubject& subject : push.resolved) {
    json::object finding = report::asff_resolved(subject, now, source);
    all.push_back({std::move(subject), std::move(finding), true});
  }
  return all;
}

int age_of_deletion(const rotation::Policy& policy) {
  return static_cast<int>((policy.rotate_after + policy.install_grace + policy.recovery_grace).count());
}

void count(FindingsPushed& pushed, const std::vector<Outgoing>& all, const std::set<std::string>& refused) {
  for (const Outgoing& outgoing : all) {
    int& number = refused.contains(outgoing.subject.id()) ? pushed.refused : outgoing.resolved ? pushed.resolved : pushed.failed;
    ++number;
  }
}

/// Adds to `taken` what Security Hub holds as out of policy now: what it took, and what it had before and could not be changed.
void remember(std::vector<AsffSubject>& taken, const std::vector<Outgoing>& all, const std::set<std::string>& refused,
              const std::vector<AsffSubject>& told) {
  for (const Outgoing& outgoing : all) {
    const bool was_told = std::ranges::find(told, outgoing.subject.access_key_id, &AsffSubject::access_key_id) != told.end();
    if (refused.contains(outgoing.subject.id()) ? was_told : !outgoing.resolved) taken.push_back(outgoing.subject);
  }
}

/// Whether the list of accounts is complete and right, so that things may be written in them.
Task<bool> may_write(const RunParts& parts) {
  if (!parts.may_begin()) co_return false;
  const bool passed = co_await parts.gate.pass();
  co_return passed && parts.may_begin();
}

}  // namespace

FindingsToPush findings_of(const AccountReport& report, const std::vector<AsffSubject>& told, base::Instant now) {
  FindingsToPush push;
  const Seen seen = look(report, now);
  const int rotate_after = static_cast<int>(report.settings.policy.rotate_after.count());
  for (const auto& [key, event] : seen.keys) {
    std::optional<AsffSubject> subject = report::asff_subject(event, rotate_after);
    if (subject && !seen.fixed.contains(key)) push.failed.push_back({std::move(*subject), event});
  }
  for (const AsffSubject& subject : told) {
    const auto key = seen.keys.find(subject.access_key_id);
    const bool fixed = seen.fixed.contains(subject.access_key_id);
    const bool unknown = key == seen.keys.end() ? report.cut_short || report.failure || seen.unread_users.contains(subject.user)
                                                : key->second.verdict == report::to_string(report::Verdict::unknown);
    const bool still = key != seen.keys.end() && key->second.verdict == report::to_string(report::Verdict::out_of_policy);
    if (fixed || (!unknown && !still)) {
      push.resolved.push_back(subject);
    } else if (unknown) {
      push.kept.push_back(subject);
    }
  }
  return push;
}

Task<std::optional<FindingsPushed>> push_findings(AccountWork& work) {
  const RunParts& parts = work.parts;
  FindingsMemory memory(parts.configuration.state_dir, work.report.account.id, parts.region.str());
  const base::Instant now = parts.context.clock.now();
  FindingsToPush push = findings_of(work.report, memory.told(), now);
  if (push.failed.empty() && push.resolved.empty()) co_return std::nullopt;
  const bool allowed = co_await may_write(parts);
  if (!allowed) co_return std::nullopt;
  const report::AsffSource source{parts.partition, parts.region.str(), k_version};
  std::vector<AsffSubject> taken = std::move(push.kept);
  const std::vector<Outgoing> all = outgoing_of(push, source, age_of_deletion(work.report.settings.policy), now);
  aws::SecurityHubClient hub(work.workplace.member_caller());
  FindingsPushed pushed;
  std::set<std::string> refused;
  for (std::size_t from = 0; from < all.size(); from += aws::SecurityHubClient::k_most_findings) {
    const std::size_t to = std::min(from + aws::SecurityHubClient::k_most_findings, all.size());
    std::vector<Outgoing> batch(all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to));
    const std::vector<Outgoing> left = co_await send_persistently(hub, std::move(batch), pushed);
    for (const Outgoing& outgoing : left) refused.insert(outgoing.subject.id());
  }
  count(pushed, all, refused);
  remember(taken, all, refused, memory.told());
  const Result<void> kept = memory.keep(std::move(taken));
  if (!kept) parts.log.warn("findings_not_remembered", {{"account", work.report.account.id.str()}, {"error", base::describe(kept.error())}});
  co_return pushed;
}

}  // namespace keyward::orchestrator
