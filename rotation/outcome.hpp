#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "rotation/decision.hpp"

namespace keyward::rotation {

/// Where a new key was stored, and with which command its owner gets it. Never the value.
struct SecretLocation {
  std::string arn;
  std::string name;
  base::Region region;
  bool central = false;
  std::string access_key_id_field;      ///< names of the fields in the secret's JSON
  std::string secret_access_key_field;
};

enum class OutcomeStatus {
  done,             ///< carried out (for warnings: to be told)
  dry_run,          ///< would have been carried out
  stale,            ///< the key had changed since it was audited; nothing was done
  held_back,        ///< a limit refused it
  failed,           ///< nothing was changed, or what was changed is undone, unless it is `in_doubt`
  recovery_needed,  ///< an interrupted rotation that a person must end: a key exists whose secret may not be stored
};

std::string_view to_string(OutcomeStatus status) noexcept;

/// What became of one decision.
struct Outcome {
  Decision decision;
  OutcomeStatus status = OutcomeStatus::done;
  base::Instant at;
  std::optional<base::AccessKeyId> new_key;  ///< after a rotation
  std::optional<SecretLocation> secret;      ///< after a rotation
  std::string request_id;                     ///< AWS's, of the call that made, switched off or deleted the key
  std::optional<base::Error> error;
  bool in_doubt = false;          ///< failed, and yet it was done or may have been; the next run makes it certain
  std::vector<std::string> todo;  ///< what a person has to type, when only a person can end it
};

Outcome make_outcome(Decision decision, OutcomeStatus status, base::Instant at);
Outcome make_failure(Decision decision, base::Error error, base::Instant at);

/// One user of one account: the facts and what was done about them.
struct UserReport {
  UserFacts facts;
  std::vector<Outcome> outcomes;
};

}  // namespace keyward::rotation
