#include "rotation/outcome.hpp"

namespace keyward::rotation {

std::string_view to_string(OutcomeStatus status) noexcept {
  switch (status) {
    case OutcomeStatus::done: return "done";
    case OutcomeStatus::dry_run: return "dry_run";
    case OutcomeStatus::stale: return "stale";
    case OutcomeStatus::held_back: return "held_back";
    case OutcomeStatus::failed: return "failed";
    case OutcomeStatus::recovery_needed: return "recovery_needed";
  }
  return "failed";
}

Outcome make_outcome(Decision decision, OutcomeStatus status, base::Instant at) {
  Outcome outcome;
  outcome.decision = std::move(decision);
  outcome.status = status;
  outcome.at = at;
  return outcome;
}

Outcome make_failure(Decision decision, base::Error error, base::Instant at) {
  Outcome failure = make_outcome(std::move(decision), OutcomeStatus::failed, at);
  failure.error = std::move(error);
  return failure;
}

}  // namespace keyward::rotation
