#include "aws/credentials_environment.hpp"

#include <utility>

namespace keyward::aws {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Task;

Task<Result<CredentialsPtr>> EnvironmentCredentials::credentials() {
  const auto key_id = variable(environment_, "AWS_ACCESS_KEY_ID");
  const auto secret = variable(environment_, "AWS_SECRET_ACCESS_KEY");
  if (!key_id && !secret) {
    co_return Error{ErrorKind::not_found, "credentials", "NoCredentials", "", "AWS_ACCESS_KEY_ID is not set"};
  }
  if (!key_id || !secret) {
    co_return Error{ErrorKind::invalid, "credentials", "PartialCredentials", "",
                    std::string(key_id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY") + " is set but " +
                        (key_id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID") + " is not"};
  }
  auto credentials = std::make_shared<Credentials>();
  credentials->access_key_id = *key_id;
  credentials->secret_access_key = base::Secret(*secret);
  auto token = variable(environment_, "AWS_SESSION_TOKEN");
  if (!token) token = variable(environment_, "AWS_SECURITY_TOKEN");
  if (token) credentials->session_token = base::Secret(*token);
  if (const auto expiration = variable(environment_, "AWS_CREDENTIAL_EXPIRATION")) {
    credentials->expiration = base::parse_iso8601(*expiration);
    if (!credentials->expiration) {
      co_return Error{ErrorKind::invalid, "credentials", "BadExpiration", "",
                      "AWS_CREDENTIAL_EXPIRATION is not an ISO 8601 time: \"" + *expiration + "\""};
    }
  }
  credentials->source = "environment";
  co_return CredentialsPtr(std::move(credentials));
}

}  // namespace keyward::aws
