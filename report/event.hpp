#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace keyward::report {

/// One line of events.jsonl: a decision, an action, a notice or a failure. Empty members are left out. Never a secret.
/// Every access key of a covered account appears in exactly one "decision" or "key" line.
struct Event {
  base::Instant time;
  std::string event;  ///< "decision", "key" (no decision speaks of it), "action", "earlier_action" (of a run
                                ///< that ended before its owner was told; told by this one), "notice", "account", "failure"
  std::string account;
  std::string account_name;
  std::string organizational_unit;  ///< of an "account" line: root and units above it, "r-ab12/ou-ab12-11111111"; empty: not known
  bool dry_run = false;  ///< of a line about an account: nothing could be changed there
  std::string user;
  std::string access_key_id;
  std::string key_status;       ///< "active", "inactive", "unrecognized"
  std::string verdict;          ///< report::to_string(Verdict) of a "decision" or "key"
  std::optional<int> age_days;  ///< of the key
  std::string last_used;        ///< "never", ISO 8601, or "unknown" when it could not be read
  std::string last_used_service;
  std::string last_used_region;
  std::string action;                ///< rotation::to_string(Action), or the channel of a notice
  std::string reason;                ///< rotation::to_string(Reason)
  std::string outcome;               ///< rotation::to_string(OutcomeStatus), of a decision only of a warning that came
                                     ///< to nothing; "covered", "failed", "skipped"; "sent"
  std::optional<base::Instant> due;  ///< when the action was or will be due
  std::string next;                  ///< what comes next for this key: "rotate", "deactivate", "delete"
  std::optional<base::Instant> next_at;
  std::string new_access_key_id;
  std::string secret;  ///< ARN of the secret that holds the new key
  std::string recipient;
  std::string subject;
  std::string request_id;
  std::string error;
  std::string detail;
  std::string todo;  ///< the commands that a person has to type, one a line
};

/// True of the one line that tells of an active key and its age.
inline bool is_active_key(const Event& event) {
  return (event.event == "decision" || event.event == "key") && !event.access_key_id.empty() && !event.verdict.empty() &&
         event.key_status == "active" && event.age_days.has_value();
}

}  // namespace keyward::report
