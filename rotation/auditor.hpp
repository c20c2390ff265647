#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/iam_client.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "rotation/exemption.hpp"
#include "rotation/facts.hpp"
#include "rotation/policy.hpp"

namespace keyward::rotation {

/// How much is read of a user.
enum class Reading {
  as_needed,   ///< tags, ledger and last use only when a key is due, near, inactive or one of two: nothing else decides on them
  everything,
};

/// Gathers the facts about the users of one account. Reads only.
class Auditor {
 public:
  /// `previous_run`: when this account was last audited, if that is known.
  Auditor(aws::IamClient& iam, base::AccountId account, const UserSelection& selection, const Policy& policy,
          const base::Clock& clock, std::optional<base::Instant> previous_run)
      : iam_(iam), account_(std::move(account)), selection_(selection), ledger_tag_(selection.tag_prefix + "state"), policy_(policy), clock_(clock), previous_run_(previous_run) {}

  /// All users of the account. Reads the exemption group too: once, before any user is judged.
  base::Task<base::Result<std::vector<aws::IamUser>>> users();

  /// The facts of one user. What cannot be read is an unknown fact, never a failure.
  base::Task<UserFacts> facts(aws::IamUser user, Reading reading = Reading::as_needed);

  /// The tag on an IAM user in which keyward records what it did to the user's keys. One tag, so that one call moves the
  /// user from one state to the next.
  const std::string& ledger_tag() const noexcept { return ledger_tag_; }

 private:
  base::Task<Fact<std::vector<KeyFacts>>> read_keys(base::UserName user);
  base::Task<std::vector<KeyFacts>> with_last_use(std::vector<KeyFacts> keys);

  aws::IamClient& iam_;
  base::AccountId account_;
  const UserSelection& selection_;
  std::string ledger_tag_;
  const Policy& policy_;
  const base::Clock& clock_;
  std::optional<base::Instant> previous_run_;
  Fact<std::set<std::string>> exempt_members_;  ///< in lower case: IAM names are unique without regard to case
};

/// Whether a user is left alone, from what is known. Pure. Unknown as soon as something that could exempt is unknown.
/// `tags` unknown matters only where a tag rule selects users.
Fact<ExemptionFact> exemption_of(const base::AccountId& account, const base::UserName& user,
                                 const UserSelection& selection, const Fact<std::set<std::string>>& exempt_members,
                                 const Fact<std::map<std::string, std::string>>& tags, base::Instant now);

/// The ledger in a user's tags, where it is the value of `tag`: absent without the tag, unknown when it cannot be read.
Fact<Ledger> ledger_in(const Fact<std::map<std::string, std::string>>& tags, const std::string& tag);

}  // namespace keyward::rotation
