#include "report/highlights.hpp"

#include "report/gaps.hpp"

namespace keyward::report {

void Highlights::add(const Event& event) {
  if (event.event == "decision") {
    if (is_unread(event)) {
      unread.add(event);
    } else if (event.action == "hold") {
      needs_human.add(event);
    } else if (event.action == "wait" && event.reason == "interrupted_rotation") {
      interrupted.add(event);
    }
    // With an outcome it came to nothing; the action's own line tells of that.
    if (event.action == "warn" && event.outcome.empty()) (event.dry_run ? due_soon : warned).add(event);
    return;
  }
  const bool not_delivered = event.event == "notice" && !event.outcome.empty() && event.outcome != "sent";
  if (event.event == "failure" || not_delivered) failed.add(event);
  if (event.event != "action") return;
  if (event.outcome == "recovery_needed") {
    recovery.add(event);
  } else if (event.outcome == "failed") {
    failed.add(event);
  } else if (event.outcome == "held_back" || event.outcome == "stale") {
    not_done.add(event);
  } else if (event.action == "rotate") {
    (event.outcome == "dry_run" ? would_rotate : rotated).add(event);
  } else if (event.action == "deactivate") {
    (event.outcome == "dry_run" ? would_deactivate : deactivated).add(event);
  } else if (event.action == "delete") {
    (event.outcome == "dry_run" ? would_delete : deleted).add(event);
  }
}

}  // namespace keyward::report
