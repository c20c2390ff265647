#include "orchestrator/configuration_values.hpp"

#include <algorithm>
#include <boost/regex.hpp>

#include "base/files.hpp"
#include "notify/channel_secret.hpp"
#include "notify/webhook_channel.hpp"

namespace keyward::orchestrator {
namespace {

using accounts::AccountMatch;
using ChannelType = notify::ChannelSettings::Type;
using FormatKind = rotation::SecretFormat::Kind;

const std::string k_role_name = "[A-Za-z0-9_+=,.@-]{1,64}";
/// IAM takes any printable ASCII in a path. Those that mean something in a policy would make a name stand for others, too: * ? $.
const std::string k_role_path = "([!-#%-)+-.0->@-~]{1,128}/){0,8}";
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
  return {{{"ses", ChannelType::ses},
           {"smtp", ChannelType::smtp},
           {"sns", ChannelType::sns},
           {"slack", ChannelType::slack},
           {"teams", ChannelType::teams},
           {"webhook", ChannelType::webhook},
           {"pagerduty", ChannelType::pagerduty},
           {"metrics", ChannelType::metrics},
           {"file", ChannelType::file}}};
}

/// A key of a channel: whose it is, and who cannot do without.
struct ChannelKey {
  std::string_view name;
  std::vector<ChannelType> types;
  Need need = Need::optional;
};

const std::vector<ChannelKey>& channel_keys() {
  using enum notify::ChannelSettings::Type;
  static const std::vector<ChannelKey> k_keys = {
      {"configuration_set", {ses}},
      {"directory", {file}},
      {"host", {smtp}},
      {"port", {smtp}},
      {"tls", {smtp}},
      {"topic_arn", {sns}, Need::required},
      {"per_event", {sns}},
      {"url", {slack, teams, webhook}, Need::required},
      {"secret", {webhook}, Need::required},
      {"routing_key", {pagerduty}, Need::required},
      {"endpoint", {pagerduty}},
      {"namespace", {metrics}},
      {"embedded", {metrics}},
      {"private_addresses", {slack, teams, webhook}},
      {"timeout", {smtp, slack, teams, webhook, pagerduty}},
  };
  return k_keys;
}

Group<notify::ChannelSettings> channel_group() {
  using namespace std::chrono_literals;
  using notify::ChannelSettings;
  const Choice<base::SmtpSecurity> security{
      {{"starttls", base::SmtpSecurity::starttls}, {"implicit", base::SmtpSecurity::implicit_tls}}};
  const Identifier<base::Arn> topic{{"arn:[a-z-]+:sns:[a-z0-9-]{8,32}:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\\.fifo)?",
                                     "a topic's ARN such as arn:aws:sns:eu-central-1:111122223333:keyward"}};
  return {{member<ChannelSettings>(
               "type", Need::required, channel_types(), [](auto& c) -> auto& { return c.type; },
               "ses, smtp or file for owners' mail; sns, slack, teams, webhook, pagerduty or metrics for operators"),
           member<ChannelSettings>(
               "configuration_set", Need::optional, Text{"[A-Za-z0-9_-]{1,64}", "the name of an SES configuration set"},
               [](auto& c) -> auto& { return c.configuration_set; }, "ses: the configuration set of every mail"),
           member<ChannelSettings>(
               "directory", Need::optional, LocalPath{}, [](auto& c) -> auto& { return c.directory; },
               "file: the folder of the .eml files; without it mail/ in the run's folder"),
           member<ChannelSettings>(
               "host", Need::optional, Text{k_domain + "|localhost|127\\.0\\.0\\.1", "a host name such as smtp.example.org"},
               [](auto& c) -> auto& { return c.host; }, "smtp: the server; without it SES's in the run's region"),
           member<ChannelSettings>(
               "port", Need::optional, WholeNumber{1, 65535}, [](auto& c) -> auto& { return c.port; },
               "smtp: without it 587, with implicit TLS 465"),
           member<ChannelSettings>(
               "tls", Need::optional, security, [](auto& c) -> auto& { return c.tls; },
               "smtp: starttls, or implicit for TLS from the first byte"),
           member<ChannelSettings>(
               "topic_arn", Need::optional, topic, [](auto& c) -> auto& { return c.topic_arn; }, "sns: the topic's ARN"),
           member<ChannelSettings>(
               "per_event", Need::optional, TrueOrFalse{}, [](auto& c) -> auto& { return c.per_event; },
               "sns: besides the run's summary a message for every change and failure"),
           member<ChannelSettings>(
               "url", Need::optional, SecretShape{SecretShape::Content::url}, [](auto& c) -> auto& { return c.url; },
               "slack, teams, webhook: where the URL is, env:NAME, file:PATH, cred:NAME or ssm:PARAMETER"),
           member<ChannelSettings>(
               "secret", Need::optional, SecretShape{SecretShape::Content::webhook_keys},
               [](auto& c) -> auto& { return c.secret; }, "webhook: where the secret whsec_... is that signs"),
           member<ChannelSettings>(
               "routing_key", Need::optional, SecretShape{}, [](auto& c) -> auto& { return c.routing_key; },
               "pagerduty: where the routing key is"),
           member<ChannelSettings>(
               "endpoint", Need::optional, Text{"https?://[A-Za-z0-9.:-]{1,260}", "https and a host, without a path"},
               [](auto& c) -> auto& { return c.endpoint; },
               "pagerduty: without it https://events.pagerduty.com; in Europe https://events.eu.pagerduty.com"),
           member<ChannelSettings>(
               "namespace", Need::optional,
               Text{"(?!AWS/)[A-Za-z0-9._/#-][A-Za-z0-9._/#:-]{0,254}",
                    "a namespace of CloudWatch such as keyward, not below AWS/"},
               [](auto& c) -> auto& { return c.metric_namespace; }, "metrics: the namespace in CloudWatch; without it keyward"),
           member<ChannelSettings>(
               "embedded", Need::optional, TrueOrFalse{}, [](auto& c) -> auto& { return c.embedded; },
               "metrics: one line of embedded metric format on standard error instead of a call; for AWS Lambda"),
           member<ChannelSettings>(
               "private_addresses", Need::optional, TrueOrFalse{}, [](auto& c) -> auto& { return c.private_addresses; },
               "slack, teams, webhook: the URL may lead to a loopback, private or link-local address; without it only to public ones"),
           member<ChannelSettings>(
               "timeout", Need::optional, TimeSpan<std::chrono::milliseconds>{100ms, 5min},
               [](auto& c) -> auto& { return c.timeout; },
               "smtp, slack, teams, webhook, pagerduty: of one attempt")}};
}

/// What a channel of this type misses or has too much; reported with its place.
bool fits_its_type(const notify::ChannelSettings& channel, const YamlValue& value, const std::string& path, Reading& reading) {
  const std::string type(channel_types().show(channel.type).as_string());
  bool fits = true;
  for (const ChannelKey& key : channel_keys()) {
    const auto entry = std::ranges::find(value.entries, key.name, &YamlEntry::key);
    const bool given = entry != value.entries.end();
    const bool belongs = std::ranges::find(key.types, channel.type) != key.types.end();
    if (given && !belongs) {
      reading.problems.error(entry->origin, path + "." + entry->key, fmt::format("does not belong to a channel of type {}; remove it", type));
      fits = false;
    }
    if (!given && belongs && key.need == Need::required) {
      reading.problems.error(value.origin, path, fmt::format("has no \"{}\", which a channel of type {} needs", key.name, type));
      fits = false;
    }
  }
  if (const std::optional<std::string> problem = channel.endpoint.empty() ? std::nullopt : notify::problem_of_url(channel.endpoint)) {
    reading.problems.error(value.origin, path + ".endpoint", *problem);
    fits = false;
  }
  return fits;
}

/// What a reference to a variable or to a file leads to, or the reason why not.
std::optional<std::string> referred(const std::string& reference, const Reading& reading, std::string& reason) {
  if (reference.starts_with("env:")) {
    const std::string name = reference.substr(4);
    const auto variable = reading.environment.find(name);
    if (variable != reading.environment.end() && !variable->second.empty()) return variable->second;
    reason = fmt::format("the environment variable {} is not set; set it or change the reference", name);
    return std::nullopt;
  }
  const std::optional<std::filesystem::path> file = referred_file(reference, reading, reason);
  if (!file) return std::nullopt;
  base::Result<std::string> text = base::read_named(*file);
  if (!text) {
    reason = text.error().message;
    return std::nullopt;
  }
  text->resize(text->find_last_not_of("\r\n") + 1);
  if (!text->empty()) return std::move(*text);
  reason = fmt::format("{} is empty", file->string());
  return std::nullopt;
}

/// What is wrong with a secret's content, without the secret.
std::optional<std::string> problem_of(std::string_view text, SecretShape::Content content) {
  switch (content) {
    case SecretShape::Content::url: return notify::problem_of_url(text);
    case SecretShape::Content::webhook_keys:
      if (!notify::parse_webhook_keys(text)) return "is not whsec_ and the base64 form of 24 to 64 bytes";
      return std::nullopt;
    case SecretShape::Content::anything: break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::filesystem::path> referred_file(std::string_view reference, const Reading& reading, std::string& reason) {
  const std::string name(reference.substr(5));  // both prefixes are of five letters
  if (reference.starts_with("file:")) return reading.base_directory / name;
  // A name that systemd would not take, such as one with a slash, could lead out of the folder.
  static const boost::regex k_name("(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,255}");
  if (!boost::regex_match(name, k_name)) {
    reason = "cred: is followed by the name of a credential, of letters, digits and _ . -";
    return std::nullopt;
  }
  const auto folder = reading.environment.find("CREDENTIALS_DIRECTORY");
  if (folder != reading.environment.end() && folder->second.starts_with('/')) return std::filesystem::path(folder->second) / name;
  reason = fmt::format(
      "CREDENTIALS_DIRECTORY is not set; systemd sets it for a unit with LoadCredential={}. By hand, set it to the folder of that file", name);
  return std::nullopt;
}

Text address() { return {k_address, "a mail address such as security@example.org"}; }
Text domain() { return {k_domain, "a domain such as example.org"}; }
Text anything(std::string expectation) { return {".{1,1024}", std::move(expectation)}; }
Text tag_name() { return {".{1,128}", "the name of a tag"}; }
Text file_name() { return {"[^/]{1,255}", "the name of a file in the templates folder"}; }
Text role_name() {
  return {"(?!arn:)" + k_role_path + k_role_name,
          "a role's name or path/name, such as keyward/rotate: the same in every account, so not an ARN, and without a "
          "leading slash and * ? $"};
}
Identifier<base::Arn> role_arn() {
  return {{"arn:[a-z-]+:iam::[0-9]{12}:role/" + k_role_path + k_role_name,
           "a role's ARN such as arn:aws:iam::111122223333:role/keyward, without * ? $"}};
}
Identifier<base::Arn> reader_arn() {
  return {{"arn:[a-z-]+:iam::[0-9]{12}:(role|user)/" + k_role_path + k_role_name,
           "the ARN of a user or role, not of a session or account, such as arn:aws:iam::111122223333:role/app, without * ? $"}};
}
Identifier<base::Region> region() { return {{"(?=[^-]*-[^-]*-)[a-z][a-z0-9-]{6,30}[0-9]", "a region such as eu-central-1"}}; }

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

std::optional<notify::SecretSource> SecretShape::read(const YamlValue& value, const std::string& path, Reading& reading) const {
  static const boost::regex k_form("env:[A-Za-z_][A-Za-z0-9_]{0,255}|(?:file|cred):[^[:cntrl:]]{1,1024}|ssm:[A-Za-z0-9_.:/-]{1,1024}");
  const bool is_text = value.kind == YamlValue::Kind::scalar && value.text.size() <= 2048;
  if (!is_text || !boost::regex_match(value.text, k_form)) {
    reading.problems.error(value.origin, path, "must be env:NAME, file:PATH, cred:NAME or ssm:PARAMETER; a secret itself does not stand in the configuration");
    return std::nullopt;
  }
  notify::SecretSource source{value.text, nullptr};
  if (value.text.starts_with("ssm:")) return source;
  std::string reason;
  const std::optional<std::string> text = referred(value.text, reading, reason);
  if (text) {
    const std::optional<std::string> problem = problem_of(*text, content);
    if (problem) reason = fmt::format("what {} leads to {}", value.text, *problem);
  }
  if (!reason.empty()) {
    reading.problems.error(value.origin, path, std::move(reason));
    return std::nullopt;
  }
  source.value = std::make_shared<const base::Secret>(*text);
  return source;
}
boost::json::object SecretShape::schema() const {
  return {{"type", "string"}, {"pattern", "^(env|file|cred|ssm):.+$"}, {"$comment", "env:NAME, file:PATH, cred:NAME or ssm:PARAMETER"}};
}

std::optional<notify::ChannelSettings> ChannelShape::read(const YamlValue& value, const std::string& path,
                                                          Reading& reading) const {
  auto channel = channel_group().read(value, path, reading);
  if (!channel || !fits_its_type(*channel, value, path, reading)) return std::nullopt;
  return channel;
}

boost::json::value ChannelShape::show(const notify::ChannelSettings& channel) const {
  return channel_group().show(channel);
}
boost::json::object ChannelShape::schema() const {
  boost::json::object schema = channel_group().schema();
  boost::json::array by_type;
  for (const auto& [word, type] : channel_types().words) {
    boost::json::object foreign;
    boost::json::array required;
    for (const ChannelKey& key : channel_keys()) {
      const bool belongs = std::ranges::find(key.types, type) != key.types.end();
      if (!belongs) foreign[key.name] = false;
      if (belongs && key.need == Need::required) required.emplace_back(key.name);
    }
    const boost::json::object is_it{{"properties", {{"type", {{"const", word}}}}}, {"required", boost::json::array{"type"}}};
    by_type.push_back({{"if", is_it}, {"then", {{"properties", std::move(foreign)}, {"required", std::move(required)}}}});
  }
  schema["allOf"] = std::move(by_type);
  return schema;
}

}  // namespace keyward::orchestrator
