#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "accounts/account.hpp"
#include "base/ids.hpp"
#include "notify/address.hpp"
#include "notify/address_book.hpp"
#include "notify/settings.hpp"
#include "rotation/facts.hpp"

namespace keyward::notify {

/// Somebody could not be told, or not the one who should have been.
struct RecipientProblem {
  base::AccountId account;
  std::optional<base::UserName> user;  ///< absent: about the account as a whole
  std::string message;                 ///< for people

  auto operator<=>(const RecipientProblem&) const = default;
};

/// What was asked of an account's alternate contacts (security, then operations).
struct AlternateContact {
  std::string email;        ///< empty: there is none
  bool unreadable = false;  ///< it, or the tags of the account, could not be read; whoever asked has said why
};

struct Recipients {
  std::vector<MailAddress> addresses;  ///< without repetition (mailbox_key); empty: nobody can be told
  std::vector<RecipientProblem> problems;
};

/// Who hears of this user's keys:
///  1. unless `account_owner` is off, the account's line in the recipients_file, else the account's own address;
///  2. the first that exists of the sources in `settings.owner`: the user's tag, the account's tag `owner_tag`
///     (without case on users, with it on accounts, as IAM and Organizations compare their tags), the account's alternate
///     contact. Where that could not be read the fallback hears.
/// Whoever may tag a user could send mail about keys anywhere, so an address from a tag counts only when its domain is
/// one of `allowed_domains` (exactly, without case; without any domain tags are not looked at). A tag that is refused
/// is a problem, and the fallback hears instead: the next source is not tried, because the tag names somebody who was
/// meant. Without any address the fallback hears; without a fallback that is a problem too.
Recipients recipients_for(const accounts::Account& account, const rotation::UserFacts& user,
                          const NotifySettings& settings, const AddressBook& book, const AlternateContact& contact = {});

/// Whether the account's alternate contact decides who hears of this user: no source before it names anybody.
bool needs_alternate_contact(const accounts::Account& account, const rotation::UserFacts& user, const NotifySettings& settings);

}  // namespace keyward::notify
