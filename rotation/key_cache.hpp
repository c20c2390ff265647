#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "rotation/credential_report.hpp"
#include "rotation/facts.hpp"

namespace keyward::rotation {

/// What earlier runs listed of an account's access keys, each user beside the row of the credential report that was true
/// then: while the row is the same, so are the keys. It saves calls and nothing else: every key is read from AWS again
/// before anything is decided about it (Auditor), so the file may be deleted at any time, and one that is damaged, of
/// another version or another account is no cache. It holds no secret.
class KeyCache {
 public:
  /// A cache without a file: everything is read from AWS.
  KeyCache() = default;
  KeyCache(std::filesystem::path file, base::AccountId account);

  /// The keys of the user of this row; null when they have to be listed.
  const std::vector<KeyFacts>* find(const ReportedUser& row) const;

  /// Keys that were listed just now. Kept only when they agree with the row: it may be four hours older than they are.
  void remember(const ReportedUser& row, const std::vector<KeyFacts>& keys);

  /// Keys of this user are about to be changed by us, which the report will show only hours later. Nothing is remembered
  /// of him by this object any more.
  void forget(const base::UserName& user);

  /// Drops users that the report does not name.
  void keep_only(const std::vector<ReportedUser>& rows);

  /// Writes the file when anything has changed. Errors: `invalid` with the system's words.
  base::Result<void> save();

 private:
  struct Entry {
    std::string fingerprint;
    std::vector<KeyFacts> keys;
  };

  void load();

  std::filesystem::path file_;
  std::string account_;
  std::map<base::UserName, Entry> entries_;
  std::set<base::UserName> forgotten_;
  bool changed_ = false;
};

}  // namespace keyward::rotation
