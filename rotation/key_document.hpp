#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"

namespace keyward::rotation {

/// The value of a secret that Secrets Manager rotates and that holds the access key of an IAM user: a JSON object with
/// USER_NAME, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, perhaps NOTIFY_EMAIL, and whatever else its owner keeps
/// there.
struct KeyDocument {
  boost::json::object members;  ///< all of them, in their order; holds the secret access key
  base::UserName user;
  base::AccessKeyId key;
  base::Secret secret;
  std::string notify_email;  ///< empty: none
};

/// Nothing when the value is something else, a database password for instance. Errors: `invalid` when it is meant to be
/// one and is not complete; they never quote a value.
base::Result<std::optional<KeyDocument>> parse_key_document(const base::Secret& value);

/// The same document with another key; every other member stays as it is.
base::Secret with_key(const KeyDocument& document, const base::AccessKeyId& key, const base::Secret& secret);

/// Whether two documents differ in nothing but the key.
bool differ_in_key_only(const KeyDocument& one, const KeyDocument& other);

}  // namespace keyward::rotation
