#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "rotation/fact.hpp"
#include "rotation/ledger.hpp"

namespace keyward::rotation {

enum class KeyStatus {
  active,
  inactive,
  unrecognized,  ///< a status this version does not know: not active, do not touch
};

struct KeyUse {
  base::Instant at;  ///< resolution 15 minutes
  std::string service;
  std::string region;
};

struct KeyFacts {
  base::AccessKeyId id;
  KeyStatus status = KeyStatus::unrecognized;
  base::Instant created;
  Fact<KeyUse> last_use;  ///< absent: never used
};

/// Why a user is left alone.
struct ExemptionFact {
  std::string reason;  ///< "member of IAMKeyRotationExemptionGroup", "exempt until 2027-03-31: vendor appliance"
};

/// Everything decide() may know about a user.
struct UserFacts {
  base::UserName name;
  base::Arn arn;
  Fact<std::vector<KeyFacts>> keys;  ///< 0 to 2, in any order
  Fact<ExemptionFact> exemption;     ///< absent: not exempt
  Fact<std::map<std::string, std::string>> tags;
  Fact<Ledger> ledger;                       ///< absent: keyward recorded nothing yet
  std::optional<base::Instant> previous_run;  ///< when this account was last audited: decides which warnings are new
  bool gone = false;                          ///< deleted since the account's users were listed: `keys` is empty
  /// When AWS was first asked for what stands here; empty when a part is remembered from earlier runs or was not asked for,
  /// and once the user's keys or record were changed.
  std::optional<base::Instant> read_at = std::nullopt;
  /// Name of the secret with whose rotation by Secrets Manager this user gets new keys; empty: a run makes them. Read with the tags.
  std::string rotated_secret = {};
};

}  // namespace keyward::rotation
