#pragma once

#include <string>
#include <string_view>

#include "aws/operation.hpp"
#include "base/error.hpp"
#include "base/http.hpp"

namespace keyward::aws {

/// What an AWS error code means for the caller. By code first, then by HTTP status: Organizations throttles with 400,
/// and the same condition has another name in every protocol (aws-api.md, sections 0.2 and 9.1).
base::ErrorKind classify(Service service, int status, std::string_view code);

/// Code of an error of S3: the bucket is in another region than the call went to, and the message is that region.
inline constexpr std::string_view k_bucket_elsewhere = "BucketElsewhere";

/// The Error in an answer whose status is not 2xx: XML of the Query protocol in its variants, JSON, or neither (an HTML
/// page of something in between). A 5xx answer to a non-idempotent call is `ambiguous`: it may have been executed.
/// Whoever sends it may quote the request or an answer. The error goes into logs, records, mails and to terminals, so its
/// texts are of one line and printable, codes and request ids are words, and a word that could be a secret access key or a
/// session token is left out.
base::Error error_of_answer(const Operation& operation, const base::HttpResponse& response);

/// What a server said, fit for logs, records, mails and terminals: one printable line of 2,000 characters at most, without
/// words that could be a secret access key or a session token.
std::string presentable(std::string text);

/// An error's code as servers make them, or empty for any other text.
std::string error_code_of(std::string_view text);

/// A request id as AWS makes them, or empty for any other text.
std::string request_id_of(std::string_view text);

/// True for the codes with which AWS refuses a signature that may be right but for its time (aws-api.md, section 7.2).
bool may_be_clock_skew(std::string_view code);

}  // namespace keyward::aws
