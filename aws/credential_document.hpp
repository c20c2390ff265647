#pragma once

#include <string>
#include <string_view>

#include "aws/credentials.hpp"
#include "base/error.hpp"

namespace keyward::aws {

/// What a JSON document with credentials must have beside AccessKeyId and SecretAccessKey.
enum class CredentialDocument {
  process,   ///< credential_process: "Version": 1, optional SessionToken and Expiration
  endpoint,  ///< container endpoint and IMDS: Token and Expiration; IMDS reports failure as {"Code", "Message"} with
             ///< 200
};

/// Reads such a document. Whether the credentials are still good is the caller's question.
/// Errors: `invalid`, code "MalformedCredentials", naming the member that is missing or wrong and no value; for an IMDS
/// failure its code. `source` becomes Credentials::source.
base::Result<CredentialsPtr> parse_credential_document(CredentialDocument kind, std::string_view text,
                                                       std::string operation, std::string source);

}  // namespace keyward::aws
