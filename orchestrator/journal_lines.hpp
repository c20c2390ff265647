#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "notify/digest.hpp"
#include "rotation/decision.hpp"

namespace keyward::orchestrator {

/// An action on one key whose owner has not been told yet.
struct JournalEntry {
  base::AccountId account;
  base::UserName user;
  rotation::Decision decision;
  base::Instant begun;
  std::string run;                            ///< that began it
  std::optional<base::Instant> done;          ///< empty: begun, and nobody recorded what became of it
  std::optional<base::AccessKeyId> new_key;   ///< of a rotation that was done
  bool only_look = false;  ///< a rotation in doubt: whoever settles it tells of it, be it another host
};

/// A channel took a message that warns of this action.
struct ReceivedWarning {
  base::AccountId account;
  base::UserName user;
  notify::WarnedAction action;
  base::Instant at;
};

using JournalLine = std::variant<JournalEntry, notify::OwnerNotice, ReceivedWarning>;

/// The same for a line that takes the place of another. Those of the entries of one user are neighbours, those of the
/// notices for one mailbox and mode as well.
std::string name_of(const JournalLine& line);
std::string entries_prefix(const base::AccountId& account, const base::UserName& user);
std::string notices_prefix(const notify::MailAddress& recipient, notify::Mode mode);
std::string warning_name(const base::AccountId& account, const base::UserName& user, const base::AccessKeyId& key, rotation::Action action);

base::AccountId account_of(const JournalLine& line);

enum class LineState { open, closed };

/// Ends in a newline.
std::string text_of(const JournalLine& line, LineState state);

struct ReadLine {
  JournalLine line;
  LineState state;
};

/// Nothing for what text_of() does not write.
std::optional<ReadLine> read_line(std::string_view text);

}  // namespace keyward::orchestrator
