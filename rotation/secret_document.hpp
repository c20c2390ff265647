#pragma once

#include <string>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"
#include "rotation/store_settings.hpp"

namespace keyward::rotation {

/// "-a1b2c3" at the end: "do not end your secret name with a hyphen followed by six characters" (CreateSecret), because a
/// partial ARN would confuse it with the suffix that Secrets Manager adds itself.
bool looks_like_arn_suffix(std::string_view name);

/// The name of the secret that holds a user's key. A user name may hold `,`, which a secret name may not: `,` becomes
/// `=2C` and, so that no two users share a name, `=` becomes `=3D`.
/// Errors: `invalid` for an empty or too long name, a character that Secrets Manager refuses, and a name that ends in a
/// hyphen and six characters, which Secrets Manager may take for the suffix of an ARN (its CreateSecret page).
base::Result<std::string> secret_name(const StoreSettings& settings, const base::AccountId& account,
                                      const base::UserName& user);

/// The version id (ClientRequestToken, 64 hex characters) under which a key is stored. Derived from account, user and
/// key, so DescribeSecret alone tells which key is stored under which staging label.
std::string version_id(const base::AccountId& account, const base::UserName& user, const base::AccessKeyId& key);

struct SecretFields {
  std::string access_key_id;
  std::string secret_access_key;
};

/// The member names of the secret's JSON.
SecretFields secret_fields(const SecretFormat& format);

/// The secret's JSON.
base::Secret secret_document(const SecretFormat& format, const base::AccessKeyId& key, const base::Secret& secret);

}  // namespace keyward::rotation
