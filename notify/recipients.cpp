#include "notify/recipients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

using Tags = std::map<std::string, std::string>;

bool same_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::string> filled(const std::string& value) { return value.empty() ? std::nullopt : std::optional(value); }

/// IAM keeps the case of a tag key and compares without it.
std::optional<std::string> user_owner(const Tags& tags, const std::string& name) {
  const auto found = std::ranges::find_if(tags, [&name](const auto& tag) { return same_without_case(tag.first, name); });
  return found == tags.end() ? std::nullopt : filled(found->second);
}

/// To Organizations `owner` and `Owner` are two tags.
std::optional<std::string> account_owner(const Tags& tags, const std::string& name) {
  const auto found = tags.find(name);
  return found == tags.end() ? std::nullopt : filled(found->second);
}

/// What a source that is a tag says; nothing where tags are not looked at.
std::optional<std::string> tag_of(OwnerSource source, const accounts::Account& account, const rotation::UserFacts& user,
                                  const NotifySettings& settings) {
  if (settings.allowed_domains.empty()) return std::nullopt;
  if (source == OwnerSource::user_tag && user.tags.is_known()) return user_owner(user.tags.value(), settings.owner_tag);
  if (source == OwnerSource::account_tag && account.tags) return account_owner(*account.tags, settings.owner_tag);
  return std::nullopt;
}

class Lookup {
 public:
  Lookup(const accounts::Account& account, const rotation::UserFacts& user, const NotifySettings& settings, const AddressBook& book,
         const AlternateContact& contact)
      : account_(account), user_(user), settings_(settings), book_(book), contact_(contact) {}

  Recipients run() && {
    if (settings_.account_owner) add_account_owner();
    add_owner();
    if (use_fallback_ || result_.addresses.empty()) add_fallback();
    if (result_.addresses.empty())
      complain_of_user("nobody hears of this user's keys: there is no address and no fallback");
    return std::move(result_);
  }

 private:
  void add_account_owner() {
    if (const auto replaced = book_.find(account_.id)) return add(*replaced);
    if (const auto own = MailAddress::parse(account_.email)) return add(*own);
    result_.problems.push_back(
        {account_.id, std::nullopt,
         fmt::format("the account's e-mail address {} is not {}", quoted(account_.email), MailAddress::expectation())});
    use_fallback_ = true;
  }

  void add_owner() {
    for (const OwnerSource source : settings_.owner) {
      if (source == OwnerSource::alternate_contact) {
        if (contact_.unreadable) use_fallback_ = true;
        if (!contact_.email.empty()) add_contact();
        if (contact_.unreadable || !contact_.email.empty()) return;
      }
      if (source == OwnerSource::user_tag && !settings_.allowed_domains.empty() && user_.tags.is_unknown())
        complain_of_user("the user's tags could not be read, so its owner was not looked up");
      if (const auto tag = tag_of(source, account_, user_, settings_)) return add_tagged(source, *tag);
    }
    // Whom nobody names may be named by what could not be read.
    if (contact_.unreadable) use_fallback_ = true;
  }

  void add_tagged(OwnerSource source, const std::string& tag) {
    const std::string origin = fmt::format("{} tag {}", source == OwnerSource::user_tag ? "user" : "account", settings_.owner_tag);
    const auto address = MailAddress::parse(tag);
    if (!address) return refuse(origin, tag, "is not " + std::string(MailAddress::expectation()));
    const std::string domain = domain_of(*address);
    const bool allowed = std::ranges::any_of(
        settings_.allowed_domains, [&](const std::string& candidate) { return same_without_case(candidate, domain); });
    if (!allowed) return refuse(origin, tag, "is outside notify.allowed_domains");
    add(*address);
  }

  /// Only administrators of the organization or of the account write it, so it may lie in any domain.
  void add_contact() {
    if (const auto address = MailAddress::parse(contact_.email)) return add(*address);
    refuse("alternate contact", contact_.email, "is not " + std::string(MailAddress::expectation()));
  }

  void add_fallback() {
    if (const auto fallback = MailAddress::parse(settings_.fallback)) add(*fallback);
  }

  void refuse(const std::string& origin, const std::string& value, const std::string& why) {
    std::string message = fmt::format("{}: {} {}", origin, quoted(value), why);
    if (settings_.fallback.empty()) message += "; no fallback is configured";
    complain_of_user(std::move(message));
    use_fallback_ = true;
  }

  void add(const MailAddress& address) {
    const std::string key = mailbox_key(address);
    const bool known =
        std::ranges::any_of(result_.addresses, [&](const MailAddress& a) { return mailbox_key(a) == key; });
    if (!known) result_.addresses.push_back(address);
  }

  void complain_of_user(std::string message) {
    result_.problems.push_back({account_.id, user_.name, std::move(message)});
  }

  static std::string quoted(std::string_view text) { return "\"" + shortened(one_line(text), 80) + "\""; }

  const accounts::Account& account_;
  const rotation::UserFacts& user_;
  const NotifySettings& settings_;
  const AddressBook& book_;
  const AlternateContact& contact_;
  Recipients result_;
  bool use_fallback_ = false;
};

}  // namespace

Recipients recipients_for(const accounts::Account& account, const rotation::UserFacts& user, const NotifySettings& settings,
                          const AddressBook& book, const AlternateContact& contact) {
  return Lookup(account, user, settings, book, contact).run();
}

bool needs_alternate_contact(const accounts::Account& account, const rotation::UserFacts& user, const NotifySettings& settings) {
  for (const OwnerSource source : settings.owner) {
    if (source == OwnerSource::alternate_contact) return true;
    if (tag_of(source, account, user, settings)) return false;
  }
  return false;
}

}  // namespace keyward::notify
