#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace keyward::rotation {

enum class Participation {
  opt_in,   ///< only what an include rule matches takes part
  opt_out,  ///< everything but what an exclude rule matches takes part
};

/// A configured exemption: who, until when, why, and who answers for it. After `until` it no longer applies and is
/// reported as expired.
struct Exemption {
  base::AccountId account;
  base::UserName user;
  std::optional<base::Instant> until;  ///< first moment at which it no longer applies: the day after the configured date
  std::string reason;
  std::string owner;
};

/// One include rule for users: all tags listed must be there with these values.
struct UserMatch {
  std::vector<std::pair<std::string, std::string>> tags;
};

/// Which users of an account take part.
struct UserSelection {
  Participation by_default = Participation::opt_out;
  std::vector<UserMatch> include;  ///< matters for opt_in
  std::string exempt_group;        ///< IAMExemptionGroup; empty: no group is looked at
  std::vector<Exemption> exempt;
  std::string tag_prefix = "keyward:";  ///< of the tag that holds keyward's record on a user
};

}  // namespace keyward::rotation
