#pragma once

#include <optional>
#include <string>

#include "accounts/account.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "rotation/outcome.hpp"
#include "rotation/policy.hpp"

namespace keyward::notify {

/// Whether what is told happened, or only would have. Never mixed in one message.
enum class Mode { enforce, dry_run };

/// How soon its reader must do something. The order is the order in a message.
enum class Urgency {
  recovery,     ///< a key is lost or loose: now
  decision,     ///< nothing moves until a person decides
  action,       ///< a new key waits to be installed, or something was switched off today
  failure,      ///< keyward could not do it; the next run tries again
  soon,         ///< comes within three days
  later,        ///< comes, but not yet
  information,  ///< nothing to do
};

/// One line of a message: one outcome, in words for the key's owner. All fields are single lines (one_line()), key ids
/// are their last four characters, and an empty field means that there is nothing to say.
struct Row {
  Urgency urgency = Urgency::information;
  std::string account_id;
  std::string account_name;
  std::string user;
  std::string key;
  std::string new_key;
  std::string what;  ///< what happened or will happen
  std::string why;
  std::string todo;       ///< what the reader must do
  std::string due;        ///< the date by which, or on which: "2026-11-30"
  std::string last_used;  ///< of `key`: "2026-11-20 13:45 UTC, s3 in eu-central-1", "never"
  std::string secret_name;
  std::string secret_region;
  std::string secret_arn;
  std::string access_key_id_field;
  std::string secret_access_key_field;
  std::string fetch_as;  ///< who may fetch the secret, and how long with the old key
  std::string fetch_command;
  std::string matter;  ///< of the notice that it is the row of; not shown
};

/// "act now", "your decision is needed", …
std::string_view to_string(Urgency urgency) noexcept;

/// A coming action that a notice warns of.
struct WarnedAction {
  base::AccessKeyId key;
  rotation::Action action = rotation::Action::deactivate;  ///< or `remove`
  base::Instant due;

  bool operator==(const WarnedAction&) const = default;
};

/// The action that its recipient is warned of, for what switches a key off or deletes it; nothing for any other outcome.
std::optional<WarnedAction> warned_action(const rotation::Outcome& outcome);

/// True for what a person wants to hear of: changes and warnings that were carried out, would have been, were held back
/// or failed; whatever needs a person. Not for what is in order, waits, is only recorded, or had changed meanwhile.
bool concerns_people(const rotation::Outcome& outcome);

/// Pure. Only for outcomes that concern people.
Row describe(const accounts::Account& account, const rotation::UserReport& user, const rotation::Outcome& outcome,
             const rotation::Policy& policy, Mode mode);

}  // namespace keyward::notify
