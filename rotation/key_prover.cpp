#include "rotation/key_prover.hpp"

#include <memory>

#include "base/deadline.hpp"

namespace keyward::rotation {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

class OneKey final : public aws::CredentialProvider {
 public:
  OneKey(const base::AccessKeyId& key, base::Secret secret) {
    auto credentials = std::make_shared<aws::Credentials>();
    credentials->access_key_id = key.str();
    credentials->secret_access_key = std::move(secret);
    credentials->source = "new access key";
    credentials_ = std::move(credentials);
  }
  Task<Result<aws::CredentialsPtr>> credentials() override { co_return credentials_; }

 private:
  aws::CredentialsPtr credentials_;
};

/// The user's path may be any: the name is unique in the account.
std::function<bool(const aws::CallerIdentity&)> named(const base::AccountId& account, const base::UserName& user) {
  return [start = ":iam::" + account.str() + ":user/", end = "/" + user.str()](const aws::CallerIdentity& identity) {
    return identity.arn.find(start) != std::string::npos && identity.arn.ends_with(end);
  };
}

}  // namespace

Task<Result<void>> KeyProver::prove(base::AccessKeyId key, base::Secret secret, base::Arn user) {
  IsUser is_user = [arn = user.str()](const aws::CallerIdentity& identity) { return identity.arn == arn; };
  Result<void> proved = co_await prove(std::move(key), std::move(secret), std::move(is_user));
  co_return proved;
}

Task<Result<void>> KeyProver::prove(base::AccessKeyId key, base::Secret secret, base::AccountId account, base::UserName user) {
  IsUser is_user = named(account, user);
  Result<void> proved = co_await prove(std::move(key), std::move(secret), std::move(is_user));
  co_return proved;
}

Task<Result<void>> KeyProver::check(base::AccessKeyId key, base::Secret secret, base::AccountId account, base::UserName user) {
  OneKey provider(key, std::move(secret));
  aws::Caller caller(context_, provider, region_, aws::Writes::refused);
  aws::StsClient sts(caller);
  Result<aws::CallerIdentity> identity = co_await sts.get_caller_identity();
  if (!identity) co_return identity.error();
  if (!named(account, user)(*identity)) co_return Error{ErrorKind::invalid, "proof", "WrongIdentity", "", "the key acts as " + identity->arn};
  co_return Result<void>();
}

Task<Result<void>> KeyProver::prove(base::AccessKeyId key, base::Secret secret, IsUser is_user) {
  OneKey provider(key, std::move(secret));
  aws::Caller caller(context_, provider, region_, aws::Writes::refused);
  aws::StsClient sts(caller);
  const base::Deadline deadline = base::Deadline::after(settings_.timeout);
  std::string last_answer = "no answer";
  int in_a_row = 0;
  while (true) {
    Result<aws::CallerIdentity> identity = co_await sts.get_caller_identity();
    if (identity && !is_user(*identity)) {
      co_return Error{ErrorKind::invalid, "proof", "WrongIdentity", "", "the new key acts as " + identity->arn};
    }
    in_a_row = identity ? in_a_row + 1 : 0;
    if (in_a_row >= settings_.answers_in_a_row) co_return Result<void>();
    // Until the key has spread, refusals under several names are normal (aws-api.md, section 0.2, first row).
    if (!identity) last_answer = base::describe(identity.error());
    if (deadline.expired()) break;
    co_await context_.sleeper.sleep_for(settings_.interval);
  }
  co_return Error{ErrorKind::transient, "proof", "KeyNotWorking", "",
                  "the new key did not work within " + std::to_string(settings_.timeout.count() / 1000) +
                      " seconds; last answer: " + last_answer};
}

}  // namespace keyward::rotation
