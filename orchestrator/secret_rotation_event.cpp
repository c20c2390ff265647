#include "orchestrator/secret_rotation_event.hpp"

#include <algorithm>

#include "aws/iam_client.hpp"
#include "aws/json_fields.hpp"
#include "aws/sts_client.hpp"
#include "orchestrator/secret_rotation_notice.hpp"
#include "rotation/secret_rotation.hpp"

namespace keyward::orchestrator {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

Error invalid_event(std::string message) {
  return Error{ErrorKind::invalid, "event", "InvalidEvent", "", std::move(message)};
}

Result<rotation::RotationStepRequest> parse(const boost::json::object& event) {
  const std::string name = aws::json_fields::text(event, "Step").value_or("");
  const auto step = rotation::parse_rotation_step(name);
  if (!step) return invalid_event("Step is none of createSecret, setSecret, testSecret and finishSecret");
  const std::string secret = aws::json_fields::text(event, "SecretId").value_or("");
  const std::string token = aws::json_fields::text(event, "ClientRequestToken").value_or("");
  if (secret.empty() || token.empty()) return invalid_event("a rotation names its SecretId and its ClientRequestToken");
  return rotation::RotationStepRequest{*step, secret, token};
}

/// The account of the caller, and with it AWS's calendar: the first signed answer.
Task<Result<base::AccountId>> own_account(aws::Caller& caller) {
  aws::StsClient sts(caller);
  Result<aws::CallerIdentity> identity = co_await sts.get_caller_identity();
  if (!identity) co_return identity.error();
  const auto account = base::AccountId::parse(identity->account);
  if (!account)
    co_return Error{ErrorKind::invalid, "sts:GetCallerIdentity", "MalformedAnswer", "", "the answer names no account"};
  co_return *account;
}

boost::json::value answer_of(rotation::RotationStep step, const rotation::RotationStepDone& done) {
  boost::json::object answer{{"step", rotation::to_string(step)}, {"secret", done.secret}, {"outcome", done.outcome}};
  answer["rotated"] = !done.no_op && (done.outcome == "promoted" || done.outcome == "already_promoted");
  if (done.no_op) answer["no_op"] = "the value of the secret stays what it was, as its owner allowed by a tag";
  if (done.user) answer["user"] = done.user->str();
  if (done.key) answer["access_key_id"] = done.key->str();
  if (done.old_key) answer["old_access_key_id"] = done.old_key->str();
  return answer;
}

/// Whether it is known which override is the account's. Units and tags of accounts the function may not read: a rule by them that
/// comes first may be the one that says `dry_run: true`.
bool knows_override(const Configuration& configuration, const base::AccountId& account) {
  for (const AccountOverride& entry : configuration.overrides) {
    if (!entry.match.id) return false;
    if (*entry.match.id == account) return true;
  }
  return true;
}

/// The tools for one event, in the account of the function.
class RotationPlace {
 public:
  RotationPlace(const SecretRotationContext& context, const AccountSettings& settings, base::AccountId account,
                base::Region region)
      : caller_(context.services.context, *context.services.identity, region,
                settings.dry_run ? aws::Writes::refused : aws::Writes::allowed),
        iam_(caller_),
        secrets_(caller_),
        values_(caller_),
        auditor_({iam_, context.configuration.users, settings.policy, context.services.context.clock,
                  context.services.context.sleeper, cache_},
                 account, {}),
        store_(secrets_, settings.store, account, region),
        prover_(context.services.context, region, proof(context)),
        executor_({iam_, auditor_, store_, prover_, settings.policy, context.services.context.clock,
                   context.services.context.sleeper, context.services.log},
                  {"secret-rotation", {}}),
        rotation_({secrets_, values_, iam_, auditor_, executor_, store_, prover_, settings.policy,
                   context.services.context.clock, context.services.log},
                  {account, context.services.partition, context.configuration.users.tag_prefix,
                   !settings.notify.require_warning}) {}

  rotation::SecretRotation& rotation() { return rotation_; }
  aws::Caller& caller() { return caller_; }

 private:
  static rotation::ProofSettings proof(const SecretRotationContext& context) {
    const Limits& limits = context.configuration.limits;
    return {limits.verify_interval, std::min(limits.verify_timeout, context.deadline.remaining()), 3};
  }

  aws::Caller caller_;
  aws::IamClient iam_;
  aws::SecretsManagerClient secrets_;
  aws::SecretValueClient values_;
  rotation::KeyCache cache_;
  rotation::Auditor auditor_;
  rotation::SecretStore store_;
  rotation::KeyProver prover_;
  rotation::Executor executor_;
  rotation::SecretRotation rotation_;
};

}  // namespace

bool is_secret_rotation(const boost::json::object& event) {
  return event.contains("Step") && event.contains("SecretId");
}

Task<Result<boost::json::value>> handle_secret_rotation(boost::json::object event, SecretRotationContext context) {
  const Result<rotation::RotationStepRequest> request = parse(event);
  if (!request) co_return request.error();
  aws::Caller caller(context.services.context, *context.services.identity, context.services.region,
                     aws::Writes::refused);
  Result<base::AccountId> account = co_await own_account(caller);
  if (!account) co_return account.error();
  const auto arn = base::Arn::parse(request->secret);
  if (arn && base::arn_account(*arn) != account->str()) {
    co_return invalid_event("the secret is in account " + std::string(base::arn_account(*arn)) +
                            ", and the function works in its own, " + account->str());
  }
  const auto region = arn ? base::Region::parse(base::arn_region(*arn)) : std::optional<base::Region>();
  if (!knows_override(context.configuration, *account)) {
    co_return Error{ErrorKind::conflict, "secret rotation", "RuleUnknown", "",
                    "an entry of accounts.overrides asks for a unit or a tag, which this function does not know of its account; put one "
                    "with match: {id: \"" + account->str() + "\"} before it"};
  }
  accounts::Account own{*account, "", "", accounts::AccountState::active, false, {}, {}};
  const AccountSettings settings = context.configuration.for_account(own);
  if (settings.dry_run) {
    co_return Error{ErrorKind::conflict, "secret rotation", "DryRun", "",
                    "dry_run is on, so nothing is rotated; the secret keeps its value"};
  }
  RotationPlace place(context, settings, *account, region.value_or(context.services.region));
  Result<rotation::RotationStepDone> done = co_await place.rotation().perform(*request);
  const std::string outcome = done ? done->outcome : base::describe(done.error());
  context.services.log.info("secret_rotation", {{"step", rotation::to_string(request->step)},
                                                {"secret", request->secret},
                                                {"user", done && done->user ? done->user->str() : std::string()},
                                                {"access_key_id", done && done->key ? base::last_four(*done->key) : ""},
                                                {"no_op", done && done->no_op},
                                                {"outcome", outcome}});
  if (!done) co_return done.error();
  if (done->outcome == "promoted")
    co_await tell_owner_of_secret(context.configuration, settings, context.services, place.caller(), *account, *done);
  co_return answer_of(request->step, *done);
}

}  // namespace keyward::orchestrator
