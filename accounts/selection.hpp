#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "accounts/account.hpp"
#include "base/ids.hpp"

namespace keyward::accounts {

enum class Participation { opt_in, opt_out };

/// One rule: exactly one of id, ou, tags. An OU matches everything below it too.
struct AccountMatch {
  std::optional<base::AccountId> id;
  std::string organizational_unit;                        ///< "ou-ab12-11111111" or "r-ab12", empty when not by OU
  std::vector<std::pair<std::string, std::string>> tags;  ///< all must be there with these values
};

/// Which accounts take part. Exclusion wins over inclusion; the management account takes part only when an include rule
/// names it by id.
struct AccountSelection {
  Participation by_default = Participation::opt_in;
  std::vector<AccountMatch> include;
  std::vector<AccountMatch> exclude;
};

/// True when the rule fits the account. A tag rule needs the account's tags to have been read.
bool matches(const AccountMatch& rule, const Account& account);

}  // namespace keyward::accounts
