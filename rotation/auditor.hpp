#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/iam_client.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/permits.hpp"
#include "rotation/credential_report.hpp"
#include "rotation/exemption.hpp"
#include "rotation/facts.hpp"
#include "rotation/key_cache.hpp"
#include "rotation/policy.hpp"

namespace keyward::rotation {

/// How the users of an account are found.
enum class Listing {
  complete,  ///< ListUsers, all pages
  sparing,   ///< the credential report, in a number of calls that does not depend on the users; without one ListUsers
};

/// How much is read of a user.
enum class Reading {
  as_needed,   ///< keys only when the report cannot vouch for those already known; tags, exemption and last use only when a
               ///< key is due, near, inactive or one of two: nothing else decides on them
  everything,  ///< now, from AWS
};

/// Gathers the facts about the users of one account. Reads only.
///
/// The credential report has no key ids, may be four hours old and calls "rotated" what was only switched off. So it decides
/// whom to look at and nothing else. A user whose row is the one under which the keys were last listed, and of whose keys
/// none is due, near, inactive or one of two, is not asked again. What happened to him since the report was made is nothing to
/// act on either, and the next report shows it: decide() has nothing to say of a key younger than k_unreported, nor of one
/// young key that was switched off, as long as the record does not say that it was switched before. Where it may say so, the
/// keys are not remembered.
class Auditor {
 public:
  struct Parts {
    aws::IamClient& iam;
    const UserSelection& selection;
    const Policy& policy;
    const base::Clock& clock;
    base::Sleeper& waiting;  ///< for the time that AWS needs to make a report
    KeyCache& cache;
    std::function<bool()> may_wait = [] { return true; };  ///< false: a signal or the deadline ends the run
  };

  /// `previous_run`: when this account was last audited, if that is known.
  Auditor(Parts parts, base::AccountId account, std::optional<base::Instant> previous_run)
      : parts_(parts), account_(std::move(account)), ledger_tag_(parts.selection.tag_prefix + "state"), secret_tag_(parts.selection.tag_prefix + "secret"), previous_run_(previous_run) {}

  /// All users of the account.
  base::Task<base::Result<std::vector<aws::IamUser>>> users(Listing listing);

  /// Why the last sparing listing had to do without a credential report; empty when it had one.
  const std::string& without_report() const noexcept { return without_report_; }

  /// The facts of one user. What cannot be read is an unknown fact, never a failure.
  base::Task<UserFacts> facts(aws::IamUser user, Reading reading);

  /// The tag on an IAM user in which keyward records what it did to the user's keys. One tag, so that one call moves the
  /// user from one state to the next.
  const std::string& ledger_tag() const noexcept { return ledger_tag_; }
  /// The tag that names the secret with whose rotation the user gets new keys (UserFacts::rotated_secret).
  const std::string& secret_tag() const noexcept { return secret_tag_; }

 private:
  using Members = Fact<std::set<std::string>>;

  base::Task<base::Result<std::vector<ReportedUser>>> report();
  const std::vector<KeyFacts>* unchanged_keys(const base::UserName& user) const;
  base::Task<base::Result<std::vector<KeyFacts>>> read_keys(base::UserName user);
  bool was_switched(const base::UserName& user, const std::vector<KeyFacts>& keys) const;
  void remember(const UserFacts& facts);
  base::Task<std::vector<KeyFacts>> with_last_use(std::vector<KeyFacts> keys);
  base::Task<Members> exempt_members();

  Parts parts_;
  base::AccountId account_;
  std::string ledger_tag_;
  std::string secret_tag_;
  std::optional<base::Instant> previous_run_;
  std::map<base::UserName, ReportedUser> rows_;  ///< of the report that listed the users; empty without
  base::Instant reported_at_;  ///< when AWS made it
  std::string without_report_;
  base::Permits asking_for_members_{1};
  std::optional<Members> exempt_members_;  ///< in lower case: IAM names are unique without regard to case
};

/// Whether a user is left alone, from what is known. Pure. Unknown as soon as something that could exempt is unknown.
/// `tags` unknown matters only where a tag rule selects users.
Fact<ExemptionFact> exemption_of(const base::AccountId& account, const base::UserName& user,
                                 const UserSelection& selection, const Fact<std::set<std::string>>& exempt_members,
                                 const Fact<std::map<std::string, std::string>>& tags, base::Instant now);

/// The part of it that the configuration says by name, which costs no call. Pure.
Fact<ExemptionFact> exemption_by_name(const base::AccountId& account, const base::UserName& user, const UserSelection& selection,
                                      base::Instant now);

/// When what the configuration says by name ends; nothing when it never does, or does not exempt the user at all. Pure.
std::optional<base::Instant> exempt_until(const base::AccountId& account, const base::UserName& user, const UserSelection& selection,
                                          base::Instant now);

/// The ledger in a user's tags, where it is the value of `tag`: absent without the tag, unknown when it cannot be read.
Fact<Ledger> ledger_in(const Fact<std::map<std::string, std::string>>& tags, const std::string& tag);

}  // namespace keyward::rotation
