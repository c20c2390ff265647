#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "report/event.hpp"
#include "report/summary.hpp"

namespace keyward::report {

// How the identifiers of the records read to people. Unknown identifiers are shown as they are, so that the records of
// another version can be read too.

/// "…7QXM"; "-" for no key.
std::string last_four(std::string_view access_key_id);

/// "two keys in use, both overdue" for conflict_two_used_keys.
std::string phrase(std::string_view reason);

/// Why this happens to this key: "94 d old, used today".
std::string why(const Event& event);

/// "never", "today", "12 d", relative to the event's own time; "?" when it could not be read, "-" when nobody asked.
std::string last_used(const Event& event);

/// "OVERDUE" for out_of_policy; the other verdicts as they are.
std::string verdict_word(std::string_view verdict);

/// "now: rotate", "2026-12-01 delete", "a person must decide"; empty when nothing is to come.
std::string next_step(const Event& event, base::Instant now);

/// What of an event is told first: the reason of a decision, the result of an action, "notice not delivered".
std::string matter(const Event& event);

/// "rotated", "would rotate", "rotate: FAILED".
std::string result_word(const Event& event);

/// What a person does about a decision that keyward holds, or about a failed action or notice. Empty when unknown.
std::string advice(const Event& event);

/// What a person does about an account that was not covered.
std::string advice_for_account(std::string_view reason);

/// "done, every account covered" for 0 (design.md, section 3).
std::string_view exit_code_words(int exit_code) noexcept;

/// Seconds as "4 m 10 s".
std::string duration(base::Instant from, base::Instant to);

/// Which clock is ahead, and by how much: "2 h 5 min behind AWS", "as AWS's". `offset` is AWS minus host, in seconds.
std::string host_clock(std::int64_t offset);

/// "2026-11-21 02:30 UTC".
std::string minute(base::Instant instant);

/// "3 of 10 accounts": those in dry run, of those that were begun.
std::string accounts_in_dry_run(const RunSummary& summary);

/// "2 of 4: 2 503 of 10 012 accounts": which accounts a shard's run was for. Only for a summary with a shard.
std::string shard_words(const RunSummary& summary);

/// "2/4, 3/4, whose 5 012 accounts nothing is known about": what a merged record lacks; empty when it is whole.
std::string missing_shards(const RunSummary& summary);

/// What one asks the owner of the run to do next, most pressing first; never empty.
std::string next_command(const RunSummary& summary);

}  // namespace keyward::report
