#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "aws/answers.hpp"
#include "aws/aws_clock.hpp"
#include "aws/credentials.hpp"
#include "aws/endpoints.hpp"
#include "aws/operation.hpp"
#include "aws/parameters.hpp"
#include "aws/rate_limits.hpp"
#include "aws/sigv4.hpp"
#include "aws/write_guard.hpp"
#include "base/http.hpp"
#include "base/retry.hpp"

namespace keyward::aws {

/// What a run asked of AWS, for the records.
struct CallStatistics {
  std::map<std::string, std::uint64_t> requests_by_action;  ///< attempts, retries included
  std::uint64_t throttled = 0;
  std::uint64_t retried = 0;
};

/// What all callers of a run share. The references outlive every caller.
struct CallContext {
  base::HttpTransport& transport;
  AwsClock& clock;
  base::Sleeper& sleeper;
  EndpointSettings endpoints;
  std::mt19937_64 jitter;  ///< seeded by main, printed with the run
  CallStatistics statistics;
  std::string user_agent;
  RunLimits limits{sleeper};
};

/// Makes calls for one identity in one region: signs, sends, corrects the clock, refreshes expired credentials once,
/// retries what may be retried, and hands back an answer that was complete and well-formed. Only an operation that
/// declares Signing::none is sent unsigned.
/// Errors are those of the service (aws/error_codes.hpp) and of the transport; an answer that cannot be understood is
/// `transient` for an idempotent call and `ambiguous` for another. A refused write is `denied` with code "DryRun".
/// Where the credentials cannot be had, their error is handed on and the call is not retried: their source did that.
/// Its `not_found` becomes `invalid`, or it would read as if what the call asks for did not exist.
class Caller {
 public:
  Caller(CallContext& context, CredentialProvider& credentials, base::Region region, Writes writes);
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  /// The limits of the account whose quotas the calls use, shared with the account's other callers. Without them the
  /// caller has limits of its own and no ceiling.
  void limit_rate(std::shared_ptr<AccountLimits> limits) { limits_ = std::move(limits); }

  /// Query protocol (IAM, STS, SNS): form-encoded parameters, XML back. `version` is the API's.
  base::Task<base::Result<XmlAnswer>> query(Operation operation, std::string_view version, Parameters parameters);
  /// JSON 1.1 (Organizations, Secrets Manager) or 1.0 (DynamoDB): `target_prefix` as in X-Amz-Target.
  base::Task<base::Result<JsonAnswer>> json(Operation operation, std::string_view target_prefix,
                                            boost::json::object input);
  /// REST-JSON (SES v2, Account Management). `path` is percent-encoded. A GET has no body, whatever `input` is.
  base::Task<base::Result<JsonAnswer>> rest_json(Operation operation, std::string method, std::string path,
                                                 boost::json::object input);

  /// GET of an object (S3), of at most `max_bytes`. `path` is percent-encoded and signed as it is.
  base::Task<base::Result<ObjectAnswer>> get(Operation operation, std::string path, std::size_t max_bytes);
  /// PUT of an object (S3). `path` as above.
  base::Task<base::Result<ObjectAnswer>> put(Operation operation, std::string path, std::string_view content_type, std::string_view content);

  const base::Region& region() const noexcept { return region_; }
  const base::Clock& clock() const noexcept { return context_.clock; }
  base::Sleeper& sleeper() const noexcept { return context_.sleeper; }
  const base::RetryBudget& retry_budget() const noexcept { return retry_budget_; }

 private:
  struct Call;
  template <class Answer>
  class Sending;
  template <class Answer>
  base::Task<base::Result<Answer>> perform(Call call);

  CallContext& context_;
  CredentialProvider& credentials_;
  base::Region region_;
  Writes writes_;
  base::RetryBudget retry_budget_;  ///< of its own: a storm of retries in one account must not feed on the others
  std::shared_ptr<AccountLimits> limits_;
  sigv4::LastSigningKey last_key_;
};

}  // namespace keyward::aws
