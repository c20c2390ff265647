#include "orchestrator/doctor_store.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <utility>

#include "aws/iam_client.hpp"
#include "aws/kms_client.hpp"
#include "aws/secrets_manager_client.hpp"
#include "report/text.hpp"
#include "rotation/secret_document.hpp"
#include "rotation/secret_store.hpp"

// The store: its secrets, its KMS key, its replica regions.
namespace keyward::orchestrator {
namespace {

using base::ErrorKind;
using base::Result;
using base::Task;
using report::Finding;
using report::Health;
using report::Reach;
using rotation::StoreSettings;
using rotation::StoreTarget;

using Findings = std::vector<Finding>;

/// Looking at each secret costs a call.
constexpr std::size_t k_most_secrets = 25;

constexpr const char* k_name_fix = "store:\n  name: Account_{account_id}_User_{user}_AccessKey";

void add(Findings& findings, std::string id, Health health, std::string what, std::string cause = "",
         std::string fix = "") {
  findings.push_back({std::move(id), health, std::move(what), std::move(cause), std::move(fix), Reach::everything, {}});
}

std::string in_region(const base::Region& region) { return " --region " + region.str(); }

/// A key of the same name has to be in every region of replicas, unless it is an AWS managed one.
Task<void> examine_key(const StoreAccess& store, base::Region region, Findings& findings) {
  const std::string key = store.settings().kms_key_id;
  const std::string id = "doctor.store.kms_key";
  const std::string name = "KMS key " + key + " in " + region.str();
  const std::unique_ptr<aws::Caller> caller = store.caller(region);
  aws::KmsClient kms(*caller);
  Result<aws::KmsKey> described = co_await kms.describe(key);
  if (!described && described.error().kind == ErrorKind::denied) {
    add(findings, id, Health::not_checked, name, "it may not be looked at: " + reason_of(described.error()),
        "{\"Effect\": \"Allow\", \"Action\": \"kms:DescribeKey\", \"Resource\": \"*\"}   # for doctor only");
  } else if (!described && described.error().kind == ErrorKind::not_found) {
    const std::string fix = key.starts_with("alias/")
                                ? "aws kms create-key" + in_region(region) +
                                      " --query KeyMetadata.KeyId\naws kms create-alias" + in_region(region) +
                                      " --alias-name " + key + " --target-key-id KEY-ID"
                                : "aws kms list-keys" + in_region(region);
    add(findings, id, Health::failure, name + " does not exist",
        "store.kms_key_id names a key that is not there, or not in this account and region", fix);
  } else if (!described) {
    add(findings, id, Health::failure, name + " cannot be looked at", reason_of(described.error()),
        "aws kms describe-key --key-id " + key + in_region(region));
  } else if (described->aws_managed && store.settings().target == StoreTarget::central) {
    add(findings, id, Health::failure, name + " is managed by AWS",
        "no other account can decrypt with it, so nobody could read a central store",
        "aws kms create-key" + in_region(region) + " --query KeyMetadata.KeyId");
  } else if (!described->usable()) {
    const bool deleted = described->state == "PendingDeletion";
    add(findings, id, Health::failure, name + " is not usable", "its state is " + described->state,
        (deleted ? "aws kms cancel-key-deletion --key-id " : "aws kms enable-key --key-id ") +
            described->arn.substr(described->arn.rfind('/') + 1) + in_region(region));
  } else {
    add(findings, id, Health::ok, name + " is enabled");
  }
}

Task<void> examine_replicas(const StoreAccess& store, std::string secret, Findings& findings) {
  for (const base::Region& region : store.settings().replica_regions) {
    const std::unique_ptr<aws::Caller> caller = store.caller(region);
    aws::SecretsManagerClient secrets(*caller);
    Result<std::optional<aws::SecretDescription>> found = co_await secrets.describe(secret);
    // What may not be described there is no proof against the region: replicating is done from the first one.
    const bool answered = found || found.error().code.starts_with("AccessDenied");
    if (answered) {
      add(findings, "doctor.store.replica_region", Health::ok, "replica region " + region.str() + " is enabled");
      if (!store.settings().kms_key_id.empty()) co_await examine_key(store, region, findings);
    } else {
      add(findings, "doctor.store.replica_region", Health::failure,
          "replica region " + region.str() + " cannot be used", reason_of(found.error()),
          found.error().code == "UnknownRegion"
              ? "store:\n  replica_regions: [...]   # names that aws account list-regions gives"
              : "aws account enable-region --region-name " + region.str());
    }
  }
}

/// Whether the store answers, and whether a secret of doctor is still there.
Task<void> examine_reach(const StoreAccess& store, std::string name, Findings& findings) {
  const base::Region region = store.region();
  const std::unique_ptr<aws::Caller> caller = store.caller(region);
  aws::SecretsManagerClient secrets(*caller);
  Result<std::optional<aws::SecretDescription>> found = co_await secrets.describe(name);
  if (!found && found.error().kind == ErrorKind::denied) {
    add(findings, "doctor.store.reach", Health::failure, "secrets in " + region.str() + " may not be described",
        reason_of(found.error()),
        store.settings().target == StoreTarget::member ? "keyward policy rotate" : "keyward policy store");
  } else if (!found) {
    add(findings, "doctor.store.reach", Health::failure, "Secrets Manager in " + region.str() + " cannot be used",
        reason_of(found.error()), "aws secretsmanager describe-secret --secret-id " + name + in_region(region));
  } else if (*found) {
    add(findings, "doctor.store.canary_left", Health::warning, "a secret of an earlier --write-test is still there",
        name,
        "aws secretsmanager delete-secret --secret-id " + name + in_region(region) +
            " --force-delete-without-recovery");
  } else {
    add(findings, "doctor.store.reach", Health::ok, "Secrets Manager in " + region.str() + " answers");
  }
}

Task<Findings> examine_whole_store(const StoreAccess& store, std::string name) {
  Findings findings;
  co_await examine_reach(store, name, findings);
  const base::Region region = store.region();
  if (!store.settings().kms_key_id.empty()) co_await examine_key(store, region, findings);
  co_await examine_replicas(store, name, findings);
  co_return findings;
}

std::string fix_of_secret(const base::Error& error, const base::Region& region) {
  // SecretStore::check() gives the command itself.
  const auto command = error.message.find("aws secretsmanager");
  return command == std::string::npos ? "aws secretsmanager list-secrets" + in_region(region)
                                      : error.message.substr(command) + in_region(region);
}

Task<void> examine_secrets(Visit& visit, const StoreAccess& store) {
  accounts::Session& session = visit.reading(visit.examination.configuration().audit_role);
  aws::IamClient iam(session.caller());
  Result<std::vector<aws::IamUser>> users = co_await iam.list_users();
  if (!users) {
    visit.skip("doctor.store.secrets", "the secrets of users",
               "the users could not be listed: " + reason_of(users.error()));
    co_return;
  }
  const base::Region region = store.region();
  const std::unique_ptr<aws::Caller> caller = store.caller(region);
  aws::SecretsManagerClient client(*caller);
  rotation::SecretStore secrets(client, store.settings(), visit.account.id, region);
  const std::size_t looked_at = std::min(users->size(), k_most_secrets);
  bool all_well = true;
  for (std::size_t i = 0; i < looked_at && !visit.examination.must_stop(); ++i) {
    Result<std::optional<aws::SecretDescription>> checked = co_await secrets.check((*users)[i].name);
    if (checked) continue;
    all_well = false;
    if (checked.error().kind == ErrorKind::denied) break;  // said already
    visit.fail("doctor.store.secret", "no key can be stored for user " + (*users)[i].name.str(),
               reason_of(checked.error()), fix_of_secret(checked.error(), region));
  }
  if (all_well)
    visit.ok("doctor.store.secrets", looked_at < users->size() ? "the secrets of the first users can take a key"
                                                               : "the secrets of all users can take a key");
}

Task<void> visit_write_test(Visit& visit, std::string name) {
  accounts::Session& session = visit.reading(visit.examination.configuration().audit_role);
  aws::IamClient iam(session.caller());
  const base::UserName nobody = base::UserName::parse(k_doctors_user).value();
  Result<std::vector<aws::AccessKeyMetadata>> keys = co_await iam.list_access_keys(nobody);
  if (keys || keys.error().kind != ErrorKind::not_found) {
    visit.skip("doctor.store.write_test", "the write test",
               std::string("it must be sure that there is no user ") + k_doctors_user +
                   ", whose secret it would touch, and is not");
    co_return;
  }
  const bool member = visit.settings.store.target == StoreTarget::member;
  std::optional<accounts::Session> writer;
  if (member) writer.emplace(visit.session(visit.examination.configuration().member_role, aws::Writes::allowed));
  const StoreAccess store(visit.examination, visit.settings.store, writer ? &*writer : nullptr, aws::Writes::allowed);
  const std::string region = store.region().str();
  Findings findings = co_await write_test(store, std::move(name), region);
  for (Finding& finding : findings) {
    finding.accounts = {visit.account.id.str()};
    finding.reach = Reach::part;
    visit.findings.push_back(std::move(finding));
  }
}

Task<void> examine_store_rights(Examination& examination, const StoreAccess& store, base::AccountId account) {
  Permissions needed = permissions_of(examination.configuration(), PolicyMode::store, examination.place(account.str()));
  const base::Region region = examination.services().region;
  const std::unique_ptr<aws::Caller> caller = store.caller(region);
  Findings findings =
      co_await simulate_rights(*caller, store.settings().role->str(), PolicyMode::store, std::move(needed));
  for (Finding& finding : findings) examination.add(std::move(finding));
}

void tell_of_store_role(Examination& examination, const base::Arn& role, const base::Error& error) {
  const bool refused = error.code == "AccessDenied";
  const std::string cause =
      "either store.role names a role that is missing; or its trust policy does not name " + examination.caller->arn +
      " or asks for another external id; or the caller may not sts:AssumeRole. AWS does not say which";
  examination.fail("doctor.store.role", "store.role " + role.str() + " cannot be assumed",
                   refused ? cause : reason_of(error),
                   "keyward policy store --format cloudformation > keyward-store-role.yaml\n"
                   "aws cloudformation deploy --stack-name keyward-store-role --template-file keyward-store-role.yaml "
                   "--capabilities CAPABILITY_NAMED_IAM   # with credentials of " +
                       std::string(base::arn_account(role)));
}

bool speaks_of_decrypting(const boost::json::value& action) {
  const auto fits = [](const boost::json::value& one) {
    return one.is_string() && (one.get_string() == "kms:*" || one.get_string() == "*" ||
                               one.get_string() == "kms:Decrypt" || one.get_string() == "kms:De*");
  };
  return action.is_array() ? std::ranges::any_of(action.get_array(), fits) : fits(action);
}

bool names(const boost::json::value& principal, const std::string& account) {
  if (principal.is_string()) {
    const std::string_view text = principal.get_string();
    return text == "*" || text == account || text.find("::" + account + ":") != std::string_view::npos;
  }
  if (principal.is_array())
    return std::ranges::any_of(principal.get_array(), [&account](const auto& one) { return names(one, account); });
  const auto* aws = principal.is_object() ? principal.get_object().if_contains("AWS") : nullptr;
  return aws != nullptr && names(*aws, account);
}

}  // namespace

StoreAccess::StoreAccess(const Examination& examination, StoreSettings settings, accounts::Session* member,
                         aws::Writes writes)
    : services_(examination.services()),
      settings_(std::move(settings)),
      identity_(services_.identity.get()),
      writes_(writes) {
  if (member != nullptr) identity_ = &member->credentials();
  if (settings_.target == StoreTarget::central && settings_.role) {
    const Configuration& configuration = examination.configuration();
    const accounts::RoleSettings role{services_.partition, "", configuration.role_session_name,
                                      configuration.external_id};
    central_.emplace(services_.context, services_.identity, services_.region, *settings_.role, role, writes);
    identity_ = &central_->credentials();
  }
}

std::unique_ptr<aws::Caller> StoreAccess::caller(const base::Region& region) const {
  return std::make_unique<aws::Caller>(services_.context, *identity_, region, writes_);
}

Task<Result<void>> StoreAccess::enter() const {
  Result<aws::CredentialsPtr> credentials = co_await identity_->credentials();
  if (!credentials) co_return credentials.error();
  co_return Result<void>();
}

std::vector<std::string> accounts_without_key(std::string_view text, const std::vector<std::string>& accounts) {
  boost::system::error_code failed;
  const boost::json::value policy = boost::json::parse(text, failed);
  const auto* statements = !failed && policy.is_object() ? policy.get_object().if_contains("Statement") : nullptr;
  const boost::json::array one =
      statements != nullptr && statements->is_object() ? boost::json::array{*statements} : boost::json::array{};
  const boost::json::array& all = statements != nullptr && statements->is_array() ? statements->get_array() : one;
  std::vector<std::string> without;
  for (const std::string& account : accounts) {
    const bool allowed = std::ranges::any_of(all, [&account](const boost::json::value& value) {
      const auto* statement = value.if_object();
      const auto* effect = statement != nullptr ? statement->if_contains("Effect") : nullptr;
      const auto* action = statement != nullptr ? statement->if_contains("Action") : nullptr;
      const auto* principal = statement != nullptr ? statement->if_contains("Principal") : nullptr;
      return effect != nullptr && *effect == "Allow" && action != nullptr && principal != nullptr &&
             speaks_of_decrypting(*action) && names(*principal, account);
    });
    if (!allowed) without.push_back(account);
  }
  return without;
}

Task<void> visit_store(Visit& visit) {
  const bool member = visit.settings.store.target == StoreTarget::member;
  accounts::Session* session = member ? &visit.reading(visit.examination.configuration().member_role) : nullptr;
  const StoreAccess store(visit.examination, visit.settings.store, session, aws::Writes::refused);
  const base::UserName nobody = base::UserName::parse(k_doctors_user).value();
  const Result<std::string> name = rotation::secret_name(visit.settings.store, visit.account.id, nobody);
  if (!name) {
    visit.fail("doctor.store.name", "store.name makes no legal name of a secret", reason_of(name.error()), k_name_fix);
    co_return;
  }
  if (member) {
    Findings findings = co_await examine_whole_store(store, *name);
    for (Finding& finding : findings) {
      finding.accounts = {visit.account.id.str()};
      finding.reach = Reach::part;
      visit.findings.push_back(std::move(finding));
    }
  }
  co_await examine_secrets(visit, store);
  if (visit.examination.context.line.write_test) co_await visit_write_test(visit, *name);
}

Task<void> examine_central_store(Examination& examination) {
  const StoreSettings& settings = examination.configuration().defaults.store;
  if (settings.target != StoreTarget::central) co_return;
  if (!examination.caller) {
    examination.skip("doctor.store.reach", "the central store", "AWS does not know who is calling");
    co_return;
  }
  const StoreAccess store(examination, settings, nullptr, aws::Writes::refused);
  if (settings.role) {
    Result<void> entered = co_await store.enter();
    if (!entered) {
      tell_of_store_role(examination, *settings.role, entered.error());
      co_return;
    }
  }
  const auto its_account = base::AccountId::parse(settings.role ? base::arn_account(*settings.role)
                                                                : std::string_view(examination.caller->account));
  const base::UserName nobody = base::UserName::parse(k_doctors_user).value();
  const Result<std::string> name = rotation::secret_name(settings, its_account.value(), nobody);
  if (name) {
    Findings findings = co_await examine_whole_store(store, *name);
    for (Finding& finding : findings) examination.add(std::move(finding));
  } else {
    examination.fail("doctor.store.name", "store.name makes no legal name of a secret", reason_of(name.error()),
                     k_name_fix);
  }
  if (settings.role) co_await examine_store_rights(examination, store, *its_account);
  const base::Region region = store.region();
  const std::unique_ptr<aws::Caller> caller = store.caller(region);
  aws::KmsClient kms(*caller);
  Result<aws::KmsKey> key = co_await kms.describe(settings.kms_key_id);
  if (!key) co_return;  // said already
  Result<std::string> policy = co_await kms.policy(key->arn);
  const std::string id = "doctor.store.kms_policy";
  if (!policy) {
    examination.skip(id, "whether other accounts can decrypt with " + settings.kms_key_id, reason_of(policy.error()),
                     "aws kms get-key-policy --policy-name default --key-id " + key->arn + in_region(region));
    co_return;
  }
  std::vector<std::string> accounts;
  accounts.reserve(examination.visited.size());
  for (const accounts::Account& account : examination.visited) accounts.push_back(account.id.str());
  std::vector<std::string> without = accounts_without_key(*policy, accounts);
  if (without.empty()) {
    examination.ok(id, "the policy of " + settings.kms_key_id + " lets the accounts decrypt");
    co_return;
  }
  examination.add({id, Health::failure, "the policy of " + settings.kms_key_id + " does not let accounts decrypt",
                   "their users could not read their new keys",
                   "{\"Sid\": \"ReadWithinOrganization\", \"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": "
                   "\"kms:Decrypt\", \"Resource\": \"*\", "
                   "\"Condition\": {\"StringEquals\": {\"aws:PrincipalOrgID\": \"" +
                       (examination.inventory ? examination.inventory->organization_id : std::string("o-...")) +
                       "\"}}}   # to be added to it\naws kms put-key-policy --policy-name default --key-id " +
                       key->arn + in_region(region) + " --policy file://key-policy.json",
                   Reach::everything, std::move(without)});
}

}  // namespace keyward::orchestrator
