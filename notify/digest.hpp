#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "accounts/account.hpp"
#include "notify/address_book.hpp"
#include "notify/recipients.hpp"
#include "notify/settings.hpp"
#include "notify/wording.hpp"
#include "rotation/outcome.hpp"
#include "rotation/policy.hpp"

namespace keyward::notify {

/// Gmail clips a message above 102 KB, and nobody reads a sixty-first row.
inline constexpr std::size_t k_max_rows = 60;

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

/// What digests must know of the account whose users they are told of. The references live for the call only.
struct AccountContext {
  const accounts::Account& account;
  const rotation::Policy& policy;
  const NotifySettings& settings;  ///< the account's own: owner, tags, domains, fallback
  Mode mode;
};

/// Collects over a run what each recipient must hear.
class Digest {
 public:
  /// Asked before anything is added. Lets the caller keep a hold or a failure from being mailed every day.
  using ShouldMail = std::function<bool(const rotation::UserReport&, const rotation::Outcome&)>;

  explicit Digest(AddressBook book) : book_(std::move(book)) {}

  /// Adds what concerns_people() and `should_mail` let pass. An empty `should_mail` lets everything pass.
  void add(const AccountContext& context, const std::vector<rotation::UserReport>& users,
           const ShouldMail& should_mail);

  /// One digest for every recipient and mode, by address: an address that has two roles gets one, and a recipient gets
  /// two only when some of its accounts are in dry run and others are not, because one message never says both "was"
  /// and "would have been".
  std::vector<RecipientDigest> finish() &&;

  /// Who could not be told; without repetition, by account.
  const std::set<RecipientProblem>& problems() const noexcept { return problems_; }

 private:
  AddressBook book_;
  std::map<std::pair<std::string, Mode>, RecipientDigest> digests_;
  std::set<RecipientProblem> problems_;
};

}  // namespace keyward::notify
