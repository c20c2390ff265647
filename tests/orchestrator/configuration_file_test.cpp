#include "orchestrator/configuration_file.hpp"

#include <cstdlib>
#include <iostream>
#include <random>

#include "orchestrator/configuration_fixture.hpp"
#include "orchestrator/configuration_text.hpp"

namespace keyward::orchestrator {
namespace {

using namespace std::chrono_literals;
using accounts::Participation;
using std::chrono::days;

class ConfigurationFile : public ConfigurationTest {
 protected:
  /// The settings of an account after `text`, which has to be without problems.
  AccountSettings settings_of(std::string_view text, const accounts::Account& who) {
    return configuration_of(text).for_account(who);
  }
};

// ---- what a file says ----

TEST_F(ConfigurationFile, ReadsEveryKeyOfTheDesign) {
  sources_.environment["KEYWARD_EXTERNAL_ID"] = "shared-with-nobody";
  const Configuration run = configuration_of(R"(
organization:
  id: o-exampleorgid
  list_role: arn:aws:iam::111111111111:role/keyward-inventory
region: eu-central-1
profile: audit
member_role: keyward/rotate
audit_role: keyward/audit
role_session_name: keyward-daily
external_id: env:KEYWARD_EXTERNAL_ID
dry_run: false
accounts:
  default: opt-in
  include: [{ou: ou-ab12-11111111}, {tag: {keyward: enabled}}, {id: "011122223333"}]
  exclude: [{id: "999988887777"}]
users:
  default: opt-in
  include: [{tag: {RotateKey: "True"}}]
  exempt_group: IAMKeyRotationExemptionGroup
  exempt: [{account: "111122223333", user: legacy-fax, until: 2027-03-31, reason: vendor appliance, owner: ciso@example.org}]
policy:
  rotate_after_days: 80
  install_grace_days: 9
  recovery_grace_days: 8
  warn_days: [5, 2]
  hold_while_in_use_days: 7
  conflict: delete_lru
  unused_keys: retire
store:
  target: central
  name: keyward/{account_id}/{user}
  format: {access_key_id: Id, secret_access_key: Key}
  region: us-east-1
  replica_regions: [eu-west-1, ap-south-1]
  kms_key_id: alias/keyward
  role: arn:aws:iam::111111111111:role/keyward-store
  also_readers: ["arn:aws:iam::111111111111:role/app"]
notify:
  account_owner: false
  owner: [account_tag]
  owner_tag: contact
  recipients_file: owners.csv
  allowed_domains: [example.org]
  fallback: security@example.org
  require_warning: true
  sender: keyward@example.org
  channels: [{type: ses, configuration_set: keyward}, {type: file, directory: out}]
  templates: templates/
  template_enforce: e.html
  template_audit: a.html
limits: {accounts_in_flight: 1, calls_per_second_per_account: 2, max_changes: 3, max_changes_per_account: 4,
  max_failed_accounts_percent: 5, deadline: 30m, verify_interval: 500ms, verify_timeout: 1m}
state_dir: /srv/keyward
)");
  EXPECT_EQ(run.organization.id, "o-exampleorgid");
  EXPECT_EQ(run.organization.list_role->str(), "arn:aws:iam::111111111111:role/keyward-inventory");
  EXPECT_EQ(run.region->str(), "eu-central-1");
  EXPECT_EQ(run.profile, "audit");
  EXPECT_EQ(run.member_role, "keyward/rotate");
  EXPECT_EQ(run.audit_role, "keyward/audit");
  EXPECT_EQ(run.role_session_name, "keyward-daily");
  EXPECT_EQ(run.external_id, "shared-with-nobody");
  EXPECT_EQ(run.external_id_reference, "env:KEYWARD_EXTERNAL_ID");
  EXPECT_FALSE(run.defaults.dry_run);

  EXPECT_EQ(run.accounts.by_default, Participation::opt_in);
  ASSERT_EQ(run.accounts.include.size(), 3u);
  EXPECT_EQ(run.accounts.include[0].organizational_unit, "ou-ab12-11111111");
  EXPECT_EQ(run.accounts.include[1].tags, (std::vector<std::pair<std::string, std::string>>{{"keyward", "enabled"}}));
  EXPECT_EQ(run.accounts.include[2].id->str(), "011122223333");
  ASSERT_EQ(run.accounts.exclude.size(), 1u);

  EXPECT_EQ(run.users.by_default, rotation::Participation::opt_in);
  EXPECT_EQ(run.users.include.at(0).tags.at(0).second, "True");
  EXPECT_EQ(run.users.exempt_group, "IAMKeyRotationExemptionGroup");
  ASSERT_EQ(run.users.exempt.size(), 1u);
  EXPECT_EQ(run.users.exempt[0].user.str(), "legacy-fax");
  EXPECT_EQ(run.users.exempt[0].until, base::parse_date("2027-04-01")) << "the configured day is the last one";
  EXPECT_EQ(run.users.exempt[0].owner, "ciso@example.org");

  const rotation::Policy& policy = run.defaults.policy;
  EXPECT_EQ(policy.rotate_after, days(80));
  EXPECT_EQ(policy.install_grace, days(9));
  EXPECT_EQ(policy.recovery_grace, days(8));
  EXPECT_EQ(policy.warn_days, (std::vector<int>{5, 2}));
  EXPECT_EQ(policy.hold_while_in_use, days(7));
  EXPECT_EQ(policy.conflict, rotation::ConflictRule::delete_lru);
  EXPECT_EQ(policy.unused_keys, rotation::UnusedRule::retire);

  const rotation::StoreSettings& store = run.defaults.store;
  EXPECT_EQ(store.target, rotation::StoreTarget::central);
  EXPECT_EQ(store.name, "keyward/{account_id}/{user}");
  EXPECT_EQ(store.format, (rotation::SecretFormat{rotation::SecretFormat::Kind::custom, "Id", "Key"}));
  EXPECT_EQ(store.region->str(), "us-east-1");
  EXPECT_EQ(store.replica_regions.at(1).str(), "ap-south-1");
  EXPECT_EQ(store.kms_key_id, "alias/keyward");
  EXPECT_EQ(store.role->str(), "arn:aws:iam::111111111111:role/keyward-store");
  EXPECT_EQ(store.also_readers.size(), 1u);

  const notify::NotifySettings& mail = run.defaults.notify;
  EXPECT_FALSE(mail.account_owner);
  EXPECT_EQ(mail.owner, std::vector{notify::OwnerSource::account_tag});
  EXPECT_EQ(mail.owner_tag, "contact");
  EXPECT_EQ(mail.recipients_file, (folder_ / "owners.csv").string()) << "relative to the file";
  EXPECT_EQ(mail.allowed_domains, Lines{"example.org"});
  EXPECT_EQ(mail.fallback, "security@example.org");
  EXPECT_TRUE(mail.require_warning);
  EXPECT_EQ(mail.sender, "keyward@example.org");
  ASSERT_EQ(mail.channels.size(), 2u);
  EXPECT_EQ(mail.channels[0].configuration_set, "keyward");
  EXPECT_EQ(mail.channels[1].type, notify::ChannelSettings::Type::file);
  EXPECT_EQ(mail.channels[1].directory, (folder_ / "out").string());
  EXPECT_EQ(mail.templates, (folder_ / "templates/").string());
  EXPECT_EQ(mail.template_enforce, "e.html");
  EXPECT_EQ(mail.template_audit, "a.html");

  EXPECT_EQ(run.limits.accounts_in_flight, 1);
  EXPECT_EQ(run.limits.calls_per_second_per_account, 2);
  EXPECT_EQ(run.limits.max_changes, 3);
  EXPECT_EQ(run.limits.max_changes_per_account, 4);
  EXPECT_EQ(run.limits.max_failed_accounts_percent, 5);
  EXPECT_EQ(run.limits.deadline, 30min);
  EXPECT_EQ(run.limits.verify_interval, 500ms);
  EXPECT_EQ(run.limits.verify_timeout, 1min);
  EXPECT_EQ(run.state_dir, "/srv/keyward");
}

TEST_F(ConfigurationFile, WorksWithoutAFile) {
  sources_.environment = {{"ADMIN_EMAIL", "keyward@example.org"}, {"InventoryOU", "ou-ab12-11111111"}};
  const LoadedOrRefused answer = load_configuration(sources_);
  ASSERT_TRUE(answer.loaded);
  EXPECT_EQ(problems(answer), Lines{});
  EXPECT_TRUE(answer.loaded->configuration.defaults.dry_run);
  EXPECT_EQ(answer.loaded->configuration.limits.verify_interval, 1s);
  EXPECT_EQ(answer.loaded->configuration.limits.verify_timeout, 90s);
}

TEST_F(ConfigurationFile, AuditRoleFollowsTheMemberRole) {
  EXPECT_EQ(configuration_of(sound("member_role: other\n")).audit_role, "other");
  EXPECT_EQ(configuration_of(sound("member_role: other\naudit_role: weak\n")).audit_role, "weak");
}

TEST_F(ConfigurationFile, TakesSectionsThatHoldOnlyComments) {
  EXPECT_EQ(problems_of(sound("policy:\n  # rotate_after_days: 3\nstore:\n")), Lines{});
}

TEST_F(ConfigurationFile, TakesTheLongestValuesAllowed) {
  std::string arn = "arn:aws:iam::111122223333:role/";
  for (int i = 0; i < 8; ++i) arn += std::string(128, 'p') + "/";
  arn += std::string(64, 'x');
  EXPECT_EQ(problems_of(sound("store: {kms_key_id: " + std::string(2048, 'k') + ", also_readers: ['" + arn + "']}\n")),
            Lines{});
  EXPECT_EQ(problems_of(sound("store: {also_readers: ['" + arn + "x']}\n")).size(), 1u);
}

// ---- what is wrong, and where ----

struct Wrong {
  const char* text;     ///< after two sound lines: begins in line 3
  const char* problem;  ///< the only one
};

class WrongConfiguration : public ConfigurationTest, public testing::WithParamInterface<Wrong> {};

TEST_P(WrongConfiguration, IsReportedWithItsPlaceAndWhatIsRight) {
  const LoadedOrRefused answer = load(sound(GetParam().text));
  EXPECT_EQ(problems(answer), Lines{GetParam().problem});
  const bool refused = std::string_view(GetParam().problem).find(": warning:") == std::string_view::npos;
  EXPECT_EQ(answer.loaded.has_value(), !refused);
}

const Wrong k_keys[] = {
    {"polcy: {}\n", R"(config.yaml:3:1: polcy: unknown key; did you mean "policy"?)"},
    {"policy: {rotate_afer_days: 9}\n",
     R"(config.yaml:3:10: policy.rotate_afer_days: unknown key; did you mean "rotate_after_days"?)"},
    {"rotate_after_days: 9\n",
     R"(config.yaml:3:1: rotate_after_days: unknown key here; did you mean "policy.rotate_after_days"?)"},
    {"organization: {nonsensical: 1}\n",
     "config.yaml:3:16: organization.nonsensical: unknown key; known here: id, list_role"},
    {"dry_run: true\ndry_run: false\n", "config.yaml:4:1: dry_run: is given twice, first in line 3; keep one of them"},
    {"policy: 5\n",
     "config.yaml:3:9: policy: is 5; it must be a group of keys: rotate_after_days, install_grace_days, "
     "recovery_grace_days, warn_days, hold_while_in_use_days, conflict, unused_keys"},
    {"a: [\n", "config.yaml:4:1: end of sequence flow not found"},
};
INSTANTIATE_TEST_SUITE_P(Keys, WrongConfiguration, testing::ValuesIn(k_keys));

const Wrong k_values[] = {
    {"dry_run: yes\n", R"(config.yaml:3:10: dry_run: is "yes"; it must be true or false)"},
    {"dry_run: 1\n", "config.yaml:3:10: dry_run: is 1; it must be true or false"},
    {"dry_run: \"true\"\n", R"(config.yaml:3:10: dry_run: is "true"; it must be true or false, without quotes)"},
    {"dry_run:\n", "config.yaml:4:1: dry_run: is empty; it must be true or false"},
    {"dry_run: [true]\n", "config.yaml:3:10: dry_run: is a list; it must be true or false"},
    {"policy: {rotate_after_days: 0}\n",
     "config.yaml:3:29: policy.rotate_after_days: is 0; it must be a whole number of days from 1 to 3650"},
    {"policy: {rotate_after_days: 090}\n",
     "config.yaml:3:29: policy.rotate_after_days: is 090; it must be a whole number of days from 1 to 3650"},
    {"policy: {rotate_after_days: 99999999999999999999}\n",
     "config.yaml:3:29: policy.rotate_after_days: is 99999999999999999999; it must be a whole number of days from 1 to "
     "3650"},
    {"policy: {rotate_after_days: \"90\"}\n",
     R"(config.yaml:3:29: policy.rotate_after_days: is "90"; it must be a whole number of days from 1 to 3650, without quotes)"},
    {"policy: {install_grace_days: 0}\n",
     "config.yaml:3:30: policy.install_grace_days: is 0; it must be a whole number of days from 1 to 365"},
    {"policy: {recovery_grace_days: -1}\n",
     "config.yaml:3:31: policy.recovery_grace_days: is -1; it must be a whole number of days from 1 to 365"},
    {"policy: {hold_while_in_use_days: 366}\n",
     "config.yaml:3:34: policy.hold_while_in_use_days: is 366; it must be a whole number of days from 0 to 365"},
    {"policy: {conflict: ask}\n",
     R"(config.yaml:3:20: policy.conflict: is "ask"; it must be one of retire_lru, delete_lru, hold)"},
    {"policy: {unused_keys: off}\n",
     "config.yaml:3:23: policy.unused_keys: is off without quotes, which YAML may read as something else than text; "
     "write \"off\" in quotes"},
    {"limits: {deadline: 2 hours}\n",
     R"(config.yaml:3:20: limits.deadline: is "2 hours"; it must be a time span from 1s to 7d, such as 90s, 30m, 2h or 1d)"},
    {"limits: {deadline: 8d}\n",
     R"(config.yaml:3:20: limits.deadline: is "8d"; it must be a time span from 1s to 7d, such as 90s, 30m, 2h or 1d)"},
    {"limits: {verify_timeout: 90}\n",
     "config.yaml:3:26: limits.verify_timeout: is 90; it must be a time span from 1s to 5m, such as 90s, 30m, 2h or "
     "1d"},
    {"limits: {accounts_in_flight: 0}\n",
     "config.yaml:3:30: limits.accounts_in_flight: is 0; it must be a whole number from 1 to 1000"},
    {"limits: {max_failed_accounts_percent: 101}\n",
     "config.yaml:3:39: limits.max_failed_accounts_percent: is 101; it must be a whole number from 1 to 100"},
    {"state_dir: \"\"\n", R"(config.yaml:3:12: state_dir: is ""; it must be a path)"},
    {"organization: {id: exampleorg}\n",
     R"(config.yaml:3:20: organization.id: is "exampleorg"; it must be an organization's id such as o-exampleorgid, or "" for none)"},
    {"organization: {list_role: keyward-inventory}\n",
     R"(config.yaml:3:27: organization.list_role: is "keyward-inventory"; it must be a role's ARN such as arn:aws:iam::111122223333:role/keyward, without * ? $)"},
    {"organization: {list_role: \"arn:aws:iam::111122223333:role/*/keyward\"}\n",
     R"(config.yaml:3:27: organization.list_role: is "arn:aws:iam::111122223333:role/*/keyward"; it must be a role's ARN such as arn:aws:iam::111122223333:role/keyward, without * ? $)"},
    {"store: {target: central, kms_key_id: alias/k, role: \"arn:aws:iam::111122223333:role/a?/keyward\"}\n",
     R"(config.yaml:3:53: store.role: is "arn:aws:iam::111122223333:role/a?/keyward"; it must be a role's ARN such as arn:aws:iam::111122223333:role/keyward, without * ? $)"},
    {"member_role: \"*/keyward\"\n",
     R"(config.yaml:3:14: member_role: is "*/keyward"; it must be a role's name or path/name, such as keyward/rotate: the same in every account, so not an ARN, and without a leading slash and * ? $)"},
    {"audit_role: \"${aws:x}/keyward\"\n",
     R"(config.yaml:3:13: audit_role: is "${aws:x}/keyward"; it must be a role's name or path/name, such as keyward/rotate: the same in every account, so not an ARN, and without a leading slash and * ? $)"},
    {"member_role: arn:aws:iam::111122223333:role/x\n",
     R"(config.yaml:3:14: member_role: is "arn:aws:iam::111122223333:role/x"; it must be a role's name or path/name, such as keyward/rotate: the same in every account, so not an ARN, and without a leading slash and * ? $)"},
    {"audit_role: /x\n",
     R"(config.yaml:3:13: audit_role: is "/x"; it must be a role's name or path/name, such as keyward/rotate: the same in every account, so not an ARN, and without a leading slash and * ? $)"},
    {"role_session_name: a b\n",
     R"(config.yaml:3:20: role_session_name: is "a b"; it must be 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -)"},
    {"users: {exempt_group: 12}\n",
     "config.yaml:3:23: users.exempt_group: is 12 without quotes, which YAML may read as something else than text; "
     "write "
     "\"12\" in quotes"},
    {"users: {exempt_group: \"a\\nb\"}\n",
     "config.yaml:3:23: users.exempt_group: holds a line break, control character or broken UTF-8; it must be the name "
     "of an IAM group, or \"\" for none"},
};
INSTANTIATE_TEST_SUITE_P(Values, WrongConfiguration, testing::ValuesIn(k_values));

const Wrong k_accounts[] = {
    {"users: {exempt: [{account: 111122223333, user: a, reason: b, owner: c}]}\n",
     R"(config.yaml:3:28: users.exempt[0].account: is 111122223333 without quotes and becomes a number in YAML; write "111122223333" in quotes)"},
    {"users: {exempt: [{account: 011122223333, user: a, reason: b, owner: c}]}\n",
     R"(config.yaml:3:28: users.exempt[0].account: is 011122223333 without quotes and loses its leading zeros in YAML; write "011122223333" in quotes)"},
    {"users: {exempt: [{account: 0123, user: a, reason: b, owner: c}]}\n",
     R"(config.yaml:3:28: users.exempt[0].account: is 0123 without quotes; it must be an account id of 12 digits in quotes, such as "111122223333")"},
    {"users: {exempt: [{account: \"1234\", user: a, reason: b, owner: c}]}\n",
     R"(config.yaml:3:28: users.exempt[0].account: is "1234"; it must be an account id of 12 digits in quotes, such as "111122223333")"},
    {"users: {exempt: [{account: \"111122223333\", user: a, owner: c}]}\n",
     R"(config.yaml:3:18: users.exempt[0]: has no "reason"; add it: why the key may grow old)"},
    {"users: {exempt: [{account: \"111122223333\", user: a, reason: b}]}\n",
     R"(config.yaml:3:18: users.exempt[0]: has no "owner"; add it: who answers for it)"},
    {"users: {exempt: [{account: \"111122223333\", user: a, reason: \"\", owner: c}]}\n",
     R"(config.yaml:3:61: users.exempt[0].reason: is ""; it must be a reason)"},
    {"users: {exempt: [{account: \"111122223333\", user: a, until: 2027-02-30, reason: b, owner: c}]}\n",
     R"(config.yaml:3:60: users.exempt[0].until: is 2027-02-30; it must be a date such as 2027-03-31)"},
    {"users: {exempt: [{account: \"111122223333\", user: a, until: 2026-11-20, reason: b, owner: c}]}\n",
     "config.yaml:3:18: warning: users.exempt[0]: expired after 2026-11-20; user a is treated like any other, remove "
     "the "
     "exemption or renew it"},
    {"users: {exempt: [{account: \"111122223333\", user: a, reason: b, owner: c}, "
     "{account: \"111122223333\", user: a, reason: d, owner: e}]}\n",
     "config.yaml:3:75: users.exempt[1]: user a of account 111122223333 is exempt already by users.exempt[0]; keep one "
     "of "
     "them"},
    {"users: {include: [{tag: {k: True}}], default: opt-in}\n",
     "config.yaml:3:29: users.include[0].tag.k: is True without quotes, which YAML may read as something else than "
     "text; "
     "write \"True\" in quotes"},
    {"users: {include: [{tag: {}}], default: opt-in}\n",
     "config.yaml:3:25: users.include[0].tag: is a group of keys; it must be tag names with the values they must have, "
     "such as {keyward: enabled}"},
    {"users: {default: opt-in}\n",
     "config.yaml:3:18: warning: users.default: no user takes part; name some in users.include or set users.default: "
     "opt-out"},
    {"users: {include: [{tag: {k: v}}]}\n",
     "config.yaml:3:18: warning: users.include: has no effect while users.default is opt-out, because every user takes "
     "part"},
};
INSTANTIATE_TEST_SUITE_P(AccountsAndUsers, WrongConfiguration, testing::ValuesIn(k_accounts));

const Wrong k_contradictions[] = {
    {"policy: {warn_days: [3, 7]}\n",
     "config.yaml:3:25: policy.warn_days[1]: 7 comes after 3; list the days from many to few"},
    {"policy: {warn_days: [7, 7]}\n", "config.yaml:3:25: policy.warn_days[1]: 7 is listed twice; remove one"},
    {"policy: {warn_days: [0]}\n",
     "config.yaml:3:22: policy.warn_days[0]: is 0; it must be a whole number from 1 to 365"},
    {"policy: {warn_days: [30], rotate_after_days: 30}\n",
     "config.yaml:3:21: policy.warn_days: a warning 30 days ahead does not fit keys that are rotated after 30 days; "
     "warn_days must be less than rotate_after_days"},
    {"policy: {rotate_after_days: 14}\n",
     "config.yaml:3:29: policy.rotate_after_days: a warning 14 days ahead does not fit keys that are rotated after 14 "
     "days; warn_days must be less than rotate_after_days"},
    {"store: {target: central}\n",
     "config.yaml:3:17: store.target: the central store needs a customer managed key, because the default key cannot "
     "be "
     "read from another account; set store.kms_key_id"},
    {"store: {target: central, kms_key_id: alias/aws/secretsmanager}\n",
     "config.yaml:3:38: store.kms_key_id: an AWS managed key cannot be read from another account; name a customer "
     "managed key"},
    {"store: {target: central, kms_key_id: alias/k, name: \"x{user}\"}\n",
     "config.yaml:3:53: store.name: two accounts would share one secret in the central store; the name must hold "
     "{account_id}"},
    {"store: {name: keyward}\n",
     "config.yaml:3:15: store.name: two users would share one secret; the name must hold {user}"},
    {"store: {name: \"{user}-latest\"}\n",
     "config.yaml:3:15: store.name: ends with a hyphen and six characters, which Secrets Manager takes for its own "
     "suffix; change the ending"},
    {"store: {name: \"{user}\"}\n",
     "config.yaml:3:15: store.name: has next to nothing that tells keyward's secrets from others of the account, and rights go by the name; "
     "give it at least 3 letters or digits beside the placeholders, such as keyward/{account_id}/{user}"},
    {"store: {target: central, kms_key_id: alias/k, name: \"/{account_id}/k1-{user}\"}\n",
     "config.yaml:3:53: store.name: has next to nothing that tells keyward's secrets from others of the account, and rights go by the name; "
     "give it at least 3 letters or digits beside the placeholders, such as keyward/{account_id}/{user}"},
    {"store: {name: \"iam-{user}\", kms_key_id: a b}\n",
     R"(config.yaml:3:41: store.kms_key_id: is "a b"; it must be a KMS key's id, ARN or alias such as alias/keyward, or "" for none)"},
    {"store: {name: \"{usr}\"}\n",
     R"(config.yaml:3:15: store.name: is "{usr}"; it must be letters, digits, / _ + = . @ - and the placeholders {account_id} and {user})"},
    {"store: {region: eu-west-1, replica_regions: [us-east-1, eu-west-1]}\n",
     "config.yaml:3:57: store.replica_regions[1]: eu-west-1 is the region of the secret itself; name other regions"},
    {"region: eu-west-1\nstore: {replica_regions: [eu-west-1]}\n",
     "config.yaml:4:27: store.replica_regions[0]: eu-west-1 is the region of the secret itself; name other regions"},
    {"store: {role: \"arn:aws:iam::111122223333:role/store\"}\n",
     "config.yaml:3:15: warning: store.role: has no effect in the member store, which is written with member_role; "
     "remove "
     "it or set store.target: central"},
    {"store: {format: {access_key_id: a, secret_access_key: a}}\n",
     "config.yaml:3:17: store.format: gives both fields one name; they must differ"},
    {"store: {format: {access_key_id: a}}\n",
     R"(config.yaml:3:17: store.format: has no "secret_access_key"; add it: the field of the secret access key)"},
    {"store: {format: json}\n", R"(config.yaml:3:17: store.format: is "json"; it must be one of guidance, env, pair)"},
    {"store: {also_readers: [\"*\"]}\n",
     R"(config.yaml:3:24: store.also_readers[0]: is "*"; it must be the ARN of a user or role, not of a session or account, such as arn:aws:iam::111122223333:role/app, without * ? $)"},
    {"store: {also_readers: [\"arn:aws:iam::111122223333:root\"]}\n",
     R"(config.yaml:3:24: store.also_readers[0]: is "arn:aws:iam::111122223333:root"; it must be the ARN of a user or role, not of a session or account, such as arn:aws:iam::111122223333:role/app, without * ? $)"},
    {"store: {also_readers: [\"arn:aws:sts::111122223333:assumed-role/app/i-1\"]}\n",
     R"(config.yaml:3:24: store.also_readers[0]: is "arn:aws:sts::111122223333:assumed-role/app/i-1"; it must be the ARN of a user or role, not of a session or account, such as arn:aws:iam::111122223333:role/app, without * ? $)"},
    {"store: {also_readers: [\"arn:aws:iam::111122223333:role/ap?\"]}\n",
     R"(config.yaml:3:24: store.also_readers[0]: is "arn:aws:iam::111122223333:role/ap?"; it must be the ARN of a user or role, not of a session or account, such as arn:aws:iam::111122223333:role/app, without * ? $)"},
    {"limits: {verify_interval: 30s, verify_timeout: 10s}\n",
     "config.yaml:3:27: limits.verify_interval: a new key would be tried only once; verify_interval must not be longer "
     "than verify_timeout"},
    {"report: {prometheus_file: metrics.txt}\n",
     "config.yaml:3:27: warning: report.prometheus_file: node_exporter's textfile collector reads only files whose name ends with .prom"},
};
INSTANTIATE_TEST_SUITE_P(Contradictions, WrongConfiguration, testing::ValuesIn(k_contradictions));

class WrongAccounts : public ConfigurationTest, public testing::WithParamInterface<Wrong> {};

TEST_P(WrongAccounts, IsReportedWithItsPlaceAndWhatIsRight) {
  EXPECT_EQ(
      problems_of(std::string("notify: {channels: [{type: file}]}\naccounts:\n  default: opt-out\n") + GetParam().text),
      Lines{GetParam().problem});
}

const Wrong k_account_rules[] = {
    {"  exclude: [{}]\n",
     "config.yaml:4:13: accounts.exclude[0]: names none of id, ou and tag; it must name exactly one"},
    {"  exclude: [{id: \"111122223333\", ou: ou-ab12-11111111}]\n",
     "config.yaml:4:13: accounts.exclude[0]: names several of id, ou and tag; it must name exactly one"},
    {"  exclude: [{ou: sales}]\n",
     R"(config.yaml:4:18: accounts.exclude[0].ou: is "sales"; it must be the id of an organizational unit or root, such as ou-ab12-11111111)"},
    {"  exclude: [{idd: x}]\n", R"(config.yaml:4:14: accounts.exclude[0].idd: unknown key; did you mean "id"?)"},
    {"  exclude: [x]\n", R"(config.yaml:4:13: accounts.exclude[0]: is "x"; it must be a group of keys: id, ou, tag)"},
    {"  exclude:\n", "config.yaml:5:1: accounts.exclude: is empty; it must be a list; [] is an empty one"},
    {"  exclude: [{id: \"111122223333\"}, {id: \"111122223333\"}]\n",
     R"(config.yaml:4:35: accounts.exclude[1]: {"id":"111122223333"} is listed twice; remove one)"},
    {"  overrides: [{dry_run: true}]\n",
     R"(config.yaml:4:15: accounts.overrides[0]: has no "match"; say for which accounts: one of id, ou, tag)"},
    {"  overrides: [{match: {}, dry_run: true}]\n",
     "config.yaml:4:23: accounts.overrides[0].match: names none of id, ou and tag; it must name exactly one"},
    {"  overrides: [{match: {id: 111122223333}, dry_run: true}]\n",
     R"(config.yaml:4:28: accounts.overrides[0].match.id: is 111122223333 without quotes and becomes a number in YAML; write "111122223333" in quotes)"},
    {"  overrides: [{match: {tag: {a: b, c: d}}, dry_run: true}, {match: {tag: {c: d, a: b}}, dry_run: false}]\n",
     R"(config.yaml:4:68: accounts.overrides[1].match: {"tag":{"a":"b","c":"d"}} has an override already, accounts.overrides[0]; put both into one)"},
    {"  overrides: [{match: {id: \"111122223333\"}}]\n",
     "config.yaml:4:15: warning: accounts.overrides[0]: overrides nothing; name dry_run, policy, store, notify or report, or "
     "remove it"},
    {"  overrides: [{match: {id: \"111122223333\"}, state_dir: /x}]\n",
     "config.yaml:4:45: accounts.overrides[0].state_dir: cannot differ from account to account; set it for the whole "
     "run"},
    {"  overrides: [{match: {id: \"111122223333\"}, notify: {channels: [{type: file}]}}]\n",
     "config.yaml:4:54: accounts.overrides[0].notify.channels: cannot differ from account to account; set it for the whole "
     "run"},
    {"  overrides: [{match: {id: \"111122223333\"}, polcy: {}}]\n",
     R"(config.yaml:4:45: accounts.overrides[0].polcy: unknown key; did you mean "policy"?)"},
    {"  overrides: [{match: {id: \"111122223333\"}, policy: {rotate_after_days: 10}}]\n",
     "config.yaml:4:73: accounts.overrides[0].policy.rotate_after_days: a warning 14 days ahead does not fit keys that "
     "are rotated after 10 days; warn_days must be less than rotate_after_days"},
    {"  overrides: [{match: {id: \"111122223333\"}, store: {target: central}}]\n",
     "config.yaml:4:61: accounts.overrides[0].store.target: the central store needs a customer managed key, because "
     "the "
     "default key cannot be read from another account; set store.kms_key_id"},
    {"  overrides: [5]\n",
     "config.yaml:4:15: accounts.overrides[0]: is 5; it must be a group of keys: match, dry_run, policy, store, "
     "notify, report"},
    {"  overrides: {}\n",
     "config.yaml:4:14: accounts.overrides: is a group of keys; it must be a list; [] is an empty one"},
};
INSTANTIATE_TEST_SUITE_P(Rules, WrongAccounts, testing::ValuesIn(k_account_rules));

class WrongNotify : public ConfigurationTest, public testing::WithParamInterface<Wrong> {};

TEST_P(WrongNotify, IsReportedWithItsPlaceAndWhatIsRight) {
  sources_.environment = {{"HOOK", "https://hooks.example.org/x"}, {"HTTP_HOOK", "http://hooks.example.org/x"}};
  EXPECT_EQ(problems_of(std::string("accounts: {default: opt-out}\nnotify:\n") + GetParam().text),
            Lines{GetParam().problem});
}

const Wrong k_notify[] = {
    {"  channels: [{type: ses}]\n",
     "config.yaml:3:13: notify.channels: mail by ses needs a sender; set notify.sender to an address that is verified "
     "in "
     "SES"},
    {"  account_owner: true\n",
     "configuration: notify.sender: mail by ses needs a sender; set notify.sender to an address that is verified in "
     "SES"},
    {"  sender: keyward\n",
     R"(config.yaml:3:11: notify.sender: is "keyward"; it must be a mail address such as security@example.org, or "" for none)"},
    {"  channels: [{type: file}, {type: slack, url: https://example.org/secret}]\n",
     "config.yaml:3:47: notify.channels[1].url: must be env:NAME, file:PATH, cred:NAME or ssm:PARAMETER; a secret itself does not "
     "stand in the configuration"},
    {"  channels: [{type: file}, {type: slack, url: env:UNSET}]\n",
     "config.yaml:3:47: notify.channels[1].url: the environment variable UNSET is not set; set it or change the "
     "reference"},
    {"  channels: [{type: file}, {type: teams, url: env:HTTP_HOOK}]\n",
     "config.yaml:3:47: notify.channels[1].url: what env:HTTP_HOOK leads to is not https; plain http is for loopback "
     "only"},
    {"  channels: [{type: file}, {type: webhook, url: env:HOOK, secret: env:HOOK}]\n",
     "config.yaml:3:67: notify.channels[1].secret: what env:HOOK leads to is not whsec_ and the base64 form of 24 to 64 "
     "bytes"},
    {"  channels: [{type: file}, {type: webhook, url: env:HOOK}]\n",
     R"(config.yaml:3:28: notify.channels[1]: has no "secret", which a channel of type webhook needs)"},
    {"  channels: [{type: file}, {type: sns}]\n",
     R"(config.yaml:3:28: notify.channels[1]: has no "topic_arn", which a channel of type sns needs)"},
    {"  channels: [{type: file}, {type: sns, topic_arn: keyward}]\n",
     R"(config.yaml:3:51: notify.channels[1].topic_arn: is "keyward"; it must be a topic's ARN such as arn:aws:sns:eu-central-1:111122223333:keyward)"},
    {"  channels: [{type: file}, {type: pagerduty, routing_key: env:HOOK, endpoint: \"http://events.example.org\"}]\n",
     "config.yaml:3:28: notify.channels[1].endpoint: is not https; plain http is for loopback only"},
    {"  channels: [{type: file}, {type: metrics, namespace: AWS/IAM}]\n",
     R"(config.yaml:3:55: notify.channels[1].namespace: is "AWS/IAM"; it must be a namespace of CloudWatch such as keyward, not below AWS/)"},
    {"  channels: [{type: slack, url: env:HOOK}]\n",
     "config.yaml:3:13: warning: notify.channels: the owners of keys will hear of nothing; name a channel of type ses, "
     "smtp or file, too"},
    {"  channels: [{type: smtp, host: smtp.example.org}]\n",
     "config.yaml:3:13: notify.channels: mail by smtp needs a sender; set notify.sender to an address that the server "
     "takes mail from"},
    {"  sender: a@example.org\n  channels: [{type: smtp}]\n",
     "config.yaml:4:13: notify.channels: SES takes no mail by smtp without a login; set notify.smtp_user and "
     "notify.smtp_password, or name another host"},
    {"  channels: [{type: file}]\n  smtp_user: ssm:/user\n  smtp_password: ssm:/password\n",
     "config.yaml:4:14: warning: notify.smtp_user: has no effect without a channel of type smtp in notify.channels"},
    {"  sender: a@example.org\n  channels: [{type: smtp, host: h.example.org}]\n  smtp_user: ssm:/user\n",
     "config.yaml:5:14: notify.smtp_user: notify.smtp_user and notify.smtp_password go together; set both or neither"},
    {"  channels: [{type: mail}]\n",
     R"(config.yaml:3:21: notify.channels[0].type: is "mail"; it must be one of ses, smtp, sns, slack, teams, webhook, pagerduty, metrics, file)"},
    {"  channels: [{directory: x}]\n",
     R"(config.yaml:3:14: notify.channels[0]: has no "type"; add it: ses, smtp or file for owners' mail; sns, slack, teams, webhook, pagerduty or metrics for operators)"},
    {"  channels: [{type: file, configuration_set: x}]\n",
     "config.yaml:3:27: notify.channels[0].configuration_set: does not belong to a channel of type file; remove it"},
    {"  channels: []\n", "config.yaml:3:13: warning: notify.channels: nobody will hear of anything; name a channel"},
    {"  channels: [{type: metrics}]\n  require_warning: true\n",
     "config.yaml:4:20: notify.require_warning: no warning can reach an owner, so no key would ever be switched off; name a channel of "
     "type ses, smtp or file"},
    {"  sender: a@example.org\n  templates: s3://B/prefix\n",
     "config.yaml:4:14: notify.templates: is \"s3://B/prefix\"; it must be a folder, or s3://bucket/prefix"},
    {"  sender: a@example.org\n  templates: https://bucket/prefix\n",
     "config.yaml:4:14: notify.templates: is \"https://bucket/prefix\"; it must be a folder, or s3://bucket/prefix"},
    {"  sender: a@example.org\n  recipients_file: dynamodb://no/table\n",
     R"(config.yaml:4:20: notify.recipients_file: is "dynamodb://no/table"; it must be a file, or a table such as dynamodb://owners?region=eu-central-1)"},
    {"  sender: a@example.org\n  template_audit: mine.html\n",
     "config.yaml:4:19: warning: notify.template_audit: has no effect without notify.templates; the built-in template "
     "is "
     "used"},
    {"  sender: a@example.org\n  owner: [user_tag, user_tag]\n",
     R"(config.yaml:4:21: notify.owner[1]: "user_tag" is listed twice; remove one)"},
    {"  sender: a@example.org\n  allowed_domains: [\"@example.org\"]\n",
     R"(config.yaml:4:21: notify.allowed_domains[0]: is "@example.org"; it must be a domain such as example.org)"},
};
INSTANTIATE_TEST_SUITE_P(Notify, WrongNotify, testing::ValuesIn(k_notify));

TEST_F(ConfigurationFile, LeavesATableOfRecipientsAsItIsWritten) {
  const Configuration run = configuration_of(
      "accounts: {default: opt-out}\nnotify: {sender: a@example.org, recipients_file: \"dynamodb://owners?region=eu-west-1\"}\n");
  EXPECT_EQ(run.defaults.notify.recipients_file, "dynamodb://owners?region=eu-west-1");
}

TEST_F(ConfigurationFile, ReportsEverythingAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(
      problems_of("dry_run: maybe\nnotify: {channels: [{type: file}]}\nstore: {name: x}\nlimits: {deadline: x}\n"
                  "accounts: {default: opt-out}\n"),
      (Lines{
          R"(config.yaml:1:10: dry_run: is "maybe"; it must be true or false)",
          "config.yaml:3:15: store.name: two users would share one secret; the name must hold {user}",
          R"(config.yaml:4:20: limits.deadline: is "x"; it must be a time span from 1s to 7d, such as 90s, 30m, 2h or 1d)"}));
}

TEST_F(ConfigurationFile, ReportsAMissingFileAndAFolder) {
  sources_.file = folder_ / "none.yaml";
  EXPECT_EQ(problems(load_configuration(sources_)).at(0), "none.yaml: cannot be read: No such file or directory");
  sources_.file = folder_;
  EXPECT_FALSE(load_configuration(sources_).loaded);
}

TEST_F(ConfigurationFile, RefusesARootThatIsNoGroup) {
  EXPECT_EQ(problems_of("- a\n").at(0), "config.yaml:1:1: is a list; a configuration is a group of keys");
}

TEST_F(ConfigurationFile, TellsTheLastDayOfAnExemptionFromTheDayAfter) {
  const std::string text =
      sound("users: {exempt: [{account: \"111122223333\", user: a, until: 2026-11-21, reason: b, owner: c}]}\n");
  sources_.now = *base::parse_iso8601("2026-11-21T23:59:59Z");
  EXPECT_EQ(problems_of(text), Lines{});
  sources_.now = *base::parse_iso8601("2026-11-22T00:00:00Z");
  EXPECT_EQ(problems_of(text).size(), 1u);
}

TEST_F(ConfigurationFile, RefusesNamesThatMayGrowTooLong) {
  const std::string fits = "{user}" + std::string(256 - 64, 'x');
  EXPECT_EQ(problems_of(sound("store: {name: \"" + fits + "\"}\n")), Lines{});
  EXPECT_EQ(
      problems_of(sound("store: {name: \"" + fits + "x\"}\n")),
      Lines{
          "config.yaml:3:15: store.name: makes names of up to 257 characters; Secrets Manager takes 256, shorten it"});
}

// ---- external id ----

TEST_F(ConfigurationFile, ResolvesTheExternalId) {
  write("external_id", "from-a-file\r\n");
  EXPECT_EQ(configuration_of(sound("external_id: file:external_id\n")).external_id, "from-a-file");
  EXPECT_EQ(configuration_of(sound("external_id: literal-id\n")).external_id, "literal-id");
  std::filesystem::create_directory(folder_ / "credentials");
  write("credentials/keyward.external_id", "from-systemd\n");
  sources_.environment["CREDENTIALS_DIRECTORY"] = (folder_ / "credentials").string();
  EXPECT_EQ(configuration_of(sound("external_id: cred:keyward.external_id\n")).external_id, "from-systemd");
  sources_.environment["NAME"] = "from-the-environment";
  EXPECT_EQ(configuration_of(sound("external_id: env:NAME\n")).external_id, "from-the-environment");
}

TEST_F(ConfigurationFile, RefusesAnExternalIdThatLeadsNowhereWithoutShowingIt) {
  EXPECT_EQ(
      problems_of(sound("external_id: env:NAME\n")),
      Lines{"config.yaml:3:14: external_id: the environment variable NAME is not set; set it or change the reference"});
  EXPECT_EQ(problems_of(sound("external_id: file:none\n")),
            Lines{"config.yaml:3:14: external_id: none cannot be read: No such file or directory"});
  EXPECT_EQ(problems_of(sound("external_id: cred:external_id\n")),
            Lines{"config.yaml:3:14: external_id: CREDENTIALS_DIRECTORY is not set; systemd sets it for a unit with "
                  "LoadCredential=external_id. By hand, set it to the folder of that file"});
  sources_.environment["CREDENTIALS_DIRECTORY"] = folder_.string();
  for (const char* name : {"..", "../id", "a/b", "of two words"}) {
    EXPECT_EQ(problems_of(sound("external_id: \"cred:" + std::string(name) + "\"\n")).size(), 1u) << name;
  }
  EXPECT_EQ(problems_of(sound("external_id: cred:a/b\n")),
            Lines{"config.yaml:3:14: external_id: cred: is followed by the name of a credential, of letters, digits and _ . -"});
  sources_.environment["NAME"] = "two words";
  EXPECT_EQ(
      problems_of(sound("external_id: env:NAME\n")),
      Lines{"config.yaml:3:14: external_id: does not lead to an external id; that is 2 to 1224 characters of A-Z a-z "
            "0-9 _ + = , . @ : / -"});
}

// ---- environment ----

struct Variable {
  const char* name;
  const char* text;
  const char* path;
  const char* shown;  ///< as `config show` would
};

class EnvironmentNames : public ConfigurationTest, public testing::WithParamInterface<Variable> {};

TEST_P(EnvironmentNames, SetTheirFieldAndAreItsOrigin) {
  const Variable& variable = GetParam();
  sources_.environment[variable.name] = variable.text;
  const LoadedOrRefused answer = load(sound("store: {kms_key_id: alias/keyward}\n"));
  ASSERT_TRUE(answer.loaded) << testing::PrintToString(problems(answer));
  const Configuration& run = answer.loaded->configuration;
  EXPECT_EQ(boost::json::serialize(find_field(variable.path)->show(run, run.defaults)), variable.shown);
  EXPECT_EQ(describe(answer.loaded->origins.at(variable.path)), std::string("environment ") + variable.name);
}

const Variable k_variables[] = {
    {"DryRunFlag", "False", "dry_run", "false"},
    {"DryRunFlag", "TRUE", "dry_run", "true"},
    {"StoreSecretsInCentralAccount", "True", "store.target", "\"central\""},
    {"StoreSecretsInCentralAccount", "false", "store.target", "\"member\""},
    {"RotationPeriod", "60", "policy.rotate_after_days", "60"},
    {"InstallationGracePeriod", "7", "policy.install_grace_days", "7"},
    {"InactiveBuffer", "5", "policy.install_grace_days", "5"},
    {"RecoveryGracePeriod", "6", "policy.recovery_grace_days", "6"},
    {"PendingActionWarnPeriod", "7", "policy.warn_days", "[7,3,1]"},
    {"PendingActionWarnPeriod", "20", "policy.warn_days", "[20,14,7,3,1]"},
    {"PendingActionWarnPeriod", "0", "policy.warn_days", "[]"},
    {"IAMExemptionGroup", "Exempt", "users.exempt_group", "\"Exempt\""},
    {"IAMAssumedRoleName", "asa-role", "member_role", "\"asa-role\""},
    {"RoleSessionName", "session", "role_session_name", "\"session\""},
    {"ResourceOwnerTag", "Owner", "notify.owner_tag", "\"Owner\""},
    {"CredentialReplicationRegions", "us-east-1, eu-west-1 ,", "store.replica_regions",
     "[\"us-east-1\",\"eu-west-1\"]"},
    {"ADMIN_EMAIL", "admin@example.org", "notify.sender", "\"admin@example.org\""},
    {"EmailTemplateAudit", "x.html", "notify.template_audit", "\"x.html\""},
    {"EmailTemplateEnforce", "y.html", "notify.template_enforce", "\"y.html\""},
    {"InventoryOU", "ou-ab12-11111111", "accounts.include", "[{\"ou\":\"ou-ab12-11111111\"}]"},
    {"InventoryOU", "ou-ab12-11111111", "accounts.default", "\"opt-in\""},
    {"AWS_REGION", "eu-west-1", "region", "\"eu-west-1\""},
    {"AWS_DEFAULT_REGION", "eu-west-2", "region", "\"eu-west-2\""},
    {"AWS_PROFILE", "audit", "profile", "\"audit\""},
};
INSTANTIATE_TEST_SUITE_P(All, EnvironmentNames, testing::ValuesIn(k_variables));

class Environment : public ConfigurationTest {
 protected:
  Lines problems_with(std::map<std::string, std::string> environment) {
    sources_.environment = std::move(environment);
    return problems_of(sound(""));
  }
};

TEST_F(Environment, RefusesAFlagThatIsNeitherTrueNorFalse) {
  for (const char* text : {"yes", "1", "on", "tru", "True "}) {
    const Lines lines = problems_with({{"DryRunFlag", text}});
    EXPECT_EQ(lines,
              Lines{std::string("environment DryRunFlag: dry_run: is \"") + text + "\"; it must be true or false"});
    EXPECT_FALSE(load(sound("")).loaded);
  }
  EXPECT_EQ(problems_with({{"DryRunFlag", ""}}),
            Lines{R"(environment DryRunFlag: dry_run: is ""; it must be true or false)"});
  EXPECT_EQ(problems_with({{"StoreSecretsInCentralAccount", "2"}}),
            Lines{R"(environment StoreSecretsInCentralAccount: store.target: is "2"; it must be true or false)"});
}

TEST_F(Environment, CountsAnEmptyValueAsUnset) {
  EXPECT_EQ(problems_with({{"RotationPeriod", ""}, {"OrgListAccount", ""}, {"S3_BUCKET_NAME", ""}, {"AWS_REGION", ""}}),
            Lines{});
}

TEST_F(Environment, RefusesBadValues) {
  EXPECT_EQ(
      problems_with({{"RotationPeriod", "ninety"}}),
      Lines{
          R"(environment RotationPeriod: policy.rotate_after_days: is "ninety"; it must be a whole number of days from 1 to 3650)"});
  EXPECT_EQ(
      problems_with({{"PendingActionWarnPeriod", "-1"}}),
      Lines{
          R"(environment PendingActionWarnPeriod: policy.warn_days: is "-1"; it must be a whole number of days from 0 to 365)"});
  EXPECT_EQ(
      problems_with({{"CredentialReplicationRegions", "us-east-1,mars"}}),
      Lines{
          R"(environment CredentialReplicationRegions: store.replica_regions[1]: is "mars"; it must be a region such as eu-central-1)"});
  EXPECT_EQ(
      problems_with({{"InventoryOU", "sales"}}),
      Lines{
          R"(environment InventoryOU: accounts.include[0].ou: is "sales"; it must be the id of an organizational unit or root, such as ou-ab12-11111111)"});
  EXPECT_EQ(
      problems_with({{"RotationPeriod", "14"}}),
      Lines{"environment RotationPeriod: policy.rotate_after_days: a warning 14 days ahead does not fit keys that are "
            "rotated after 14 days; warn_days must be less than rotate_after_days"});
}

TEST_F(Environment, MakesTheListRoleOfAccountAndName) {
  sources_.environment = {{"OrgListAccount", "111122223333"}, {"OrgListRole", "asa/list"}};
  sources_.partition = "aws-us-gov";
  EXPECT_EQ(configuration_of(sound("")).organization.list_role->str(),
            "arn:aws-us-gov:iam::111122223333:role/asa/list");
  EXPECT_EQ(
      problems_with({{"OrgListAccount", "111122223333"}}),
      Lines{"environment OrgListAccount: organization.list_role: is set without OrgListRole; set both or neither"});
  EXPECT_EQ(
      problems_with({{"OrgListRole", "asa"}}),
      Lines{"environment OrgListRole: organization.list_role: is set without OrgListAccount; set both or neither"});
}

TEST_F(Environment, FindsTheGuidancesTemplatesInItsBucket) {
  const auto place = [this](const std::string& bucket, const std::string& prefix) {
    sources_.environment = {{"S3_BUCKET_NAME", bucket}, {"S3_BUCKET_PREFIX", prefix}};
    return configuration_of(sound("")).defaults.notify.templates;
  };
  EXPECT_EQ(place("asa-bucket", "asa/asa-iam-rotation"), "s3://asa-bucket/asa/asa-iam-rotation/Template");
  EXPECT_EQ(place("asa-bucket", "asa/Template/"), "s3://asa-bucket/asa/Template");
  EXPECT_EQ(place("asa-bucket", "asa/template"), "s3://asa-bucket/asa/template");
  EXPECT_EQ(place("asa-bucket", ""), "s3://asa-bucket/Template");
  EXPECT_EQ(problems_with({{"S3_BUCKET_PREFIX", "asa"}}),
            Lines{"environment S3_BUCKET_PREFIX: notify.templates: is set without S3_BUCKET_NAME; set both or neither"});
}

TEST_F(Environment, SaysWhatHasNoEffect) {
  EXPECT_EQ(
      problems_with({{"InstallationGracePeriod", "7"}, {"InactiveBuffer", "10"}}),
      Lines{
          R"(environment InactiveBuffer: warning: policy.install_grace_days: "10" is ignored, because InstallationGracePeriod is set to "7")"});
  EXPECT_EQ(problems_with({{"InstallationGracePeriod", "7"}, {"InactiveBuffer", "7"}}), Lines{});
}

TEST_F(Environment, NamesTheParametersOfTheSmtpLogin) {
  sources_.environment = {{"SMTPUserParamName", "/smtp/user"}, {"SMTPPasswordParamName", "/smtp/password"}};
  const Configuration run = configuration_of(
      "notify: {sender: a@example.org, channels: [{type: smtp}], smtp_user: ssm:/mine}\n"
      "accounts: {default: opt-out}\n");
  EXPECT_EQ(run.defaults.notify.smtp_user.reference, "ssm:/smtp/user") << "the environment wins";
  EXPECT_EQ(run.defaults.notify.smtp_password.reference, "ssm:/smtp/password");
  EXPECT_EQ(run.defaults.notify.smtp_password.value, nullptr) << "fetched when there is mail to send";
}

// ---- channels ----

class Channels : public ConfigurationTest {};

TEST_F(Channels, HaveSettingsOfTheirOwn) {
  sources_.environment = {{"HOOK", "https://hooks.example.org/x"}, {"PAGER", "key"}, {"CREDENTIALS_DIRECTORY", folder_.string()}};
  write("smtp.password", "hushhush\n");
  write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
  const Configuration run = configuration_of(R"(accounts: {default: opt-out}
notify:
  sender: a@example.org
  smtp_user: env:PAGER
  smtp_password: cred:smtp.password
  channels:
    - {type: smtp, host: smtp.example.org, port: 465, tls: implicit, timeout: 20s}
    - {type: sns, topic_arn: "arn:aws:sns:eu-central-1:111122223333:keyward", per_event: true}
    - {type: slack, url: env:HOOK}
    - {type: teams, url: ssm:/keyward/teams}
    - {type: webhook, url: env:HOOK, secret: file:secret}
    - {type: pagerduty, routing_key: env:PAGER, endpoint: https://events.eu.pagerduty.com}
    - {type: metrics, namespace: Security/keyward, embedded: true}
)");
  const notify::NotifySettings& notify = run.defaults.notify;
  EXPECT_EQ(notify.smtp_user.value->expose(), "key");
  EXPECT_EQ(notify.smtp_password.value->expose(), "hushhush") << "without the line end";
  ASSERT_EQ(notify.channels.size(), 7u);
  EXPECT_EQ(notify.channels[0].host, "smtp.example.org");
  EXPECT_EQ(notify.channels[0].port, 465);
  EXPECT_EQ(notify.channels[0].tls, base::SmtpSecurity::implicit_tls);
  EXPECT_EQ(notify.channels[0].timeout, std::chrono::seconds(20));
  EXPECT_EQ(notify.channels[1].topic_arn->str(), "arn:aws:sns:eu-central-1:111122223333:keyward");
  EXPECT_EQ(notify.channels[1].per_event, true);
  EXPECT_EQ(notify.channels[2].url.value->expose(), "https://hooks.example.org/x");
  EXPECT_EQ(notify.channels[3].url.value, nullptr);
  EXPECT_EQ(notify.channels[4].secret.reference, "file:secret");
  EXPECT_EQ(notify.channels[5].endpoint, "https://events.eu.pagerduty.com");
  EXPECT_EQ(notify.channels[6].metric_namespace, "Security/keyward");
  EXPECT_EQ(notify.channels[6].embedded, true);
}

TEST_F(Channels, OwnKeysOnly) {
  for (const char* key : {"configuration_set: x", "directory: x", "host: h.example.org", "port: 25", "tls: implicit", "per_event: true",
                          "url: ssm:x", "secret: ssm:x", "endpoint: https://x", "timeout: 1s", "namespace: x", "embedded: true",
                          "topic_arn: 'arn:aws:sns:eu-central-1:111122223333:keyward'"}) {
    const bool of_file = std::string_view(key).starts_with("directory");
    const auto found = problems_of(std::string("accounts: {default: opt-out}\nnotify: {channels: [{type: file}, {type: ") +
                                   (of_file ? "pagerduty, routing_key: ssm:x, " : "file, ") + key + "}]}\n");
    ASSERT_EQ(found.size(), 1u) << key;
    EXPECT_NE(found[0].find("does not belong to a channel of type"), std::string::npos) << found[0];
  }
}

TEST_F(Channels, NeverRepeatASecretThatStandsInTheConfiguration) {
  for (const char* text : {"slack, url: 'https://hooks.example.org/verysecret'", "slack, url: [verysecret]", "slack, url: {verysecret: verysecret}",
                           "pagerduty, routing_key: verysecret", "webhook, url: ssm:x, secret: whsec_verysecret"}) {
    for (const std::string& line : problems_of(std::string("accounts: {default: opt-out}\nnotify: {channels: [{type: file}, {type: ") + text + "}]}\n")) {
      EXPECT_EQ(line.find("verysecret"), std::string::npos) << line;
    }
  }
}

// ---- precedence ----

struct Precedence {
  const char* file;
  const char* own;
  const char* environment;
  int expected;
  const char* origin;
};

class PrecedenceTable : public ConfigurationTest, public testing::WithParamInterface<Precedence> {};

TEST_P(PrecedenceTable, TheStrongestWins) {
  const Precedence& row = GetParam();
  std::string text = "notify: {channels: [{type: file}]}\naccounts: {default: opt-out";
  if (row.own) {
    text += std::string(", overrides: [{match: {id: \"111122223333\"}, policy: {rotate_after_days: ") + row.own + "}}]";
  }
  text += "}\n";
  if (row.file) text += std::string("policy: {rotate_after_days: ") + row.file + "}\n";
  if (row.environment) sources_.environment["RotationPeriod"] = row.environment;
  const LoadedOrRefused answer = load(text);
  ASSERT_TRUE(answer.loaded);
  const auto settings = answer.loaded->configuration.for_account(account("111122223333"));
  EXPECT_EQ(settings.policy.rotate_after, days(row.expected));
  const std::string shown = render_effective(*answer.loaded, TextFormat::table, base::AccountId::parse("111122223333"));
  const auto at = shown.find("policy.rotate_after_days");
  const std::string line = shown.substr(at, shown.find('\n', at) - at);
  EXPECT_TRUE(line.ends_with(row.origin + std::string(")"))) << line;
  EXPECT_NE(line.find("= " + std::to_string(row.expected) + " "), std::string::npos) << line;
}

const Precedence k_precedence[] = {
    {nullptr, nullptr, nullptr, 90, "(default"},
    {"80", nullptr, nullptr, 80, "config.yaml:3"},
    {"80", "70", nullptr, 70, "config.yaml:2"},
    {nullptr, "70", nullptr, 70, "config.yaml:2"},
    {"80", "70", "60", 60, "(environment RotationPeriod"},
    {"80", nullptr, "60", 60, "(environment RotationPeriod"},
    {nullptr, nullptr, "60", 60, "(environment RotationPeriod"},
};
INSTANTIATE_TEST_SUITE_P(RotateAfter, PrecedenceTable, testing::ValuesIn(k_precedence));

TEST_F(ConfigurationFile, AFlagWinsOverTheEnvironment) {
  sources_.environment = {{"AWS_REGION", "eu-west-1"}, {"AWS_PROFILE", "a"}};
  sources_.command_line.region = "eu-west-2";
  sources_.command_line.profile = "b";
  const LoadedOrRefused answer = load(sound("region: eu-west-3\nprofile: c\n"));
  ASSERT_TRUE(answer.loaded);
  EXPECT_EQ(answer.loaded->configuration.region->str(), "eu-west-2");
  EXPECT_EQ(answer.loaded->configuration.profile, "b");
  EXPECT_EQ(describe(answer.loaded->origins.at("region")), "flag --region");
  sources_.command_line.region = "mars";
  EXPECT_EQ(problems_of(sound("")),
            Lines{R"(flag --region: region: is "mars"; it must be a region such as eu-central-1)"});
}

// ---- dry run: the safer value wins ----

struct DryRun {
  const char* file;      ///< dry_run of the file
  const char* own;       ///< dry_run of the account's override
  const char* flag;      ///< DryRunFlag
  bool command_line;     ///< --dry-run
  bool others, account;  ///< what applies to other accounts, and to this one
};

class DryRunTable : public ConfigurationTest, public testing::WithParamInterface<DryRun> {};

TEST_P(DryRunTable, TheSaferValueWins) {
  const DryRun& row = GetParam();
  std::string text = "notify: {channels: [{type: file}]}\naccounts: {default: opt-out";
  if (row.own) text += std::string(", overrides: [{match: {id: \"111122223333\"}, dry_run: ") + row.own + "}]";
  text += "}\n";
  if (row.file) text += std::string("dry_run: ") + row.file + "\n";
  if (row.flag) sources_.environment["DryRunFlag"] = row.flag;
  sources_.command_line.dry_run = row.command_line;
  const Configuration run = configuration_of(text);
  EXPECT_EQ(run.for_account(account("111122223333")).dry_run, row.account);
  EXPECT_EQ(run.for_account(account("444455556666")).dry_run, row.others);
}

const DryRun k_dry_run[] = {
    // file     own      flag     --dry-run  others  account
    {nullptr, nullptr, nullptr, false, true, true},   {"true", nullptr, nullptr, false, true, true},
    {"false", nullptr, nullptr, false, false, false}, {"true", "false", nullptr, false, true, false},
    {"false", "true", nullptr, false, false, true},   {nullptr, "false", nullptr, false, true, false},
    {"true", nullptr, "false", false, false, false},  {"true", "true", "false", false, false, true},
    {"false", "true", "False", false, false, true},   {"true", "false", "false", false, false, false},
    {"false", nullptr, "true", false, true, true},    {"false", "false", "true", false, true, true},
    {"false", "false", nullptr, true, true, true},    {"false", "false", "false", true, true, true},
    {nullptr, nullptr, "false", true, true, true},
};
INSTANTIATE_TEST_SUITE_P(All, DryRunTable, testing::ValuesIn(k_dry_run));

// ---- overrides ----

TEST_F(ConfigurationFile, AnOverrideReplacesOnlyWhatItNames) {
  const Configuration run = configuration_of(
      "notify: {channels: [{type: file}]}\n"
      "policy: {rotate_after_days: 80, install_grace_days: 9}\n"
      "store: {kms_key_id: alias/all}\n"
      "accounts:\n"
      "  default: opt-out\n"
      "  overrides:\n"
      "    - match: {id: \"111122223333\"}\n"
      "      policy: {rotate_after_days: 45}\n"
      "      store: {target: central}\n"
      "      notify: {owner_tag: mine}\n");
  const AccountSettings own = run.for_account(account("111122223333"));
  EXPECT_EQ(own.policy.rotate_after, days(45));
  EXPECT_EQ(own.policy.install_grace, days(9));
  EXPECT_EQ(own.store.target, rotation::StoreTarget::central);
  EXPECT_EQ(own.store.kms_key_id, "alias/all");
  EXPECT_EQ(own.notify.owner_tag, "mine");
  const AccountSettings others = run.for_account(account("444455556666"));
  EXPECT_EQ(others.policy, run.defaults.policy);
  EXPECT_EQ(others.store, run.defaults.store);
}

TEST_F(ConfigurationFile, TheFirstOverrideThatFitsApplies) {
  const Configuration run = configuration_of(
      "notify: {channels: [{type: file}]}\n"
      "accounts:\n"
      "  default: opt-out\n"
      "  overrides:\n"
      "    - {match: {ou: ou-ab12-11111111}, policy: {rotate_after_days: 45}}\n"
      "    - {match: {id: \"111122223333\"}, policy: {rotate_after_days: 60}}\n");
  EXPECT_EQ(run.for_account(account("111122223333", {"r-ab12", "ou-ab12-11111111"})).policy.rotate_after, days(45));
  EXPECT_EQ(run.for_account(account("111122223333", {"r-ab12"})).policy.rotate_after, days(60));
  EXPECT_EQ(run.for_account(account("444455556666", {"r-ab12"})).policy.rotate_after, days(90));
}

TEST_F(ConfigurationFile, AnOverrideThatHealsADefaultDoesNotExcuseIt) {
  const Lines lines = problems_of(
      "notify: {channels: [{type: file}]}\n"
      "store: {name: x}\n"
      "accounts:\n"
      "  default: opt-out\n"
      "  overrides: [{match: {id: \"111122223333\"}, store: {name: \"keyward/{user}\"}}]\n");
  EXPECT_EQ(lines, Lines{"config.yaml:2:15: store.name: two users would share one secret; the name must hold {user}"});
}

// ---- anything at all ----

TEST_F(ConfigurationFile, SurvivesAnyBytes) {
  const char* given = std::getenv("KEYWARD_SEED");
  const auto seed = given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::cout << "KEYWARD_SEED=" << seed << std::endl;  // before anything can crash
  std::mt19937 random(seed);
  const std::string sample = sound(
      "policy: {warn_days: [3, 1], rotate_after_days: 90}\n"
      "users: {exempt: [{account: \"111122223333\", user: a, until: 2027-01-01, reason: b, owner: c}]}\n"
      "store: &s {format: {access_key_id: x, secret_access_key: y}}\nlimits: {deadline: 2h}\n");
  const std::string_view alphabet = "abk:-?,[]{}#&*!|>'\"%@` \n\t0159~<=\\\xff\xc3\x80";
  for (int round = 0; round < 400; ++round) {
    std::string text = round % 2 == 0 ? sample : std::string(random() % 64, ' ');
    const auto edits = 1 + random() % 8;
    for (unsigned i = 0; i < edits && !text.empty(); ++i)
      text[random() % text.size()] = alphabet[random() % alphabet.size()];
    if (round % 2 == 1) {
      for (char& c : text)
        c = round % 4 == 1 ? alphabet[random() % alphabet.size()] : static_cast<char>(random() % 256);
    }
    const LoadedOrRefused answer = load(text);
    if (!answer.loaded) {
      EXPECT_FALSE(answer.problems.empty()) << text;
    }
    for (const Problem& problem : answer.problems) {
      EXPECT_FALSE(problem.message.empty());
    }
  }
}

}  // namespace
}  // namespace keyward::orchestrator
