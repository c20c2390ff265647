#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace keyward::rotation {

/// Dates in the ledger, in the journal and of IAM come from different services and answers, which differ by seconds.
inline constexpr std::chrono::minutes k_clock_spread{1};

/// A rotation was begun: written before the key is made, removed when the key is stored and proved.
struct Intent {
  std::string run;
  base::Instant at;
  std::vector<base::AccessKeyId> keys;  ///< the keys that existed; any other is the one this rotation made
  bool forced = false;                  ///< asked for by a person
  std::string store = {};               ///< SecretStore::mark() then; only there can be seen what became of it
};

/// Begins the run of an intent that Secrets Manager's rotation of a secret has written, not a run of keyward's.
inline constexpr std::string_view k_secret_rotation_run = "sm-";

/// A rotation that was finished: `new_key` is stored, was proved to work and replaces `old_key`.
struct Rotation {
  base::AccessKeyId new_key;
  base::AccessKeyId old_key;
  base::Instant at;
  bool forced = false;  ///< asked for by a person: the old key's age does not matter
  std::string store = {};  ///< SecretStore::mark() then
};

/// What keyward recorded on a user. Dates are facts: a grace period runs from an entry here, never from a guess.
struct Ledger {
  std::optional<Intent> intent;
  std::optional<Rotation> rotation;
  std::map<base::AccessKeyId, base::Instant> deactivating;         ///< written before the key is switched off
  std::map<base::AccessKeyId, base::Instant> deactivated;          ///< by keyward
  std::map<base::AccessKeyId, base::Instant> first_seen_inactive;  ///< deactivated by somebody else
  std::map<base::AccessKeyId, base::Instant> announced;            ///< owner was told that this key will be deactivated
  std::map<base::AccessKeyId, base::Instant> reactivated;          ///< keyward had deactivated it, somebody undid that

  /// Drops what speaks of keys that no longer exist.
  void forget_all_but(const std::vector<base::AccessKeyId>& existing);

  /// Drops what says of active keys that they were seen inactive. If there was such a key, somebody switched it on again,
  /// and announcements about active keys go with it: they were made in other circumstances. True then.
  bool forget_inactivity_of(const std::vector<base::AccessKeyId>& active);
};

/// The tag's value: "v1 rot=NEW/OLD@20261121T023000Z:STORE going=KEY@… off=KEY@… seen=KEY@… told=KEY@… kept=KEY@… int=RUN@…/KEY+KEY:STORE".
/// Errors: `limit_exceeded` when it does not fit into the 256 characters of a tag value.
base::Result<std::string> format_ledger(const Ledger& ledger);

/// Errors: `invalid` for anything format_ledger() does not write: a ledger that was edited by hand is no fact.
base::Result<Ledger> parse_ledger(std::string_view value);

}  // namespace keyward::rotation
