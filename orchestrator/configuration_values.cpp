#include "orchestrator/configuration_values.hpp"

#include <algorithm>

namespace keyward::orchestrator {
namespace {

using accounts::AccountMatch;
using ChannelType = notify::ChannelSettings::Type;
using FormatKind = rotation::SecretFormat::Kind;

const std::string k_role_name = "[A-Za-z0-9_+=,.@-]{1,64}";
const std::string k_role_path = "([!-.0-~]{1,128}/){0,8}";
const std::string k_domain =
    "([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const std::string k_address = "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@" + k_domain;

const Group<AccountMatch>& match_group() {
  static const Group<AccountMatch> k_group{{
      member<AccountMatch>(
          "id", Need::optional, QuotedAccountId{}, [](auto& m) -> auto& { return m.id; }, "An account id, in quotes"),
      member<AccountMatch>(
          "ou", Need::optional,
          Text{"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}",
               "the id of an organizational unit or root, such as ou-ab12-11111111"},
          [](auto& m) -> auto& { return m.organizational_unit; }, "An organizational unit and everything below it"),
      member<AccountMatch>(
          "tag", Need::optional, Tags{}, [](auto& m) -> auto& { return m.tags; },
          "Tags of the account, all with these values"),
  }};
  return k_group;
}

/// An exemption while it is read; its ids cannot be empty in rotation::Exemption.
struct ExemptionDraft {
  std::optional<base::AccountId> account;
  std::optional<base::UserName> user;
  std::optional<base::Instant> until;
  std::string reason;
  std::string owner;
};

const Group<ExemptionDraft>& exemption_group() {
  static const Group<ExemptionDraft> k_group{{
      member<ExemptionDraft>(
          "account", Need::required, QuotedAccountId{}, [](auto& e) -> auto& { return e.account; },
          "the user's account id, in quotes"),
      member<ExemptionDraft>(
          "user", Need::required, Identifier<base::UserName>{{"[A-Za-z0-9_+=,.@-]{1,64}", "the name of an IAM user"}},
          [](auto& e) -> auto& { return e.user; }, "the user's name"),
      member<ExemptionDraft>(
          "until", Need::optional, Date{}, [](auto& e) -> auto& { return e.until; },
          "the last day of the exemption; without it there is no end"),
      member<ExemptionDraft>(
          "reason", Need::required, anything("a reason"), [](auto& e) -> auto& { return e.reason; },
          "why the key may grow old"),
      member<ExemptionDraft>(
          "owner", Need::required, anything("a person or team"), [](auto& e) -> auto& { return e.owner; },
          "who answers for it"),
  }};
  return k_group;
}

Choice<FormatKind> known_format() {
  return {{{"guidance", FormatKind::guidance}, {"env", FormatKind::env}, {"pair", FormatKind::pair}}};
}

Group<rotation::SecretFormat> custom_format() {
  const Text field{".{1,128}", "the name of a JSON field"};
  return {{member<rotation::SecretFormat>(
               "access_key_id", Need::required, field, [](auto& f) -> auto& { return f.access_key_id_field; },
               "the field of the access key id"),
           member<rotation::SecretFormat>(
               "secret_access_key", Need::required, field, [](auto& f) -> auto& { return f.secret_access_key_field; },
               "the field of the secret access key")}};
}

Choice<ChannelType> channel_types() {
  return {{{"ses", ChannelType::ses}, {"file", ChannelType::file}},
          {"smtp", "sns", "slack", "teams", "webhook", "pagerduty"}};
}

Group<notify::ChannelSettings> channel_group() {
  using notify::ChannelSettings;
  return {{member<ChannelSettings>(
               "type", Need::required, channel_types(), [](auto& c) -> auto& { return c.type; },
               "ses sends mail with Amazon SES; file writes .eml files"),
           member<ChannelSettings>(
               "configuration_set", Need::optional, Text{"[A-Za-z0-9_-]{1,64}", "the name of an SES configuration set"},
               [](auto& c) -> auto& { return c.configuration_set; }, "ses: the configuration set of every mail"),
           member<ChannelSettings>(
               "directory", Need::optional, LocalPath{}, [](auto& c) -> auto& { return c.directory; },
               "file: the folder of the .eml files; without it mail/ in the run's folder")}};
}

}  // namespace

Text address() { return {k_address, "a mail address such as security@example.org"}; }
Text domain() { return {k_domain, "a domain such as example.org"}; }
Text anything(std::string expectation) { return {".{1,1024}", std::move(expectation)}; }
Text tag_name() { return {".{1,128}", "the name of a tag"}; }
Text file_name() { return {"[^/]{1,255}", "the name of a file in the templates folder"}; }
Text role_name() {
  return {"(?!arn:)" + k_role_path + k_role_name,
          "a role's name or path/name, such as keyward/rotate: the same in every account, so not an ARN and without a "
          "leading slash"};
}
Identifier<base::Arn> role_arn() {
  return {{"arn:[a-z-]+:iam::[0-9]{12}:role/" + k_role_path + k_role_name,
           "a role's ARN such as arn:aws:iam::111122223333:role/keyward"}};
}
Identifier<base::Arn> principal_arn() {
  return {{"arn:[a-z-]+:(iam|sts)::[0-9]{12}:[^*]+",
           "the ARN of a user, role or account, without wildcards, such as arn:aws:iam::111122223333:role/app"}};
}
Identifier<base::Region> region() { return {{"[a-z0-9-]{8,32}", "a region such as eu-central-1"}}; }

Choice<rotation::ConflictRule> conflict_rule() {
  using rotation::ConflictRule;
  return {{{"retire_lru", ConflictRule::retire_lru},
           {"delete_lru", ConflictRule::delete_lru},
           {"hold", ConflictRule::hold}}};
}

Choice<rotation::UnusedRule> unused_rule() {
  return {{{"rotate", rotation::UnusedRule::rotate}, {"retire", rotation::UnusedRule::retire}}};
}

Choice<rotation::StoreTarget> store_target() {
  return {{{"member", rotation::StoreTarget::member}, {"central", rotation::StoreTarget::central}}};
}

Choice<notify::OwnerSource> owner_source() {
  using notify::OwnerSource;
  return {{{"user_tag", OwnerSource::user_tag},
           {"account_tag", OwnerSource::account_tag},
           {"alternate_contact", OwnerSource::alternate_contact}}};
}

std::optional<AccountMatch> AccountRule::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  auto match = match_group().read(value, path, reading);
  if (!match) return std::nullopt;
  const int named = (match->id ? 1 : 0) + (match->organizational_unit.empty() ? 0 : 1) + (match->tags.empty() ? 0 : 1);
  if (named == 1) return match;
  reading.problems.error(
      value.origin, path,
      fmt::format("names {} of id, ou and tag; it must name exactly one", named == 0 ? "none" : "several"));
  return std::nullopt;
}
boost::json::value AccountRule::show(const AccountMatch& match) const { return match_group().show(match); }
boost::json::object AccountRule::schema() const {
  boost::json::object schema = match_group().schema();
  schema["minProperties"] = 1;
  schema["maxProperties"] = 1;
  return schema;
}

Group<rotation::UserMatch> user_rule() {
  return {{member<rotation::UserMatch>(
      "tag", Need::required, Tags{}, [](auto& rule) -> auto& { return rule.tags; },
      "Tags of the user, all with these values")}};
}

std::optional<rotation::Exemption> ExemptionShape::read(const YamlValue& value, const std::string& path,
                                                        Reading& reading) const {
  const auto draft = exemption_group().read(value, path, reading);
  if (!draft) return std::nullopt;
  rotation::Exemption exemption{*draft->account, *draft->user, draft->until, draft->reason, draft->owner};
  // The configured day is the last one; Exemption::until is the first moment after it.
  if (exemption.until) *exemption.until += std::chrono::days(1);
  return exemption;
}

boost::json::value ExemptionShape::show(const rotation::Exemption& exemption) const {
  ExemptionDraft draft{exemption.account, exemption.user, exemption.until, exemption.reason, exemption.owner};
  if (draft.until) *draft.until -= std::chrono::days(1);
  return exemption_group().show(draft);
}
boost::json::object ExemptionShape::schema() const { return exemption_group().schema(); }

std::optional<rotation::SecretFormat> SecretFormatShape::read(const YamlValue& value, const std::string& path,
                                                              Reading& reading) const {
  if (value.kind != YamlValue::Kind::map) {
    const auto kind = known_format().read(value, path, reading);
    if (!kind) return std::nullopt;
    return rotation::SecretFormat{*kind, "", ""};
  }
  auto format = custom_format().read(value, path, reading);
  if (!format) return std::nullopt;
  if (format->access_key_id_field == format->secret_access_key_field) {
    reading.problems.error(value.origin, path, "gives both fields one name; they must differ");
    return std::nullopt;
  }
  format->kind = FormatKind::custom;
  return format;
}

boost::json::value SecretFormatShape::show(const rotation::SecretFormat& format) const {
  return format.kind == FormatKind::custom ? custom_format().show(format) : known_format().show(format.kind);
}
boost::json::object SecretFormatShape::schema() const {
  return {{"anyOf", {known_format().schema(), custom_format().schema()}}};
}

std::optional<notify::ChannelSettings> ChannelShape::read(const YamlValue& value, const std::string& path,
                                                          Reading& reading) const {
  // A channel of a later version has keys that are not known yet: its type is looked at first, and alone.
  if (value.kind == YamlValue::Kind::map) {
    const auto type = std::ranges::find(value.entries, "type", &YamlEntry::key);
    if (type != value.entries.end() && !channel_types().read(*type->value, path + ".type", reading))
      return std::nullopt;
  }
  auto channel = channel_group().read(value, path, reading);
  if (!channel) return std::nullopt;
  const bool ses = channel->type == ChannelType::ses;
  const std::string_view misplaced = ses ? "directory" : "configuration_set";
  const auto entry = std::ranges::find(value.entries, misplaced, &YamlEntry::key);
  if (entry == value.entries.end()) return channel;
  reading.problems.error(entry->origin, path + "." + entry->key,
                         fmt::format("does not belong to a channel of type {}; remove it", ses ? "ses" : "file"));
  return std::nullopt;
}

boost::json::value ChannelShape::show(const notify::ChannelSettings& channel) const {
  return channel_group().show(channel);
}
boost::json::object ChannelShape::schema() const { return channel_group().schema(); }

}  // namespace keyward::orchestrator
