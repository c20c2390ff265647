#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "orchestrator/journal_lines.hpp"
#include "orchestrator/state_folders.hpp"
#include "rotation/outcome.hpp"

namespace keyward::orchestrator {

/// A notice that no channel has taken so long after it was owed is a failure; a daily job comes a little early.
inline constexpr std::chrono::days k_overdue{3};
/// What is so old is told nobody any more.
inline constexpr std::chrono::days k_worth_telling{14};

/// journal.jsonl of a run's state folder: who has still to be told of what. An entry is written before an action is tried
/// and after it was done; a run that dies in between leaves it, and the next run finds out what there is to tell
/// (rotation::what_became_of). At its end a run puts in the place of its entries what each recipient is owed, and strikes
/// that out recipient by recipient as it is sent. Lines are written to the medium one by one, so the journal also survives
/// a power cut. Without it (a lost state_dir) no key is in danger; what was owed then may be told nobody.
class Journal {
 public:
  /// Reads what earlier runs left; lines that cannot be read are passed over (damaged()). What runs left of these accounts when they
  /// were divided otherwise is moved over here. Errors: `invalid` with the system's words.
  static base::Result<Journal> open(const StateFolders& folders);

  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  ~Journal();

  /// Whether owners hear of this decision when it was carried out, so that it needs an entry.
  static bool concerns(const rotation::Decision& decision);

  /// To be called before the action: when it fails the action must not be tried. An older entry of the same key and
  /// action is replaced. Errors: `invalid` with the system's words.
  base::Result<void> begin(JournalEntry entry);
  /// The action that was begun had this outcome: one that was done is still to be told, and one in doubt or left to a
  /// person is looked at by the next run.
  void end(const JournalEntry& entry, const rotation::Outcome& outcome);
  /// The action never took effect.
  void drop(const JournalEntry& entry);

  /// What earlier runs left of this user.
  std::vector<JournalEntry> left_by_earlier_runs(const base::AccountId& account, const base::UserName& user) const;

  /// Everything that this run ended is from now on these notices, in one atomic step. A notice of a matter that its
  /// recipient is still owed takes the older one's place. Returns the entries that nobody looks at any more, because
  /// they are older than k_worth_telling (the user is gone, or the account takes no part). Errors: `invalid` with the
  /// system's words: then the next run finds out once more what there is to tell.
  base::Result<std::vector<JournalEntry>> owe(std::vector<notify::OwnerNotice> notices, base::Instant now);
  struct Creditor {
    notify::MailAddress recipient;
    notify::Mode mode;
  };
  /// Whoever is owed something, each mailbox and mode once.
  std::vector<Creditor> creditors() const;
  std::vector<notify::OwnerNotice> owed(const Creditor& to) const;
  /// A channel took a message to the recipient that tells of the matters `in_words`. What a long message only counts is owed
  /// on, for the next run, and warns nobody. Errors: as above: then the next run sends it once more.
  base::Result<void> received(const Creditor& by, const std::set<std::string>& in_words, base::Instant now);
  /// What stays owed after this run's attempt.
  struct Undelivered {
    std::vector<notify::OwnerNotice> overdue;   ///< since k_overdue or longer
    std::vector<notify::OwnerNotice> given_up;  ///< since longer than k_worth_telling; forgotten now
  };
  Undelivered give_up(base::Instant now);
  /// Writes the file anew, without what is closed. Errors: as above; nothing is lost by it.
  base::Result<void> tidy();

  /// Whether somebody received a warning of this action. One whose date passed more than k_worth_telling ago prepares
  /// nobody any more.
  bool was_warned(const base::AccountId& account, const base::UserName& user, const base::AccessKeyId& key, rotation::Action action,
                  base::Instant now) const;

  /// A line was there that cannot be read: somebody may not be told of something, or told once more.
  bool damaged() const noexcept { return damaged_; }

 private:
  struct Tracked {
    JournalLine line;
    bool from_earlier = false;
    bool ended_now = false;  ///< its outcome is known to this run, so its owner is told by it

    const JournalEntry* entry() const { return std::get_if<JournalEntry>(&line); }
    const notify::OwnerNotice* notice() const { return std::get_if<notify::OwnerNotice>(&line); }
  };
  using Name = std::string;

  Journal(int descriptor, std::filesystem::path file) : descriptor_(descriptor), file_(std::move(file)) {}
  /// The open lines of a journal's text.
  static std::map<Name, JournalLine> read(std::string_view text, bool& damaged);
  JournalEntry* find(const JournalEntry& entry);
  base::Result<void> move_from(const std::filesystem::path& folder, const StateFolders& folders);
  base::Result<void> append(std::string text);

  int descriptor_;
  std::filesystem::path file_;
  std::map<Name, Tracked> lines_;
  bool damaged_ = false;
};

}  // namespace keyward::orchestrator
