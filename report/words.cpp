#include "report/words.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "report/text.hpp"

namespace keyward::report {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

template <std::size_t N>
std::string look_up(const std::array<Pair, N>& table, std::string_view key, std::string_view otherwise) {
  const auto found = std::ranges::find(table, key, &Pair::first);
  return std::string(found == table.end() ? otherwise : found->second);
}

constexpr std::array<Pair, 26> k_phrases{{
    {"expired_active_key", "older than the policy allows"},
    {"unused_expired_key", "overdue and never used"},
    {"forced_rotation", "a person asked for it"},
    {"compromised_key", "reported as compromised"},
    {"install_grace_period_end", "replaced"},
    {"recovery_grace_period_end", "inactive, grace is over"},
    {"key_pending_rotation", "will be rotated"},
    {"key_pending_deactivation", "will be deactivated"},
    {"key_pending_deletion", "will be deleted"},
    {"key_compliant", "in policy"},
    {"no_keys", "no access keys"},
    {"exempt_user", "exempt"},
    {"exemption_unreadable", "exemption could not be read"},
    {"fact_unknown", "a fact could not be read"},
    {"interrupted_rotation", "interrupted rotation, settled first"},
    {"first_seen_inactive", "deactivated by somebody else"},
    {"conflict_two_used_keys", "two keys in use, both overdue"},
    {"rolled_back", "newer key was deactivated by somebody"},
    {"reactivated", "deactivation was undone by somebody"},
    {"replacement_missing", "its replacement is gone or inactive"},
    {"waiting_for_new_key_use", "the newer key is not used yet"},
    {"waiting_for_other_key", "waits until the other key is gone"},
    {"rotated_by_secret", "the rotation of its secret is overdue"},
    {"held_while_in_use", "replaced, but still in use"},
    {"deactivation_waits_for_warning", "deactivated once its owner was warned"},
    {"deletion_waits_for_warning", "deleted once its owner was warned"},
}};

constexpr std::array<Pair, 7> k_advice{{
    {"conflict_two_used_keys", "Ask the owner which key to keep, and delete the other one."},
    {"rolled_back", "Ask the owner why the newer key was switched off; activate or delete it."},
    {"reactivated", "Ask the owner to move to the newer key, or exempt the user."},
    {"replacement_missing", "Find out which key the user works with, and delete the other one."},
    {"fact_unknown", "See the error; usually the audit role lacks a permission."},
    {"exemption_unreadable", "Allow the audit role iam:ListGroupsForUser and iam:ListUserTags."},
    {"interrupted_rotation", "keyward recover finishes or undoes it; the next run does so too."},
}};

constexpr std::array<Pair, 4> k_past{
    {{"rotate", "rotated"}, {"deactivate", "deactivated"}, {"delete", "deleted"}, {"warn", "warned"}}};

bool asked_for(const Event& event) { return event.reason == "forced_rotation" || event.reason == "compromised_key"; }

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

std::string last_four(std::string_view access_key_id) {
  if (access_key_id.empty()) return "-";
  return "\xE2\x80\xA6" +
         std::string(access_key_id.substr(access_key_id.size() - std::min<std::size_t>(4, access_key_id.size())));
}

std::string phrase(std::string_view reason) { return look_up(k_phrases, reason, reason); }

std::string last_used(const Event& event) {
  if (event.last_used.empty()) return "-";
  if (event.last_used == "unknown") return "?";
  const auto at = base::parse_iso8601(event.last_used);
  if (!at) return event.last_used;
  // IAM's own resolution is 15 minutes, so a use may lie a little ahead.
  const auto days = std::max<long long>(0, std::chrono::floor<std::chrono::days>(event.time - *at).count());
  return days == 0 ? "today" : std::to_string(days) + " d";
}

std::string why(const Event& event) {
  const std::string used = last_used(event);
  const std::string use = used == "?" || used == "-" ? ""
                          : used == "never"          ? ", never used"
                          : used == "today"          ? ", used today"
                                                     : ", used " + used + " ago";
  const bool by_age = event.reason == "expired_active_key" || event.reason == "unused_expired_key";
  const bool by_grace = event.reason == "install_grace_period_end" || event.reason == "held_while_in_use";
  if (by_age && event.age_days) return std::to_string(*event.age_days) + " d old" + use;
  // A warning says what comes and what speaks for waiting.
  if (event.reason == "key_pending_rotation")
    return event.age_days ? "rotate, " + std::to_string(*event.age_days) + " d old" : "rotate";
  if (event.reason == "key_pending_deactivation") return "deactivate" + use;
  if (event.reason == "key_pending_deletion") return "delete, inactive" + use;
  // Out of policy, and its owner knows the day on which it goes.
  if (event.reason == "key_compliant" && event.verdict == "out_of_policy") return "waits for its date" + use;
  if (asked_for(event) && !event.detail.empty()) return phrase(event.reason) + ": " + event.detail;
  return phrase(event.reason) + (by_grace ? use : "");
}

std::string verdict_word(std::string_view verdict) {
  return verdict == "out_of_policy" ? "OVERDUE" : std::string(verdict);
}

std::string next_step(const Event& event, base::Instant now) {
  if (event.action == "hold") return "a person must decide";
  if (event.next.empty() || !event.next_at) return event.action == "wait" ? "waits" : "";
  if (*event.next_at <= now || event.action == event.next) return "now: " + event.next;
  return base::format_date(*event.next_at) + ' ' + event.next;
}

std::string result_word(const Event& event) {
  if (event.outcome == "done") return look_up(k_past, event.action, "recorded");
  if (event.outcome == "dry_run")
    return look_up(k_past, event.action, "").empty() ? "would record" : "would " + event.action;
  if (event.outcome == "stale") return event.action + ": skipped, facts had changed";
  if (event.outcome == "held_back") return event.action + ": held back by a limit";
  if (event.outcome == "failed") return event.action + ": FAILED";
  if (event.outcome == "recovery_needed") return event.action + ": RECOVERY NEEDED";
  return event.action + ": " + event.outcome;
}

std::string matter(const Event& event) {
  if (event.event == "decision") return phrase(event.reason);
  if (event.event == "action") return result_word(event);
  if (event.event == "notice") return "notice not delivered";
  return event.event == "failure" ? "owner not reached" : event.event + " failed";
}

std::string advice(const Event& event) {
  if (event.outcome == "recovery_needed") {
    return event.todo.empty()
               ? "A new key exists whose secret is not stored. Run keyward again at once: it settles this first."
               : "With credentials of this account:";
  }
  if (contains(event.error, "StoreFailing")) return "Mend what the errors of the store name; the next run tries again.";
  if (event.outcome == "held_back") return "Check that so many changes are right, then raise limits.max_changes.";
  if (event.event == "notice" && event.recipient == "operators") return "Nobody was told of this run there. Check the settings of the channel.";
  if (event.event == "notice" && event.action == "security_hub") {
    return "Its Security Hub does not know of the keys. The next run tells it again; report.security_hub: false in accounts.overrides ends that.";
  }
  if (event.event == "notice") return "The owner does not know. Check the sender identity and the address.";
  if (event.outcome == "failed") {
    // Recorded or not, a compromised key is switched off.
    if (asked_for(event) && event.action == "deactivate" && contains(event.error, "the key is inactive")) {
      return "The key is switched off. No new key was made; give the command again once that is mended.";
    }
    if (contains(event.error, "AccessDenied") || contains(event.error, "not authorized")) {
      return "Allow the member role the call that the error names.";
    }
    if (contains(event.error, "Throttl") || contains(event.error, "TooManyRequests")) {
      return "The next run tries again; lower limits.calls_per_second_per_account if it stays.";
    }
    if (contains(event.error, "Quarantined"))
      return "Find out what was done with the key before the user gets another one.";
    // What a person asked for is not due by itself: no run comes back to it.
    if (asked_for(event)) {
      return event.action == "deactivate" ? "The key still works. Give the command again, or switch the key off by hand."
                                          : "No new key was made. Give the command again once that is mended.";
    }
    return "Nothing was changed; the next run tries again.";
  }
  // The words of rotation/ledger.cpp.
  if (event.reason == "fact_unknown" && contains(event.error + event.detail, "keyward's record on the user, a tag,")) {
    return "Look at that tag of the user: restore its value, or remove the tag.";
  }
  return look_up(k_advice, event.reason, "");
}

std::string advice_for_account(std::string_view reason) {
  if (contains(reason, "NoSuchUser")) return "Check the name: upper and lower case count here.";
  if (contains(reason, "AssumeRole")) {
    return "Deploy the member role in this account and let it trust this caller, or exclude the account.";
  }
  if (contains(reason, "AccessDenied") || contains(reason, "not authorized"))
    return "Allow the audit role the call that the error names.";
  if (contains(reason, "Throttl") || contains(reason, "deadline")) {
    return "Run again; raise limits.deadline or lower limits.accounts_in_flight if it stays.";
  }
  return "Run again; if it stays, see the account's lines in events.jsonl.";
}

std::string_view exit_code_words(int exit_code) noexcept {
  switch (exit_code) {
    case 0: return "done, every account covered";
    case 1: return "internal error";
    case 2: return "usage or configuration";
    case 3: return "keys out of policy";
    case 4: return "partial: something failed or was not covered";
    case 5: return "preflight failed, nothing changed";
    case 6: return "safety stop: a limit refused";
    case 7: return "another run is active";
    case 9: return "recovery needed";
    case 130:
    case 143: return "interrupted, ended cleanly";
    default: return "unknown exit code";
  }
}

std::string duration(base::Instant from, base::Instant to) {
  const long long seconds = std::max<long long>(0, (to - from).count());
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " m " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " m";
}

std::string host_clock(std::int64_t offset) {
  if (offset == 0) return "as AWS's";
  const std::uint64_t seconds =
      offset < 0 ? 0 - static_cast<std::uint64_t>(offset) : static_cast<std::uint64_t>(offset);
  const std::array<std::pair<std::uint64_t, std::string_view>, 4> parts{
      {{seconds / 86400, " d"}, {seconds / 3600 % 24, " h"}, {seconds / 60 % 60, " min"}, {seconds % 60, " s"}}};
  // The largest unit and the one below it say enough.
  const auto first = std::ranges::find_if(parts, [](const auto& part) { return part.first > 0; });
  std::string text = std::to_string(first->first) + std::string(first->second);
  const auto second = std::next(first);
  if (second != parts.end() && second->first > 0)
    text += ' ' + std::to_string(second->first) + std::string(second->second);
  return text + (offset > 0 ? " behind AWS" : " ahead of AWS");
}

std::string minute(base::Instant instant) {
  const std::string iso = base::format_iso8601(instant);
  return iso.substr(0, 10) + ' ' + iso.substr(11, 5) + " UTC";
}

std::string accounts_in_dry_run(const RunSummary& summary) {
  return grouped(summary.accounts_dry_run) + " of " +
         counted(summary.accounts_dry_run + summary.accounts_enforced, "account");
}

std::string shard_words(const RunSummary& summary) {
  const ShardPart& shard = summary.shard.value();
  return std::to_string(shard.index) + " of " + std::to_string(shard.count) + ": " + grouped(summary.accounts_total) + " of " +
         counted(shard.accounts_in_organization, "account");
}

std::string missing_shards(const RunSummary& summary) {
  if (summary.shards_missing.empty()) return {};
  std::string names;
  for (const std::string& shard : summary.shards_missing) names += (names.empty() ? "" : ", ") + shard;
  return names + ", whose " + counted(summary.accounts_missing, "account") + " nothing is known about";
}

namespace {

std::string next_after_dry_run(const RunSummary& summary) {
  if (summary.command == "rotate")
    return "keyward rotate    again, with dry_run: false for this account, when this is right";
  if (summary.command == "recover")
    return "keyward recover    with dry_run: false for these accounts, where something is listed";
  if (extent_of(summary) == Extent::mixed)
    return "keyward run    with dry_run: false for the next account (accounts.overrides), when what it would do is "
           "right";
  return "keyward run    with dry_run: false for the first account (accounts.overrides), when this list is right";
}

}  // namespace

std::string next_command(const RunSummary& summary) {
  // A plan that was applied is spent: what is left of it would be stale.
  const std::string again = "keyward " + (summary.command == "apply" ? "plan" : summary.command) + "    again, ";
  if (summary.recovery_needed > 0)
    return "keyward recover    after the commands under RECOVERY NEEDED, to see that nothing is left";
  if (!summary.shards_missing.empty()) return "keyward report merge    again, with the records of the missing shards";
  if (!summary.stopped_by.empty()) return again + "once the cause of the safety stop is understood";
  if (summary.interrupted) return again + "for what was not begun";
  if (!summary.uncovered.empty()) return again + "once the accounts named under NOT COVERED can be reached";
  if (summary.held_back > 0) return again + "once it is understood what held back the changes under NOT DONE";
  if (summary.users_unreadable > 0) return again + "once the users that could not be read can be";
  if (failed_actions(summary) > 0) return again + "once the causes under FAILED are mended";
  if (summary.notices_failed > 0)
    return "mend what kept the mail back (under FAILED); the next daily run goes on from here";
  // What is wrong stands in no count of the summary: a record or a memory that could not be written.
  if (summary.exit_code == 4) return "mend what standard error tells of; the next daily run goes on from here";
  if (!summary.shard && summary.accounts_total > 0 && summary.accounts_participating == 0)
    return "name accounts under accounts.include: none takes part (keyward inventory says why)";
  if (summary.command == "apply" && stale_actions(summary) + summary.due_since_plan > 0)
    return again + "for what has changed or came due since this plan was made";
  if (summary.command != "audit" && extent_of(summary) != Extent::enforced) return next_after_dry_run(summary);
  if (summary.needs_human > 0)
    return "a person's answer to what stands under NEEDS A PERSON; the next daily run goes on from here";
  return "nothing; the next daily run goes on from here";
}

}  // namespace keyward::report
