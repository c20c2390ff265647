#include "orchestrator/configuration_fields.hpp"

#include <algorithm>

#include "base/time.hpp"

namespace keyward::orchestrator {
namespace {

using accounts::AccountMatch;
using namespace std::chrono_literals;
using std::chrono::days;

// ---- the kinds of values -------------------------------------------------------------------------------------------

const std::string k_role_name = "[A-Za-z0-9_+=,.@-]{1,64}";
const std::string k_role_path = "([!-.0-~]{1,128}/){0,8}";
const std::string k_domain =
    "([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const std::string k_address = "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@" + k_domain;

Text address() { return {k_address, "a mail address such as security@example.org"}; }
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

template <class Participation>
Choice<Participation> participation() {
  return {{{"opt-in", Participation::opt_in}, {"opt-out", Participation::opt_out}}};
}

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

/// A rule for accounts: exactly one of id, ou, tag.
struct AccountRule {
  using Type = AccountMatch;
  std::optional<AccountMatch> read(const YamlValue& value, const std::string& path, Reading& reading) const {
    auto match = account_match_shape().read(value, path, reading);
    if (match && !names_one_thing(*match, value, path, reading)) return std::nullopt;
    return match;
  }
  boost::json::value show(const AccountMatch& match) const { return account_match_shape().show(match); }
  boost::json::object schema() const {
    boost::json::object schema = account_match_shape().schema();
    schema["minProperties"] = 1;
    schema["maxProperties"] = 1;
    return schema;
  }
};

Group<rotation::UserMatch> user_rule() {
  return {{member<rotation::UserMatch>(
      "tag", Need::required, Tags{}, [](auto& rule) -> auto& { return rule.tags; },
      "Tags of the user, all with these values")}};
}

/// An exemption while it is read; its ids cannot be empty in rotation::Exemption.
struct ExemptionDraft {
  std::optional<base::AccountId> account;
  std::optional<base::UserName> user;
  std::optional<base::Instant> until;
  std::string reason;
  std::string owner;
};

struct ExemptionShape {
  using Type = rotation::Exemption;
  std::optional<rotation::Exemption> read(const YamlValue& value, const std::string& path, Reading& reading) const {
    const auto draft = group().read(value, path, reading);
    if (!draft) return std::nullopt;
    rotation::Exemption exemption{*draft->account, *draft->user, draft->until, draft->reason, draft->owner};
    // The configured day is the last one; Exemption::until is the first moment after it.
    if (exemption.until) *exemption.until += days(1);
    return exemption;
  }
  boost::json::value show(const rotation::Exemption& exemption) const {
    ExemptionDraft draft{exemption.account, exemption.user, exemption.until, exemption.reason, exemption.owner};
    if (draft.until) *draft.until -= days(1);
    return group().show(draft);
  }
  boost::json::object schema() const { return group().schema(); }

 private:
  static const Group<ExemptionDraft>& group() {
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
};

/// One of the three well-known JSON layouts, or own field names.
struct SecretFormatShape {
  using Type = rotation::SecretFormat;
  using Kind = rotation::SecretFormat::Kind;

  std::optional<rotation::SecretFormat> read(const YamlValue& value, const std::string& path, Reading& reading) const {
    if (value.kind != YamlValue::Kind::map) {
      const auto kind = known().read(value, path, reading);
      if (!kind) return std::nullopt;
      return rotation::SecretFormat{*kind, "", ""};
    }
    auto format = custom().read(value, path, reading);
    if (!format) return std::nullopt;
    if (format->access_key_id_field == format->secret_access_key_field) {
      reading.problems.error(value.origin, path, "gives both fields one name; they must differ");
      return std::nullopt;
    }
    format->kind = Kind::custom;
    return format;
  }
  boost::json::value show(const rotation::SecretFormat& format) const {
    return format.kind == Kind::custom ? custom().show(format) : known().show(format.kind);
  }
  boost::json::object schema() const { return {{"anyOf", {known().schema(), custom().schema()}}}; }

 private:
  static Choice<Kind> known() { return {{{"guidance", Kind::guidance}, {"env", Kind::env}, {"pair", Kind::pair}}}; }
  static Group<rotation::SecretFormat> custom() {
    const Text field{".{1,128}", "the name of a JSON field"};
    return {{member<rotation::SecretFormat>(
                 "access_key_id", Need::required, field, [](auto& f) -> auto& { return f.access_key_id_field; },
                 "the field of the access key id"),
             member<rotation::SecretFormat>(
                 "secret_access_key", Need::required, field, [](auto& f) -> auto& { return f.secret_access_key_field; },
                 "the field of the secret access key")}};
  }
};

struct ChannelShape {
  using Type = notify::ChannelSettings;
  using ChannelType = notify::ChannelSettings::Type;

  std::optional<notify::ChannelSettings> read(const YamlValue& value, const std::string& path, Reading& reading) const {
    // A channel of a later version has keys that are not known yet: its type is looked at first, and alone.
    if (value.kind == YamlValue::Kind::map) {
      const auto type = std::ranges::find(value.entries, "type", &YamlEntry::key);
      if (type != value.entries.end() && !types().read(*type->value, path + ".type", reading)) return std::nullopt;
    }
    auto channel = group().read(value, path, reading);
    if (!channel) return std::nullopt;
    const bool ses = channel->type == ChannelType::ses;
    const std::string_view misplaced = ses ? "directory" : "configuration_set";
    const auto entry = std::ranges::find(value.entries, misplaced, &YamlEntry::key);
    if (entry == value.entries.end()) return channel;
    reading.problems.error(entry->origin, path + "." + entry->key,
                           fmt::format("does not belong to a channel of type {}; remove it", ses ? "ses" : "file"));
    return std::nullopt;
  }
  boost::json::value show(const notify::ChannelSettings& channel) const { return group().show(channel); }
  boost::json::object schema() const { return group().schema(); }

 private:
  static Choice<ChannelType> types() {
    return {{{"ses", ChannelType::ses}, {"file", ChannelType::file}},
            {"smtp", "sns", "slack", "teams", "webhook", "pagerduty"}};
  }
  static Group<notify::ChannelSettings> group() {
    using notify::ChannelSettings;
    return {
        {member<ChannelSettings>(
             "type", Need::required, types(), [](auto& c) -> auto& { return c.type; },
             "ses sends mail with Amazon SES; file writes .eml files"),
         member<ChannelSettings>(
             "configuration_set", Need::optional, Text{"[A-Za-z0-9_-]{1,64}", "the name of an SES configuration set"},
             [](auto& c) -> auto& { return c.configuration_set; }, "ses: the configuration set of every mail"),
         member<ChannelSettings>(
             "directory", Need::optional, LocalPath{}, [](auto& c) -> auto& { return c.directory; },
             "file: the folder of the .eml files; without it mail/ in the run's folder")}};
  }
};

// ---- making fields -------------------------------------------------------------------------------------------------

/// A field of the whole run. `access` yields the member of a Configuration, constant or not.
template <class Shape, class Access>
Field run_field(std::string path, Shape shape, Access access, std::string description) {
  Field field{std::move(path), Scope::run, std::move(description), shape.schema(), {}, {}};
  field.read = [shape, access](const YamlValue& value, const std::string& shown_path, Reading& reading) -> Change {
    auto read = shape.read(value, shown_path, reading);
    if (!read) return {};
    return [access, read = std::move(*read)](Target target) { access(*target.run) = read; };
  };
  field.show = [shape, access](const Configuration& run, const AccountSettings&) {
    return show_value(shape, access(run));
  };
  return field;
}

/// A field that accounts.overrides may name. `access` yields the member of an AccountSettings.
template <class Shape, class Access>
Field account_field(std::string path, Shape shape, Access access, std::string description) {
  Field field{std::move(path), Scope::account, std::move(description), shape.schema(), {}, {}};
  field.read = [shape, access](const YamlValue& value, const std::string& shown_path, Reading& reading) -> Change {
    auto read = shape.read(value, shown_path, reading);
    if (!read) return {};
    return [access, read = std::move(*read)](Target target) { access(target.account) = read; };
  };
  field.show = [shape, access](const Configuration&, const AccountSettings& account) {
    return show_value(shape, access(account));
  };
  return field;
}

}  // namespace

const Group<AccountMatch>& account_match_shape() {
  static const Group<AccountMatch> k_shape{{
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
  return k_shape;
}

bool names_one_thing(const AccountMatch& match, const YamlValue& value, const std::string& path, Reading& reading) {
  const int named = (match.id ? 1 : 0) + (match.organizational_unit.empty() ? 0 : 1) + (match.tags.empty() ? 0 : 1);
  if (named != 1) {
    reading.problems.error(
        value.origin, path,
        fmt::format("names {} of id, ou and tag; it must name exactly one", named == 0 ? "none" : "several"));
  }
  return named == 1;
}

// ---- the table -----------------------------------------------------------------------------------------------------

const std::vector<Field>& configuration_fields() {
  static const std::vector<Field> k_fields = {
      run_field(
          "organization.id", Text{"o-[a-z0-9]{10,32}", "an organization's id such as o-exampleorgid"}.or_empty(),
          [](auto& run) -> auto& { return run.organization.id; },
          "The organization this configuration is for; checked when given"),
      run_field(
          "organization.list_role", role_arn(), [](auto& run) -> auto& { return run.organization.list_role; },
          "Role that lists the organization; without it the caller's own credentials"),

      run_field(
          "region", region(), [](auto& run) -> auto& { return run.region; },
          "Region for calls that need one; without it the profile's region"),
      run_field(
          "profile", anything("the name of an AWS profile").or_empty(), [](auto& run) -> auto& { return run.profile; },
          "Profile of the AWS configuration files to start from"),
      run_field(
          "member_role", role_name(), [](auto& run) -> auto& { return run.member_role; },
          "Role assumed in each account, as name or path/name"),
      run_field(
          "audit_role", role_name(), [](auto& run) -> auto& { return run.audit_role; },
          "Role assumed for reading, which may be a weaker one; without it member_role"),
      run_field(
          "role_session_name", Text{"[A-Za-z0-9_+=,.@-]{2,64}", "2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -"},
          [](auto& run) -> auto& { return run.role_session_name; }, "Session name in the accounts' CloudTrail"),
      run_field(
          "external_id",
          Text{"[A-Za-z0-9_+=,.@:/-]{2,1224}", "env:NAME, file:PATH or the external id itself"}.or_empty(),
          [](auto& run) -> auto& { return run.external_id_reference; },
          "External id of every AssumeRole: env:NAME, file:PATH or the id itself"),
      account_field(
          "dry_run", TrueOrFalse{}, [](auto& account) -> auto& { return account.dry_run; },
          "true: report only, change nothing"),

      run_field(
          "accounts.default", participation<accounts::Participation>(),
          [](auto& run) -> auto& { return run.accounts.by_default; },
          "opt-in: only accounts that include matches take part; opt-out: all but exclude"),
      run_field(
          "accounts.include", ListOf<AccountRule>{}, [](auto& run) -> auto& { return run.accounts.include; },
          "Accounts that take part. The management account only when named here by its id"),
      run_field(
          "accounts.exclude", ListOf<AccountRule>{}, [](auto& run) -> auto& { return run.accounts.exclude; },
          "Accounts that never take part; stronger than include"),

      run_field(
          "users.default", participation<rotation::Participation>(),
          [](auto& run) -> auto& { return run.users.by_default; },
          "opt-out: every user takes part; opt-in: only users that include matches"),
      run_field(
          "users.include", ListOf<Group<rotation::UserMatch>>{user_rule()},
          [](auto& run) -> auto& { return run.users.include; }, "Users that take part when default is opt-in"),
      run_field(
          "users.exempt_group", Text{"[A-Za-z0-9_+=,.@-]{1,128}", "the name of an IAM group"}.or_empty(),
          [](auto& run) -> auto& { return run.users.exempt_group; }, "Members of this IAM group are left alone"),
      run_field(
          "users.exempt", ListOf<ExemptionShape>{}, [](auto& run) -> auto& { return run.users.exempt; },
          "Users that are left alone until a date, for a reason"),

      account_field(
          "policy.rotate_after_days", Days{1, 3650}, [](auto& account) -> auto& { return account.policy.rotate_after; },
          "Age at which a key gets a successor"),
      account_field(
          "policy.install_grace_days", Days{1, 365},
          [](auto& account) -> auto& { return account.policy.install_grace; },
          "Days both keys work before the old one is deactivated"),
      account_field(
          "policy.recovery_grace_days", Days{1, 365},
          [](auto& account) -> auto& { return account.policy.recovery_grace; },
          "Days the old key stays inactive before it is deleted"),
      account_field(
          "policy.warn_days", ListOf<WholeNumber>{{1, 365}},
          [](auto& account) -> auto& { return account.policy.warn_days; },
          "Days before an action on which it is announced, from many to few"),
      account_field(
          "policy.hold_while_in_use_days", Days{0, 365},
          [](auto& account) -> auto& { return account.policy.hold_while_in_use; },
          "An old key used within the last day is not deactivated for up to so many more days; 0: it is"),
      account_field(
          "policy.conflict", conflict_rule(), [](auto& account) -> auto& { return account.policy.conflict; },
          "Two used keys, both overdue: retire_lru warns, deactivates the least recently used, later deletes "
          "it; delete_lru deletes it at once; hold only reports"),
      account_field(
          "policy.unused_keys", unused_rule(), [](auto& account) -> auto& { return account.policy.unused_keys; },
          "Overdue keys that were never used: rotate them, or retire them without a successor"),

      account_field(
          "store.target", store_target(), [](auto& account) -> auto& { return account.store.target; },
          "member: Secrets Manager of the user's account; central: of one account for all"),
      account_field(
          "store.name",
          Text{"([A-Za-z0-9/_+=.@-]|\\{account_id\\}|\\{user\\}){1,512}",
               "letters, digits, / _ + = . @ - and the placeholders {account_id} and {user}"},
          [](auto& account) -> auto& { return account.store.name; }, "The secret's name, with {account_id} and {user}"),
      account_field(
          "store.format", SecretFormatShape{}, [](auto& account) -> auto& { return account.store.format; },
          "The secret's JSON: guidance, env, pair, or own field names"),
      account_field(
          "store.region", region(), [](auto& account) -> auto& { return account.store.region; },
          "Region of the secrets; without it the run's region"),
      account_field(
          "store.replica_regions", ListOf<Identifier<base::Region>>{region()},
          [](auto& account) -> auto& { return account.store.replica_regions; },
          "Regions that get a copy of every secret"),
      account_field(
          "store.kms_key_id",
          Text{"[A-Za-z0-9:/_-]{1,2048}", "a KMS key's id, ARN or alias such as alias/keyward"}.or_empty(),
          [](auto& account) -> auto& { return account.store.kms_key_id; },
          "KMS key of the secrets; needed for central, where the default key cannot be read from outside"),
      account_field(
          "store.role", role_arn(), [](auto& account) -> auto& { return account.store.role; },
          "central: role that writes the secrets; without it the caller's own credentials"),
      account_field(
          "store.also_readers", ListOf<Identifier<base::Arn>>{principal_arn()},
          [](auto& account) -> auto& { return account.store.also_readers; },
          "ARNs that may read a secret beside its user"),

      account_field(
          "notify.account_owner", TrueOrFalse{}, [](auto& account) -> auto& { return account.notify.account_owner; },
          "The account's mail address gets the account's digest"),
      account_field(
          "notify.owner", ListOf<Choice<notify::OwnerSource>>{owner_source()},
          [](auto& account) -> auto& { return account.notify.owner; },
          "Where a key owner's address is looked for; the first that exists hears of its own keys"),
      account_field(
          "notify.owner_tag", tag_name(), [](auto& account) -> auto& { return account.notify.owner_tag; },
          "Tag of users and accounts that holds the owner's address"),
      account_field(
          "notify.recipients_file", LocalPath{}, [](auto& account) -> auto& { return account.notify.recipients_file; },
          "CSV file of account_id,email that replaces the accounts' addresses"),
      account_field(
          "notify.allowed_domains", ListOf<Text>{{k_domain, "a domain such as example.org"}},
          [](auto& account) -> auto& { return account.notify.allowed_domains; },
          "Domains that addresses from tags may have; without any, tags are not used"),
      account_field(
          "notify.fallback", address().or_empty(), [](auto& account) -> auto& { return account.notify.fallback; },
          "Who hears of it when nobody else can be found"),
      account_field(
          "notify.sender", address().or_empty(), [](auto& account) -> auto& { return account.notify.sender; },
          "From address of every mail, verified in SES"),
      account_field(
          "notify.channels", ListOf<ChannelShape>{}, [](auto& account) -> auto& { return account.notify.channels; },
          "How messages leave: ses, file"),
      account_field(
          "notify.templates", LocalPath{}, [](auto& account) -> auto& { return account.notify.templates; },
          "Folder of the mail templates; without it the built-in ones"),
      account_field(
          "notify.template_enforce", file_name(),
          [](auto& account) -> auto& { return account.notify.template_enforce; },
          "Template of the mails about what was done"),
      account_field(
          "notify.template_audit", file_name(), [](auto& account) -> auto& { return account.notify.template_audit; },
          "Template of the mails of a dry run"),

      run_field(
          "limits.accounts_in_flight", WholeNumber{1, 1000},
          [](auto& run) -> auto& { return run.limits.accounts_in_flight; }, "Accounts worked on at the same time"),
      run_field(
          "limits.calls_per_second_per_account", WholeNumber{1, 1000},
          [](auto& run) -> auto& { return run.limits.calls_per_second_per_account; },
          "API calls a second in one account"),
      run_field(
          "limits.max_changes", WholeNumber{1, 1'000'000}, [](auto& run) -> auto& { return run.limits.max_changes; },
          "A run that would change more keys than this is refused"),
      run_field(
          "limits.max_changes_per_account", WholeNumber{1, 100'000},
          [](auto& run) -> auto& { return run.limits.max_changes_per_account; }, "The same for one account"),
      run_field(
          "limits.max_failed_accounts_percent", WholeNumber{1, 100},
          [](auto& run) -> auto& { return run.limits.max_failed_accounts_percent; },
          "The run stops when more of the accounts than this have failed"),
      run_field(
          "limits.deadline", TimeSpan<std::chrono::seconds>{1min, days(7)},
          [](auto& run) -> auto& { return run.limits.deadline; }, "Time after which a run begins nothing new"),
      run_field(
          "limits.verify_interval", TimeSpan<std::chrono::milliseconds>{100ms, 1min},
          [](auto& run) -> auto& { return run.limits.verify_interval; }, "Pause between two tries of a new key"),
      run_field(
          "limits.verify_timeout", TimeSpan<std::chrono::milliseconds>{1s, 15min},
          [](auto& run) -> auto& { return run.limits.verify_timeout; },
          "Time a new key is tried before it counts as not working; AWS needs 3 to 15 seconds to spread it"),
      run_field(
          "state_dir", LocalPath{Need::required}, [](auto& run) -> auto& { return run.state_dir; },
          "Folder of the run records"),
  };
  return k_fields;
}

const Field* find_field(std::string_view path) {
  const auto& fields = configuration_fields();
  const auto found = std::ranges::find(fields, path, &Field::path);
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace keyward::orchestrator
