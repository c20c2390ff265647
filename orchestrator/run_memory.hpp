#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "notify/wording.hpp"
#include "orchestrator/state_folders.hpp"

namespace keyward::orchestrator {

/// What one run remembers for the next, in memory.json of its state folder. Safe to lose: then stages are announced on
/// their own day only and what stands unchanged is told once more. What a dry run told does not count for a run that acts.
class RunMemory {
 public:
  /// What is remembered of the accounts of this run. When the accounts were divided otherwise before, an account's
  /// memory lies in another folder too: the newest one counts. A missing or damaged file is an empty memory.
  static RunMemory load(const StateFolders& folders);

  /// A memory was there and could not be understood: limits.max_inventory_shrink_percent has nothing to compare with.
  bool damaged() const noexcept { return damaged_; }

  /// When people were last told what an audit of this account found.
  std::optional<base::Instant> last_audited(const base::AccountId& account, notify::Mode mode) const;
  void audited(const base::AccountId& account, notify::Mode mode, base::Instant at);

  /// When the account was last begun. For the order only: what was audited and could not be told counts here, and an account
  /// that always fails, or is too large for the deadline, does not stand in front of the others every day.
  std::optional<base::Instant> last_visit(const base::AccountId& account, notify::Mode mode) const;
  void visited(const base::AccountId& account, notify::Mode mode, base::Instant at);

  /// Whether the last run that had accounts of this mode may have left some behind that it did not go through: they come
  /// first.
  bool left_behind(notify::Mode mode) const { return left_behind(told(mode)); }
  void set_left_behind(notify::Mode mode, bool left) { told(mode).left_behind = left; }

  /// True the first time, and again after a run in which it was not asked: people hear of a standing matter once.
  /// `matter` begins with the account id.
  bool is_news(const std::string& matter, notify::Mode mode);

  /// How many accounts the organization had in the last run that was not stopped.
  std::optional<std::size_t> accounts() const noexcept { return accounts_; }
  void set_accounts(std::size_t count) noexcept { accounts_ = count; }

  /// Writes the file atomically. Matters that this run did not ask about are forgotten, but only for accounts that it
  /// covered. To be called once the journal holds what people are owed.
  base::Result<void> save(const StateFolders& folders) const;

 private:
  struct Told {
    std::map<std::string, base::Instant> audited;  ///< by account, when this run began
    std::map<std::string, base::Instant> visited;  ///< by account
    std::optional<bool> left_behind;  ///< empty: no run has said
    std::set<std::string> known;
    std::map<std::string, base::Instant> audited_now;
    std::set<std::string> standing;
  };

  /// What one file holds.
  static RunMemory read(const std::filesystem::path& folder);
  /// Takes over what `other` remembers of these accounts, where it is newer.
  static void take_newer(Told& into, const Told& other, const StateFolders& folders);
  static bool left_behind(const Told& told);
  static void write(base::FileReplacement& file, const Told& told);
  /// The last time of which anything is remembered.
  std::optional<base::Instant> newest() const;
  /// Of any account of this run.
  static std::optional<base::Instant> last_visit(const Told& told, const StateFolders& folders);

  Told& told(notify::Mode mode) { return told_[mode == notify::Mode::enforce ? 0 : 1]; }
  const Told& told(notify::Mode mode) const { return told_[mode == notify::Mode::enforce ? 0 : 1]; }

  std::array<Told, 2> told_;
  std::optional<std::size_t> accounts_;
  bool damaged_ = false;
};

}  // namespace keyward::orchestrator
