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
#include "orchestrator/state_folders.hpp"
#include "rotation/outcome.hpp"

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

/// journal.jsonl of a run's state folder: written before an action is tried, after it was done, and when its owner was told. A run
/// that dies in between leaves an entry, and the next run tells the owner (rotation::what_became_of). Lines are written
/// to the medium one by one, so the journal also survives a power cut. Without it (a lost state_dir) no key is in
/// danger; a notice of the run that died may be missing.
class Journal {
 public:
  /// Reads what earlier runs left; lines that cannot be read are passed over. What runs left of these accounts when they
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

  /// The owners were told of everything that this run ended, but for those of `untold`, who are told by the next run
  /// unless it happened more than two weeks before `now`: then nobody can be told, and nobody looks any more at what was
  /// begun so long ago (its user is gone, or the account takes no part). Errors: `invalid` with the
  /// system's words: then the next run tells once more.
  base::Result<void> told(const std::set<base::AccountId>& untold, base::Instant now);

 private:
  struct Tracked {
    JournalEntry entry;
    bool from_earlier = false;
    bool ended_now = false;  ///< its outcome is known to this run, so its owner is told by it
  };
  using Name = std::string;

  Journal(int descriptor, std::filesystem::path file) : descriptor_(descriptor), file_(std::move(file)) {}
  static Name name_of(const JournalEntry& entry);
  /// The open entries of a journal's text.
  static std::map<Name, JournalEntry> read(std::string_view text);
  base::Result<void> move_from(const std::filesystem::path& folder, const StateFolders& folders);
  base::Result<void> append(std::string line);

  int descriptor_;
  std::filesystem::path file_;
  std::map<Name, Tracked> entries_;
};

}  // namespace keyward::orchestrator
