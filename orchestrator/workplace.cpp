#include "orchestrator/workplace.hpp"

namespace keyward::orchestrator {
namespace {

aws::Writes writes_of(Mode mode) { return writes(mode) ? aws::Writes::allowed : aws::Writes::refused; }

bool one_role(const Configuration& configuration) { return configuration.audit_role == configuration.member_role; }

aws::Writes reader_writes(const Configuration& configuration, Mode mode) {
  return one_role(configuration) ? writes_of(mode) : aws::Writes::refused;
}

}  // namespace

Workplace::Workplace(const RunParts& parts, const accounts::Account& account, const AccountSettings& settings, Mode mode,
                     std::optional<base::Instant> previous_run)
    : parts_(parts),
      reader_(session(account, parts.configuration.audit_role, reader_writes(parts.configuration, mode))),
      writer_(session(account, parts.configuration.member_role, writes_of(mode))),
      reader_iam_(reader_.caller()),
      writer_iam_(writer().caller()),
      cache_(parts.configuration.state_dir / "keys" / (account.id.str() + ".json"), account.id),
      auditor_({reader_iam_, parts.configuration.users, settings.policy, parts.context.clock, parts.context.sleeper, cache_,
                [&parts] { return parts.may_begin(); }},
               account.id,
               previous_run),
      store_region_(settings.store.region.value_or(parts.region)),
      store_caller_(store_caller(settings, mode)),
      store_client_(*store_caller_),
      store_(store_client_, settings.store, account.id, store_region_),
      prover_(parts.context, parts.region,
              {parts.configuration.limits.verify_interval, parts.configuration.limits.verify_timeout, 3}),
      executor_({writer_iam_, auditor_, store_, prover_, settings.policy, parts.context.clock, parts.context.sleeper, parts.log},
                parts.run),
      settlement_({writer_iam_, auditor_, store_, parts.context.clock, parts.log}, parts.run) {
  const auto own = std::make_shared<aws::AccountLimits>(parts.context.limits, parts.configuration.limits.calls_per_second_per_account);
  const bool central = settings.store.target == rotation::StoreTarget::central;
  reader_.caller().limit_rate(own);
  writer_.caller().limit_rate(own);
  store_caller_->limit_rate(central ? parts.context.limits.central_store : own);
}

accounts::Session& Workplace::writer() { return one_role(parts_.configuration) ? reader_ : writer_; }

accounts::RoleSettings Workplace::role(const std::string& name) const {
  const Configuration& configuration = parts_.configuration;
  return {parts_.partition, name, configuration.role_session_name, configuration.external_id};
}

accounts::Session Workplace::session(const accounts::Account& account, const std::string& role_name, aws::Writes writes) const {
  const accounts::RoleSettings settings = role(role_name);
  return accounts::Session(parts_.context, parts_.hub, parts_.region, accounts::role_arn(settings, account.id), settings, writes);
}

/// The session of the role that writes a central store; null without one.
accounts::Session* Workplace::central_role(const AccountSettings& settings, Mode mode) {
  if (settings.store.target != rotation::StoreTarget::central || !settings.store.role) return nullptr;
  store_role_.emplace(parts_.context, parts_.hub, parts_.region, *settings.store.role, role(""), writes_of(mode));
  return &*store_role_;
}

/// Member store: the account's own session. Central store: the store's role, or the caller itself.
std::unique_ptr<aws::Caller> Workplace::store_caller(const AccountSettings& settings, Mode mode) {
  aws::CredentialProvider* identity = &writer().credentials();
  if (accounts::Session* role_session = central_role(settings, mode)) {
    identity = &role_session->credentials();
  } else if (settings.store.target == rotation::StoreTarget::central) {
    identity = parts_.hub.get();
  }
  return std::make_unique<aws::Caller>(parts_.context, *identity, store_region_, writes_of(mode));
}

}  // namespace keyward::orchestrator
