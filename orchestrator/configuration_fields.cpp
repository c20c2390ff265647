#include "orchestrator/configuration_fields.hpp"

#include <algorithm>

#include "orchestrator/configuration_values.hpp"

namespace keyward::orchestrator {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

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

// ---- the table -----------------------------------------------------------------------------------------------------

// NOLINTNEXTLINE(readability-function-size): a table, with an entry for each key
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
          Text{"[A-Za-z0-9_+=,.@:/-]{2,1224}", "env:NAME, file:PATH, cred:NAME or the external id itself"}.or_empty(),
          [](auto& run) -> auto& { return run.external_id_reference; },
          "External id of every AssumeRole: env:NAME, file:PATH, cred:NAME or the id itself"),
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

      run_field(
          "users.tag_prefix", Text{"(?!aws:)[A-Za-z0-9_.:/=+@-]{1,100}", "up to 100 characters of A-Z a-z 0-9 _ . : / = + @ -, not beginning with aws:"},
          [](auto& run) -> auto& { return run.users.tag_prefix; },
          "Of the tag in which keyward keeps its record on a user; to change it is to start over with full grace periods"),

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
          [](auto& account) -> auto& { return account.store.name; }, "The secret's name, with {account_id} and {user} and at least three letters or digits beside them"),
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
          "store.also_readers", ListOf<Identifier<base::Arn>>{reader_arn()},
          [](auto& account) -> auto& { return account.store.also_readers; },
          "ARNs of users and roles that may read a secret beside its user"),

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
      run_field(
          "notify.recipients_file", FileOrTable{}, [](auto& run) -> auto& { return run.defaults.notify.recipients_file; },
          "CSV file of account_id,email, or dynamodb://TABLE with such items, that replaces the accounts' addresses"),
      account_field(
          "notify.allowed_domains", ListOf<Text>{domain()},
          [](auto& account) -> auto& { return account.notify.allowed_domains; },
          "Domains that addresses from tags may have; without any, tags are not used"),
      account_field(
          "notify.fallback", address().or_empty(), [](auto& account) -> auto& { return account.notify.fallback; },
          "Who hears of it when nobody else can be found"),
      account_field(
          "notify.require_warning", TrueOrFalse{}, [](auto& account) -> auto& { return account.notify.require_warning; },
          "No key is deactivated or deleted before a warning of it reached its owner"),
      run_field(
          "notify.sender", address().or_empty(), [](auto& run) -> auto& { return run.defaults.notify.sender; },
          "From address of every mail; in SES a verified one"),
      run_field(
          "notify.channels", ListOf<ChannelShape>{}, [](auto& run) -> auto& { return run.defaults.notify.channels; },
          "How messages leave: ses, smtp and file for owners, sns, slack, teams, webhook, pagerduty and metrics for operators"),
      run_field(
          "notify.smtp_user", SecretShape{}, [](auto& run) -> auto& { return run.defaults.notify.smtp_user; },
          "Where the user name for channels of type smtp is: env:NAME, file:PATH, cred:NAME or ssm:PARAMETER"),
      run_field(
          "notify.smtp_password", SecretShape{}, [](auto& run) -> auto& { return run.defaults.notify.smtp_password; },
          "Where the password of notify.smtp_user is"),
      run_field(
          "notify.templates", FolderOrBucket{}, [](auto& run) -> auto& { return run.defaults.notify.templates; },
          "Folder of the mail templates, or s3://bucket/prefix; without it the built-in ones"),
      run_field(
          "notify.template_enforce", file_name(),
          [](auto& run) -> auto& { return run.defaults.notify.template_enforce; },
          "Template of the mails about what was done"),
      run_field(
          "notify.template_audit", file_name(), [](auto& run) -> auto& { return run.defaults.notify.template_audit; },
          "Template of the mails of a dry run"),

      account_field(
          "report.security_hub", TrueOrFalse{}, [](auto& account) -> auto& { return account.security_hub; },
          "Keys out of policy become findings in the account's own Security Hub, in the run's region; not in a dry run"),
      run_field(
          "report.prometheus_file", LocalPath{}, [](auto& run) -> auto& { return run.prometheus_file; },
          "Metrics for node_exporter's textfile collector, written at the end of each run; its name ends with .prom"),

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
          "No further account is begun when more of them than this, and more than five, have failed"),
      run_field(
          "limits.max_inventory_shrink_percent", WholeNumber{1, 100},
          [](auto& run) -> auto& { return run.limits.max_inventory_shrink_percent; },
          "Nothing is done when the organization has lost more of its accounts than this since the last run; 100: off"),
      run_field(
          "limits.deadline", TimeSpan<std::chrono::seconds>{1s, days(7)},
          [](auto& run) -> auto& { return run.limits.deadline; }, "Time after which a run begins nothing new"),
      run_field(
          "limits.verify_interval", TimeSpan<std::chrono::milliseconds>{100ms, 1min},
          [](auto& run) -> auto& { return run.limits.verify_interval; }, "Pause between two tries of a new key"),
      run_field(
          "limits.verify_timeout", TimeSpan<std::chrono::milliseconds>{1s, 5min},
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
