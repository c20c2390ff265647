#include "notify/sample.hpp"

#include <algorithm>

namespace keyward::notify {
namespace {

using rotation::Action;
using rotation::Reason;

// Nobody's account and nobody's keys.
constexpr std::string_view k_account = "111122223333";
constexpr std::string_view k_old_key = "AKIAEXAMPLEKEY00OLD1";
constexpr std::string_view k_new_key = "AKIAEXAMPLEKEY00NEW2";

rotation::UserReport user(std::string_view name, rotation::Outcome outcome) {
  rotation::UserFacts facts{*base::UserName::parse(name),
                            *base::Arn::parse("arn:aws:iam::" + std::string(k_account) + ":user/" + std::string(name)),
                            {},
                            {},
                            {},
                            {},
                            {}};
  return {std::move(facts), {std::move(outcome)}};
}

rotation::Outcome outcome(Action action, Reason reason, base::Instant now) {
  rotation::Outcome outcome;
  outcome.decision.action = action;
  outcome.decision.reason = reason;
  outcome.decision.key = base::AccessKeyId::parse(k_old_key);
  outcome.status = rotation::OutcomeStatus::done;
  outcome.at = now;
  return outcome;
}

rotation::UserReport replaced(base::Instant now) {
  rotation::Outcome done = outcome(Action::rotate, Reason::expired_active_key, now);
  done.new_key = base::AccessKeyId::parse(k_new_key);
  const std::string name = "Account_" + std::string(k_account) + "_User_sample-service_AccessKey";
  done.secret = rotation::SecretLocation{"arn:aws:secretsmanager:us-east-1:" + std::string(k_account) + ":secret:" + name + "-a1B2c3",
                                         name,
                                         *base::Region::parse("us-east-1"),
                                         false,
                                         "AccessKey",
                                         "SecretKey"};
  return user("sample-service", std::move(done));
}

rotation::UserReport coming(base::Instant now) {
  rotation::Outcome warned = outcome(Action::warn, Reason::key_pending_deactivation, now);
  warned.decision.due = now + std::chrono::days(3);
  warned.decision.days_left = 3;
  return user("sample-batch", std::move(warned));
}

}  // namespace

RecipientDigest sample_digest(MailAddress to, base::Instant now) {
  const rotation::Policy policy;
  const base::AccountId id = *base::AccountId::parse(k_account);
  const accounts::Account account{id, "an invented account", to.str(), accounts::AccountState::active, false, {}, {}};
  RecipientDigest digest(std::move(to), Mode::enforce);
  digest.accounts = {{account.id.str(), account.name}};
  digest.partitions = {"aws"};
  digest.rotation_days = {static_cast<int>(policy.rotate_after.count())};
  digest.install_grace_days = {static_cast<int>(policy.install_grace.count())};
  digest.recovery_grace_days = {static_cast<int>(policy.recovery_grace.count())};
  for (const rotation::UserReport& report : {replaced(now), coming(now)}) {
    Row row = describe(account, report, report.outcomes.front(), policy, digest.mode);
    row.what = "This is a test, no such key exists. " + row.what;
    row.todo = "Nothing, this is a test. In earnest: " + row.todo;
    digest.rows.push_back(std::move(row));
  }
  return digest;
}

}  // namespace keyward::notify
