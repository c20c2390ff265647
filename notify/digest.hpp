#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "accounts/account.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "notify/address_book.hpp"
#include "notify/recipients.hpp"
#include "notify/settings.hpp"
#include "notify/wording.hpp"
#include "rotation/outcome.hpp"
#include "rotation/policy.hpp"

namespace keyward::notify {

/// Gmail clips a message above 102 KB, and nobody reads a sixty-first row.
inline constexpr std::size_t k_max_rows = 60;

/// One thing that one recipient must hear. Holds all that a later run needs to tell it, and never a secret.
struct OwnerNotice {
  MailAddress recipient;
  Mode mode = Mode::enforce;
  std::string matter;  ///< the same for all recipients and runs; what is said later of it replaces what was said before
  base::UserName user;
  Row row;
  std::string partition;
  int rotation_days = 0;  ///< of the account's policy
  int install_grace_days = 0;
  int recovery_grace_days = 0;
  std::optional<WarnedAction> warns_of;
  base::Instant owed_since;  ///< when it was to be told first
  base::Instant written;     ///< when the row was true
};

/// What tells an outcome from every other: account, user, key, action, reason, status.
std::string matter_of(const accounts::Account& account, const rotation::UserReport& user, const rotation::Outcome& outcome);

/// What notices must know of the account whose users they are about. The references live for the call only.
struct AccountContext {
  const accounts::Account& account;
  const rotation::Policy& policy;
  const NotifySettings& settings;  ///< the account's own: owner, tags, domains, fallback
  Mode mode;
  base::Instant now;
  AlternateContact contact = {};
};

struct OwnerNotices {
  std::vector<OwnerNotice> notices;    ///< of what concerns_people(), one for each recipient
  std::set<RecipientProblem> problems;  ///< who could not be told; without repetition, by account
};

/// What the outcomes of these users mean for their owners.
OwnerNotices notices_for(const AccountContext& context, const std::vector<rotation::UserReport>& users, const AddressBook& book);

/// Everything one recipient hears of in one run and one mode.
struct RecipientDigest {
  RecipientDigest(MailAddress to, Mode in) : recipient(std::move(to)), mode(in) {}

  MailAddress recipient;
  Mode mode;
  std::vector<Row> rows;                        ///< by urgency, account, user, key; at most k_max_rows
  std::size_t more = 0;                         ///< rows left out
  std::map<std::string, std::string> accounts;  ///< id and name of every account in it, left-out rows included
  std::set<std::string> partitions;
  std::set<int> rotation_days;  ///< of the policies of these accounts
  std::set<int> install_grace_days;
  std::set<int> recovery_grace_days;
};

/// One digest for every recipient and mode, by address: an address that has two roles gets one, and a recipient gets two
/// only when some of its accounts are in dry run and others are not, because one message never says both "was" and "would
/// have been". What was written on an earlier day says so, because its "tomorrow" was another one.
std::vector<RecipientDigest> digests_of(const std::vector<OwnerNotice>& notices, base::Instant now);

}  // namespace keyward::notify
