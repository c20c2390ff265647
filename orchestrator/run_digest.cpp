#include "orchestrator/run_digest.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "report/words.hpp"

namespace keyward::orchestrator {
namespace {

using notify::RunDigest;
using notify::RunEntry;

/// More than a channel can hold of each kind; the others are counted.
constexpr std::size_t k_most_entries = 200;

RunEntry entry_of(const report::Event& event) {
  RunEntry entry;
  entry.what = report::matter(event);
  entry.account = event.account;
  entry.account_name = event.account_name;
  entry.user = event.event == "notice" ? event.recipient : event.user;
  if (!event.access_key_id.empty()) entry.access_key = report::last_four(event.access_key_id);
  entry.action = event.action;
  entry.reason = event.reason;
  entry.outcome = event.outcome;
  entry.detail = !event.error.empty() ? event.error : !event.detail.empty() ? event.detail : report::phrase(event.reason);
  entry.dry_run = event.dry_run;
  return entry;
}

void add(const report::Section& section, std::vector<RunEntry>& entries, std::size_t& more) {
  const std::size_t room = k_most_entries - std::min(k_most_entries, entries.size());
  const std::size_t taken = std::min(room, section.kept().size());
  for (std::size_t i = 0; i < taken; ++i) entries.push_back(entry_of(section.kept()[i]));
  more += section.total() - taken;
}

void add_uncovered(const report::RunSummary& summary, RunDigest& digest) {
  for (const report::Uncovered& account : summary.uncovered) {
    if (digest.troubles.size() >= k_most_entries) {
      ++digest.more_troubles;
      continue;
    }
    RunEntry entry;
    entry.what = "NOT COVERED";
    entry.account = account.account;
    entry.account_name = account.name;
    entry.outcome = "not_covered";
    entry.detail = account.reason;
    digest.troubles.push_back(std::move(entry));
  }
}

std::string_view mode_of(const report::RunSummary& summary) {
  switch (report::extent_of(summary)) {
    case report::Extent::dry_run: return "dry_run";
    case report::Extent::mixed: return "mixed";
    case report::Extent::enforced: return "enforce";
  }
  return "enforce";
}

}  // namespace

RunDigest run_digest(const report::RunSummary& summary, const report::Highlights& highlights, const std::filesystem::path& folder,
                     base::Instant now) {
  RunDigest digest;
  digest.run = summary.run;
  digest.command = summary.command;
  digest.mode = mode_of(summary);
  digest.organization = summary.organization;
  if (summary.shard) digest.shard = std::to_string(summary.shard->index) + "/" + std::to_string(summary.shard->count);
  digest.started = summary.started;
  digest.finished = now;
  digest.exit_code = summary.exit_code;
  digest.exit_words = report::exit_code_words(summary.exit_code);
  digest.stopped_by = summary.stopped_by;
  digest.accounts = summary.accounts_participating;
  digest.accounts_covered = summary.accounts_covered;
  digest.users = summary.users;
  digest.keys = summary.keys;
  digest.keys_out_of_policy = summary.keys_out_of_policy;
  digest.oldest_active_key_days = summary.oldest_active_key_days;
  digest.rotated = static_cast<int>(highlights.rotated.total());
  digest.deactivated = static_cast<int>(highlights.deactivated.total());
  digest.deleted = static_cast<int>(highlights.deleted.total());
  digest.failures = report::failed_actions(summary) + summary.recovery_needed + summary.users_unreadable;
  digest.notices_failed = summary.notices_failed;
  digest.record = folder.string();

  const auto count = [&digest](const char* what, std::size_t number) {
    if (number > 0) digest.counts.emplace_back(what, static_cast<int>(number));
  };
  count("Recovery needed", highlights.recovery.total());
  count("Users not read", static_cast<std::size_t>(summary.users_unreadable));
  count("A person must decide", highlights.needs_human.total());
  count("Interrupted", highlights.interrupted.total());
  count("Failed", highlights.failed.total());
  count("Not done", highlights.not_done.total());
  count("Rotated", highlights.rotated.total());
  count("Deactivated", highlights.deactivated.total());
  count("Deleted", highlights.deleted.total());
  count("Warned", highlights.warned.total());
  count("Would rotate", highlights.would_rotate.total());
  count("Would deactivate", highlights.would_deactivate.total());
  count("Would delete", highlights.would_delete.total());
  count("Due soon", highlights.due_soon.total());

  add(highlights.recovery, digest.troubles, digest.more_troubles);
  add_uncovered(summary, digest);
  for (const report::Section* section : {&highlights.failed, &highlights.unread, &highlights.interrupted, &highlights.needs_human,
                                         &highlights.not_done}) {
    add(*section, digest.troubles, digest.more_troubles);
  }
  for (const report::Section* section : {&highlights.rotated, &highlights.deactivated, &highlights.deleted, &highlights.warned,
                                         &highlights.would_rotate, &highlights.would_deactivate, &highlights.would_delete}) {
    add(*section, digest.changes, digest.more_changes);
  }
  return digest;
}

}  // namespace keyward::orchestrator
