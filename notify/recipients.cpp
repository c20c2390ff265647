#include "notify/recipients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "notify/text.hpp"

namespace keyward::notify {
namespace {

using Tags = std::map<std::string, std::string>;

struct TagValue {
  std::string_view origin;  ///< "user" or "account"
  std::string value;
};

class Lookup {
 public:
  Lookup(const accounts::Account& account, const rotation::UserFacts& user, const NotifySettings& settings,
         const AddressBook& book)
      : account_(account), user_(user), settings_(settings), book_(book) {}

  Recipients run() && {
    if (settings_.account_owner) add_account_owner();
    if (!settings_.allowed_domains.empty()) add_tag_owner();
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

  void add_tag_owner() {
    const std::optional<TagValue> tag = first_tag();
    if (!tag) return;
    const auto address = MailAddress::parse(tag->value);
    if (!address) return refuse(*tag, "is not " + std::string(MailAddress::expectation()));
    const std::string domain = domain_of(*address);
    const bool allowed = std::ranges::any_of(
        settings_.allowed_domains, [&](const std::string& candidate) { return same_without_case(candidate, domain); });
    if (!allowed) return refuse(*tag, "is outside notify.allowed_domains");
    add(*address);
  }

  std::optional<TagValue> first_tag() {
    for (const OwnerSource source : settings_.owner) {
      if (source == OwnerSource::user_tag) {
        if (user_.tags.is_unknown())
          complain_of_user("the user's tags could not be read, so its owner was not looked up");
        if (user_.tags.is_known()) {
          if (auto value = user_owner(user_.tags.value())) return TagValue{"user", std::move(*value)};
        }
      }
      if (source == OwnerSource::account_tag && account_.tags) {
        if (auto value = account_owner(*account_.tags)) return TagValue{"account", std::move(*value)};
      }
    }
    return std::nullopt;
  }

  /// IAM keeps the case of a tag key and compares without it.
  std::optional<std::string> user_owner(const Tags& tags) const {
    const auto found = std::ranges::find_if(
        tags, [this](const auto& tag) { return same_without_case(tag.first, settings_.owner_tag); });
    return found == tags.end() ? std::nullopt : filled(found->second);
  }

  /// To Organizations `owner` and `Owner` are two tags.
  std::optional<std::string> account_owner(const Tags& tags) const {
    const auto found = tags.find(settings_.owner_tag);
    return found == tags.end() ? std::nullopt : filled(found->second);
  }

  static std::optional<std::string> filled(const std::string& value) {
    return value.empty() ? std::nullopt : std::optional(value);
  }

  void add_fallback() {
    if (const auto fallback = MailAddress::parse(settings_.fallback)) add(*fallback);
  }

  void refuse(const TagValue& tag, const std::string& why) {
    std::string message = fmt::format("{} tag {}: {} {}", tag.origin, settings_.owner_tag, quoted(tag.value), why);
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
  static bool same_without_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
  }
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

  const accounts::Account& account_;
  const rotation::UserFacts& user_;
  const NotifySettings& settings_;
  const AddressBook& book_;
  Recipients result_;
  bool use_fallback_ = false;
};

}  // namespace

Recipients recipients_for(const accounts::Account& account, const rotation::UserFacts& user,
                          const NotifySettings& settings, const AddressBook& book) {
  return Lookup(account, user, settings, book).run();
}

}  // namespace keyward::notify
