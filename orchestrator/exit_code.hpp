#pragma once

#include <algorithm>
#include <initializer_list>

namespace keyward::orchestrator {

/// Exit codes, one meaning each (README, "Exit codes").
enum class ExitCode {
  done = 0,
  internal_error = 1,
  usage = 2,               ///< usage or configuration; no API call was made
  findings = 3,            ///< audit: keys out of policy
  partial = 4,             ///< an account, key or notice failed or was not covered; the rest is done
  preflight_failed = 5,    ///< nothing was changed
  safety_stop = 6,         ///< a limit refused
  already_running = 7,
  recovery_needed = 9,     ///< a key exists whose secret could not be stored nor the key removed
  interrupted = 130,       ///< SIGINT, drained
  terminated = 143,        ///< SIGTERM, drained
};

/// When several apply the highest of 9, 6, 5, 4, 3 wins.
inline ExitCode worst(ExitCode a, ExitCode b) { return std::max(a, b); }

}  // namespace keyward::orchestrator
