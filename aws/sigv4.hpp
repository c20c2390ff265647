#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.hpp"
#include "base/digest.hpp"
#include "base/http.hpp"
#include "base/time.hpp"

namespace keyward::aws::sigv4 {

/// How the path enters the canonical request (aws-api.md, section 7.1).
enum class PathStyle {
  normalized,  ///< every service but S3: dot segments and double slashes removed, the encoded path encoded again
  verbatim,    ///< S3: the path as sent
};

struct Scope {
  std::string region;
  std::string service;  ///< the signing name: "ses", not "email"
  PathStyle path_style = PathStyle::normalized;
};

/// The three stages of Signature Version 4, kept apart so that a failing test or a refused request names the stage.
struct Signature {
  std::string canonical_request;  ///< holds the session token: for tests and the sandbox, never for a log
  std::string string_to_sign;
  std::string signature;      ///< lower-case hex
  std::string authorization;  ///< the Authorization header
};

/// Computes the signature over method, URL, the given headers and body. Every header handed in is signed except those
/// that must not be (connection, expect, user-agent, x-amzn-trace-id and other hop headers).
/// `host` and `x-amz-date` must be among the headers already. The body's hash is the value of x-amz-content-sha256
/// where that header is present (it may be "UNSIGNED-PAYLOAD"; a server checks it against the body itself), else
/// computed. The URL is used as it is written: its query must be encoded as RFC 3986 says, a space as %20. Throws
/// std::invalid_argument for a URL that is not an absolute http or https URL.
Signature compute(std::string_view method, std::string_view url, const std::vector<base::HttpHeader>& headers,
                  std::string_view body, const Scope& scope, const Credentials& credentials, base::Instant time);

/// kSigning of the specification for the last identity, day and scope that asked. Deriving it costs four HMACs, and the
/// calls of an identity mostly go to one service. Wiped when replaced and when destroyed.
class LastSigningKey {
 public:
  LastSigningKey() = default;
  ~LastSigningKey();
  LastSigningKey(const LastSigningKey&) = delete;
  LastSigningKey& operator=(const LastSigningKey&) = delete;

  /// `date`: YYYYMMDD. Valid until the next call.
  const base::Sha256& of(const CredentialsPtr& credentials, std::string_view date, const Scope& scope);

 private:
  // Watched, not owned: the secret is wiped when its last user is done, and no other object can be taken for it.
  std::weak_ptr<const Credentials> credentials_;
  std::string date_, region_, service_;
  base::Sha256 key_{};
};

/// Adds Host, X-Amz-Date, X-Amz-Security-Token (and X-Amz-Content-Sha256 for S3), then Authorization.
/// A request that was signed before is signed anew: the old headers are replaced.
void sign(base::HttpRequest& request, const Scope& scope, const Credentials& credentials, base::Instant time);
/// The same, with a key that is kept from call to call.
void sign(base::HttpRequest& request, const Scope& scope, const CredentialsPtr& credentials, base::Instant time,
          LastSigningKey& last_key);

}  // namespace keyward::aws::sigv4
