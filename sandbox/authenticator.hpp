#pragma once

#include <optional>
#include <string>

#include "sandbox/api.hpp"

namespace keyward::sandbox {

/// The Authorization header of Signature Version 4, taken apart.
struct SignedHeader {
  std::string access_key_id;
  std::string date;  ///< yyyymmdd of the scope
  std::string region;
  std::string service;
  std::string signed_headers;  ///< as written, separated by semicolons
  std::string signature;
};

/// Nothing for a header that is missing or not complete.
std::optional<SignedHeader> read_authorization(const WireRequest& request);

/// Who signed: recomputes the signature from the request and the key's secret, and refuses as AWS does (aws-api.md,
/// sections 0.2 and 7.2): unknown, inactive or not yet spread keys, wrong or expired tokens, clocks more than 15
/// minutes off, wrong scopes, wrong signatures. A good signature is a use of its key and is recorded as one.
Principal authenticate(World& world, Protocol protocol, const std::optional<SignedHeader>& header,
                       const WireRequest& request);

/// Refuses a request as one whose signature is wrong: in the words of AWS, which quote the request with its session token.
void refuse_signature(Protocol protocol, const SignedHeader& header, const WireRequest& request, base::Instant now);

/// Marks a use of the key at `now`. IAM notes only the first use in 15 minutes.
void record_use(AccessKey& key, base::Instant now, std::string_view service, std::string_view region);

/// The allowed difference between the time of a signature and ours.
inline constexpr std::chrono::minutes k_signature_window{15};

}  // namespace keyward::sandbox
