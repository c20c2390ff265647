#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace keyward::notify {

/// Something that happened to a key, a user or an account. Foreign text may stand in every member.
struct RunEntry {
  std::string what;  ///< "not covered", "FAILED: rotate", "rotated"
  std::string account;
  std::string account_name;
  std::string user;
  std::string access_key;  ///< its last four characters
  std::string action;      ///< as in events.jsonl, for machines; empty for an account
  std::string reason;
  std::string outcome;
  std::string detail;  ///< why, in words
  bool dry_run = false;
};

/// A run as the people who operate keyward are told of it.
struct RunDigest {
  std::string run;
  std::string command;       ///< "run", "rotate", "recover"
  std::string mode;          ///< "enforce", "dry_run", "mixed"
  std::string organization;  ///< its id
  std::string shard;         ///< "2/4"; empty: the whole organization
  base::Instant started;
  base::Instant finished;
  int exit_code = 0;
  std::string exit_words;  ///< "recovery needed"
  std::string stopped_by;  ///< why it ended early; empty: it did not
  int accounts = 0;        ///< that take part
  int accounts_covered = 0;
  int users = 0;
  int keys = 0;
  int keys_out_of_policy = 0;
  int oldest_active_key_days = 0;  ///< of the users that are not exempt; 0: no such key was seen
  int rotated = 0;
  int deactivated = 0;
  int deleted = 0;
  int failures = 0;        ///< actions that failed or left a key without a stored secret, users that could not be read
  int notices_failed = 0;  ///< to owners: mails that a channel did not take, addresses that were refused
  std::vector<std::pair<std::string, int>> counts;  ///< "rotated", 3: what else there is to count, none 0
  std::vector<RunEntry> troubles;                   ///< most pressing first: lost keys, uncovered accounts, failures
  std::size_t more_troubles = 0;                    ///< counted, not listed
  std::vector<RunEntry> changes;
  std::size_t more_changes = 0;
  std::string record;  ///< the folder with everything
};

/// True when something could be changed nowhere.
inline bool is_dry(const RunDigest& digest) { return digest.mode == "dry_run"; }

// What follows is free of line breaks, control characters and marks that reverse text, and is valid UTF-8.

/// "keyward run of o-exampleorgid (dry run): recovery needed (exit 9); 2 accounts not covered".
std::string headline(const RunDigest& digest);

/// "Accounts", "9 of 10 covered" and so on: what there is to count.
std::vector<std::pair<std::string, std::string>> facts(const RunDigest& digest);

/// "not covered: 111122223333 prod-pay: AccessDenied". Not longer than k_longest_line bytes.
inline constexpr std::size_t k_longest_line = 500;
std::string line_of(const RunEntry& entry);

/// "and 12 more"; empty when all `shown` are all there are.
std::string and_more(std::size_t shown, std::size_t listed, std::size_t more);

boost::json::object entry_json(const RunEntry& entry);
/// All of it, with so many troubles and changes.
boost::json::object digest_json(const RunDigest& digest, std::size_t troubles, std::size_t changes);

/// What identifies the run among all runs of all installations: 32 hexadecimal digits, the same whenever it is asked.
std::string digest_id(const RunDigest& digest);

/// The longest rendering of not more than `most_bytes`: `render` is called with the number of troubles to tell, fewer
/// each time. Whatever was cut off, at least one rendering is returned: the one without any trouble.
std::string fitted(std::size_t troubles, std::size_t most_bytes, const std::function<std::string(std::size_t)>& render);

}  // namespace keyward::notify
