#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <vector>

#include "aws/caller.hpp"

namespace keyward::aws {

/// A finding that Security Hub did not take.
struct RefusedFinding {
  std::string id;
  std::string code;
  std::string message;
};

/// AWS Security Hub (REST-JSON), of one account and region.
class SecurityHubClient {
 public:
  static constexpr std::size_t k_most_findings = 100;  ///< of one call, each of at most 240 KB

  explicit SecurityHubClient(Caller& caller) : caller_(caller) {}

  /// Makes or updates findings by their Id; they must be of the caller's own account. Part of them may be refused, which
  /// the answer says and is no error. InvalidAccessException: Security Hub is not enabled there.
  /// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
  base::Task<base::Result<std::vector<RefusedFinding>>> import_findings(boost::json::array findings);

 private:
  Caller& caller_;
};

}  // namespace keyward::aws
