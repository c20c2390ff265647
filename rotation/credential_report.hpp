#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/iam_client.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace keyward::rotation {

/// One of the two keys in a user's row. The report has no key ids.
struct ReportedKey {
  bool active = false;
  base::Instant changed;  ///< made, or last switched on or off ("last_rotated"); whole seconds
};

/// What the IAM credential report says of a user.
struct ReportedUser {
  aws::IamUser user;
  std::vector<ReportedKey> keys;
  /// Differs as soon as a key was made, deleted or switched on or off, or another user has got the name. Uses of a key do
  /// not change it.
  std::string fingerprint;
};

/// The users of a credential report, the root user left out. Columns are found by their names; unknown ones do not
/// matter (AWS has added some). Errors: `invalid` when a column is missing or a value is not what AWS sends.
/// Source: IAM User Guide, "Generate credential reports for your AWS account".
base::Result<std::vector<ReportedUser>> parse_credential_report(std::string_view csv);

}  // namespace keyward::rotation
